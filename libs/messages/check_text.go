package messages

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// problems returns the faults of a single text; each completes "the text …".
func (k *key) problems(said string, p *page) (problems []string) {
	report := func(wrong bool, format string, args ...any) {
		if wrong {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	report(said == "" && !k.optional, "must not be empty")
	report(strings.TrimSpace(said) != said, "must not begin or end with a space")
	report(strings.ContainsFunc(said, breaks), "must be one line without control characters")
	report(strings.ContainsFunc(said, turns), "has characters that turn the direction of what follows (U+202A to U+202E, U+2066 to U+2069): remove them")
	report(!norm.NFC.IsNormalString(said), "has letters and accents as separate characters: save it in the normal form NFC")
	length := utf8.RuneCountInString(said)
	report(length > k.most, "has %d characters: shorten it to %d", length, k.most)
	for _, f := range k.needs {
		report(!p.has(f), "must have %s", f)
	}
	return append(problems, k.smsProblems(said, p)...)
}

// smsProblems returns the faults of a text message for carriers and the look-up.
func (k *key) smsProblems(said string, p *page) (problems []string) {
	if table, _ := sectionOf(k.name); table != "sms" || k.name == keyEncoding {
		return nil
	}
	if word, found := answerWord(p.literals); found {
		problems = append(problems, fmt.Sprintf("must not have the word %s, with which patients would opt out: write it in small letters, or another", word))
	}
	if k.name == keyOptOut {
		if said != "" && !slices.Contains(wordsIn(said), "STOP") {
			problems = append(problems, "must have the word STOP in Latin letters, which is what carriers act on; empty is allowed")
		}
		return problems
	}
	count := 0
	for _, f := range p.fields {
		if f == brand {
			count++
		}
	}
	if count > 0 && (p.literals[0] != "" || p.fields[0] != brand || count > 1) {
		problems = append(problems, "must begin with {{.Brand}}, and have it once: carriers ask who a message is from")
	}
	return problems
}

// answerWord returns a word in the text that providers act on when a patient answers
// with it. Only STOP belongs in a text. Source: Twilio's documentation, "Advanced
// Opt-Out".
func answerWord(literals []string) (word string, found bool) {
	for _, literal := range literals {
		for _, word := range wordsIn(literal) {
			if slices.Contains(strings.Fields("STOPALL UNSUBSCRIBE END QUIT REVOKE OPTOUT CANCEL"), word) {
				return word, true
			}
		}
	}
	return "", false
}

func wordsIn(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
