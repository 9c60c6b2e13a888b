//go:build race

package engine

// rounds divides the number of seeds: the race detector costs ten times as much.
const rounds = 4
