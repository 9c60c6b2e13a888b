package domain

import (
	"errors"
	"fmt"
	"strings"
)

// Allowlist lists the recipients that may get messages, for systems that must not reach
// real patients. It is immutable; the zero value allows all recipients.
type Allowlist struct{ entries map[string]bool }

// ParseAllowlist reads entries separated by commas: e-mail addresses, domains
// ("@clinic.example" allows every address there, but not in its subdomains) and phone
// numbers. The error gives the position of the wrong entry, without quoting it. An
// empty list allows all recipients. A list of commas only is refused, because it was
// meant to restrict them.
func ParseAllowlist(list string) (Allowlist, error) {
	a := Allowlist{}
	for i, entry := range strings.Split(list, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		if !recipientLike(entry) {
			return Allowlist{}, fmt.Errorf("entry %d is neither an e-mail address, nor a domain such as @clinic.example, nor a phone number in E.164 form", i+1)
		}
		if a.entries == nil {
			a.entries = map[string]bool{}
		}
		a.entries[mailbox(entry)] = true
	}
	if len(a.entries) == 0 && strings.TrimSpace(list) != "" {
		return Allowlist{}, errors.New("has no entry, and would allow all recipients")
	}
	return a, nil
}

// recipientLike reports whether an entry can be the recipient of some channel, or a
// domain.
func recipientLike(entry string) bool {
	switch {
	case strings.HasPrefix(entry, "*@"):
		return false // a valid mailbox by the grammar, but meant as a wildcard
	case strings.HasPrefix(entry, "@"):
		entry = "a" + entry
	}
	for _, r := range addressRules() {
		if (r.fits == nil || r.fits(entry)) && r.pattern.MatchString(entry) {
			return true
		}
	}
	return false
}

// Allows reports whether a message may go to recipient. All spellings of its domain are
// equal.
func (a Allowlist) Allows(recipient string) bool {
	if len(a.entries) == 0 {
		return true
	}
	folded := mailbox(recipient)
	at := strings.LastIndexByte(folded, '@')
	return a.entries[folded] || at >= 0 && a.entries[folded[at:]]
}

// Len returns how many entries the list has; 0 allows all recipients.
func (a Allowlist) Len() int { return len(a.entries) }
