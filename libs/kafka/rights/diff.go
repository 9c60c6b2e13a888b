package rights

import (
	"fmt"
	"strings"
)

// Change is what Ensure did, or would do, to one user: to its rights on one
// resource, or to its password.
type Change struct {
	// Sign is '=' as declared, '+' granted or created, '-' revoked, '?' more than
	// declared but left, '~' new password, '!' not done because of an error.
	Sign byte
	User string
	// What names the resource with the operations.
	What string
}

// Diff lists the changes in the order of the declaration.
type Diff []Change

// Empty reports whether everything was as declared.
func (d Diff) Empty() bool {
	for _, c := range d {
		if c.Sign != '=' {
			return false
		}
	}
	return true
}

// String returns one line per change.
func (d Diff) String() string {
	var b strings.Builder
	for _, c := range d {
		fmt.Fprintf(&b, "%c %-14s %s\n", c.Sign, c.User, c.What)
	}
	return b.String()
}

// changes describes what is done to an identity.
func changes(identity Identity, missing, extra []Grant, prune, failed bool) (diff Diff) {
	add := func(sign byte, grants []Grant) {
		for _, r := range resourcesOf(grants) {
			diff = append(diff, Change{sign, identity.User, fmt.Sprintf("%s %s: %s", kindName(r.kind), r.name, r.names())})
		}
	}
	granted, taken := byte('+'), byte('?')
	if prune {
		taken = '-'
	}
	if failed {
		granted, taken = '!', '!'
	}
	add('=', without(identity.Grants, missing))
	add(granted, missing)
	add(taken, extra)
	return diff
}
