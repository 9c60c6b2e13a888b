package domain

import (
	"errors"
	"fmt"
	"strings"
)

// Allowlist says whom messages may go to, for systems that must not reach real
// patients. It is immutable; the zero value allows everybody.
type Allowlist struct{ entries map[string]bool }

// ParseAllowlist reads entries separated by commas: e-mail addresses, domains
// ("@clinic.example" is everybody there, in no domain below it) and phone
// numbers. The error says which entry is wrong, without quoting it. An empty list
// allows everybody; one of commas only was meant to name somebody and is refused.
func ParseAllowlist(list string) (Allowlist, error) {
	a := Allowlist{}
	for i, entry := range strings.Split(list, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		if !recipientLike(entry) {
			return Allowlist{}, fmt.Errorf("entry %d is no e-mail address, no domain such as @clinic.example and no phone number in E.164 form", i+1)
		}
		if a.entries == nil {
			a.entries = map[string]bool{}
		}
		a.entries[mailbox(entry)] = true
	}
	if len(a.entries) == 0 && strings.TrimSpace(list) != "" {
		return Allowlist{}, errors.New("has no entry, and would allow everybody")
	}
	return a, nil
}

// recipientLike reports whether an entry can stand for a recipient of some
// channel, or for a domain.
func recipientLike(entry string) bool {
	switch {
	case strings.HasPrefix(entry, "*@"):
		return false // a mailbox by the grammar, and meant as everybody
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

// Allows reports whether a message may go to recipient, however its domain is
// written.
func (a Allowlist) Allows(recipient string) bool {
	if len(a.entries) == 0 {
		return true
	}
	folded := mailbox(recipient)
	at := strings.LastIndexByte(folded, '@')
	return a.entries[folded] || at >= 0 && a.entries[folded[at:]]
}

// Len returns how many entries the list has; 0 allows everybody.
func (a Allowlist) Len() int { return len(a.entries) }
