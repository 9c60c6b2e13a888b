//go:build !race

package engine

// rounds divides the number of seeds.
const rounds = 1
