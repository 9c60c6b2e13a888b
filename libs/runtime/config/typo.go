package config

import (
	"maps"
	"slices"
)

// maxTypos is how many letters a mistyped name may differ in.
const maxTypos = 2

// Closest returns the name among known that given comes closest to, if any
// comes close: a typing error of one or two letters.
func Closest(given string, known map[string]bool) (name string, found bool) {
	best := maxTypos + 1
	for _, candidate := range slices.Sorted(maps.Keys(known)) {
		if d := distance(given, candidate); d < best {
			best, name = d, candidate
		}
	}
	return name, best <= maxTypos
}

// distance is the Levenshtein distance: how many letters have to be put in,
// taken out or replaced.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
