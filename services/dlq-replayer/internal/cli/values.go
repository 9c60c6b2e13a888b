package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// checkValues refuses flags with an empty value. In a script that is a variable that
// was never set: `replay --channel "$CHANNEL"` would otherwise select everything, and
// `replay --cancel "$JOB"` would be a replay.
func checkValues(parsed *kong.Context) error {
	for _, element := range parsed.Path {
		if element.Flag == nil {
			continue
		}
		name := "--" + element.Flag.Name
		switch value := parsed.FlagValue(element.Flag).(type) {
		case string:
			if blank(value) {
				return usageError(name + " must not be empty: leave it out, or give it a value")
			}
		case []string:
			if len(value) == 0 || slices.ContainsFunc(value, blank) {
				return usageError(name + " must not be empty: leave it out, or give it a value")
			}
		case time.Duration:
			if value <= 0 {
				return usageError(name + " must be above 0")
			}
		}
	}
	return nil
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }
