package messages

import (
	"golang.org/x/text/language"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// CodeLocale is the code of the alert about an event's language.
const CodeLocale = "record.locale"

// For returns the language for an event that asks for locale: the locale's own, an
// alias's, that of its nearest relative in CLDR or of the language without a region;
// otherwise the default.
//
// Only relatives count, not languages that many readers also understand: the matcher of
// x/text would give a Russian reader Ukrainian.
func (s *Set) For(locale string) *Language {
	if found := s.find(locale); found != nil {
		return found
	}
	return s.byDefault
}

// find returns nil if no language fits.
func (s *Set) find(locale string) *Language {
	if found, ok := s.byTag[locale]; ok || locale == "" {
		return found
	}
	tag, ok := parse(locale)
	if !ok {
		return nil
	}
	base, certain := tag.Base()
	for tag != language.Und {
		name := tag.String()
		if found, ok := s.byTag[name]; ok {
			return found
		}
		if found, ok := s.byTag[s.aliases[name]]; ok {
			return found
		}
		tag = tag.Parent()
	}
	if certain != language.Exact {
		return nil
	}
	// In CLDR a language in another script does not inherit: texts in zh do not serve
	// zh-TW. But an alias for zh is meant for zh-TW as well.
	return s.byTag[s.aliases[base.String()]]
}

// parse reads a BCP 47 tag; underscores count as hyphens, as in Django. Well-formed but
// unknown subtags are dropped.
func parse(locale string) (language.Tag, bool) {
	tag, err := language.Parse(locale)
	if _, unknown := err.(language.ValueError); err != nil && !unknown { //nolint:errorlint // the parser returns it unwrapped
		return language.Und, false
	}
	return tag, tag != language.Und
}

// Canonical returns a BCP 47 tag in the spelling that aliases are looked up in.
func Canonical(tag string) (string, bool) {
	parsed, ok := parse(tag)
	return parsed.String(), ok
}

// Doubt returns the code and the text of an alert if a person should check e's
// language; the code is empty otherwise. The text quotes at most the name of a
// language.
func (s *Set) Doubt(e *domain.Event) (code, detail string) {
	if e.Locale == "" || s.find(e.Locale) != nil {
		return "", ""
	}
	what := "an event's locale is no language tag (BCP 47)"
	if tag, ok := parse(e.Locale); ok {
		base, _ := tag.Base()
		what = "an event asks for a language that there are no texts in (" + base.String() + ")"
	}
	return CodeLocale, what + ": its message is written in DEFAULT_LOCALE. LOCALE_ALIASES can name another, and MESSAGES_DIR add one"
}

// directionOf returns rtl for languages whose script runs from right to left.
func directionOf(tag string) string {
	parsed, _ := language.Parse(tag)
	script, _ := parsed.Script()
	switch script.String() {
	case "Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm", "Rohg":
		return "rtl"
	default:
		return "ltr"
	}
}

// ancestors returns a tag and its relatives, the nearest first.
func ancestors(tag string) (line []string) {
	parsed, err := language.Parse(tag)
	for err == nil && parsed != language.Und {
		line = append(line, parsed.String())
		parsed = parsed.Parent()
	}
	return line
}
