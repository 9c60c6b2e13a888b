package domain

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// The grammars of the addresses. contracts/appointment_created.schema.json has
// the same expressions, and a test compares them.
const (
	// emailPattern: an unquoted local part (RFC 5321 "Dot-string") and at least two
	// domain labels, in ASCII or, for internationalised domains, in the letters of
	// other scripts. Display names, comments, quotes, white space, lists and line
	// breaks are excluded, so that an address cannot add anything to a header.
	emailPattern = "^" + emailAtom + `(?:\.` + emailAtom + ")*@" + emailLabel + `(?:\.` + emailLabel + ")+$"
	emailAtom    = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
	emailLabel   = "[" + emailLetter + "](?:[" + emailLetter + "-]{0,61}[" + emailLetter + "])?"
	emailLetter  = "A-Za-z0-9\u00b7\u00c0-\u167f\u1681-\u1fff\u2c00-\u2fef\u3005-\ud7ff"

	// phonePattern: E.164.
	phonePattern = `^\+[1-9][0-9]{1,14}$`
)

// The lengths of an e-mail address in characters: RFC 5321 section 4.5.3.1.3
// without the angle brackets, and section 4.5.3.1.1.
const (
	maxEmailLength = 254
	maxEmailLocal  = 64
)

// Texts that complete "the field …" in a failure.
const (
	emailWant = "must be one bare address (local part, @ and a domain with a dot), without display name, spaces or a second address"
	phoneWant = "must be one E.164 number: a plus sign, then 2 to 15 digits of which the first is not 0"
)

// addressRule is a channelRule with its grammar compiled.
type addressRule struct {
	channelRule
	pattern *regexp.Regexp
}

// addressRules returns the rules of all channels, in the order of Channels.
func addressRules() []addressRule {
	var rules []addressRule
	for _, r := range table() {
		rules = append(rules, addressRule{r, regexp.MustCompile(r.grammar)})
	}
	return rules
}

// matches reports whether address as a whole matches the grammar. The expression costs
// half a microsecond, which plain saves for most addresses.
func (r *addressRule) matches(address string) bool {
	return r.plain != nil && r.plain(address) || r.pattern.MatchString(address)
}

// plainEmail reports whether address is of a simple form that emailPattern always
// matches: ASCII letters, digits and inner hyphens, with single dots between the words.
// It may return false for a valid address.
func plainEmail(address string) bool {
	local, domain, _ := strings.Cut(address, "@")
	dots := 0
	for label := range strings.SplitSeq(domain, ".") {
		if len(label) > 63 || !plainWord(label) {
			return false
		}
		dots++
	}
	for atom := range strings.SplitSeq(local, ".") {
		if !plainWord(atom) {
			return false
		}
	}
	return dots > 1
}

// plainWord reports whether s consists of letters, digits and hyphens, without a hyphen
// at either end.
func plainWord(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-' && i > 0 && i < len(s)-1:
		default:
			return false
		}
	}
	return s != ""
}

// emailFits checks the lengths of RFC 5321.
func emailFits(address string) bool {
	return strings.IndexByte(address, '@') <= maxEmailLocal && utf8.RuneCountInString(address) <= maxEmailLength
}

// read returns the address in a raw JSON value, or a *Failure.
func (r *addressRule) read(value string) (string, error) {
	if value == "" {
		return "", InvalidEvent(r.member, "is required because notify asks for this channel; it "+r.want)
	}
	address, ok := readText(value)
	if !ok || r.fits != nil && !r.fits(address) || !r.matches(address) {
		return "", InvalidEvent(r.member, r.want)
	}
	return address, nil
}
