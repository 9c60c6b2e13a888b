//go:build race

package kafka

// rounds divides the number of seeds: the race detector costs ten times as much.
const rounds = 4
