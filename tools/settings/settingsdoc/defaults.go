package settingsdoc

import (
	"slices"
	"strings"
)

// none is shown for a setting that may be left out and has no default.
const none = "none"

// defaultOf returns how documentation shows the default of a setting, with each
// value between the given quotes.
func defaultOf(e *entry, quote string) string {
	quoted := func(s string) string {
		return quote + strings.ReplaceAll(s, "{source}", "<source topic>") + quote
	}
	switch {
	case e.Required && e.When != "":
		return "required when " + quote + e.When + "=true" + quote
	case e.Required:
		return "required"
	case e.Shown != "":
		return e.Shown
	case len(slices.Compact(slices.Clone(e.defaults))) > 1:
		each := make([]string, len(e.readers))
		for i, reader := range e.readers {
			each[i] = quoted(e.defaults[i]) + " (" + reader + ")"
		}
		return strings.Join(each, ", ")
	case e.Default == "":
		return none
	}
	return quoted(e.Default)
}
