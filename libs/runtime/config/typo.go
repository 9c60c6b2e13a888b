package config

import (
	"maps"
	"slices"

	"github.com/kafka-notifications/kafka-notifications/libs/closest"
)

// maxTypos is how many letters of a name may be mistyped.
const maxTypos = 2

// Closest returns the known name that is closest to given, if it differs by a typing
// error of one or two letters.
func Closest(given string, known map[string]bool) (name string, found bool) {
	return closest.To(given, slices.Sorted(maps.Keys(known)), maxTypos)
}
