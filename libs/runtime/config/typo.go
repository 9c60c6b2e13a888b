package config

import (
	"maps"
	"slices"

	"github.com/kafka-notifications/kafka-notifications/libs/closest"
)

// maxTypos is how many letters a mistyped name may differ in.
const maxTypos = 2

// Closest returns the name among known that given comes closest to, if any
// comes close: a typing error of one or two letters.
func Closest(given string, known map[string]bool) (name string, found bool) {
	return closest.To(given, slices.Sorted(maps.Keys(known)), maxTypos)
}
