//go:build !race

package kafka

// rounds divides the number of seeds.
const rounds = 1
