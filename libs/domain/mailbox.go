package domain

import (
	"strings"

	"golang.org/x/net/idna"
)

// mailbox returns the spelling that all addresses of one mailbox share: the domain in
// lower case and in ASCII (UTS 46), the local part as it is, because only the receiving
// system knows which local parts are the same. It is only for comparison; mail goes to
// the address as written. Phone numbers have only one spelling.
func mailbox(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return address
	}
	domain := asciiDomain(address[at+1:])
	if domain == address[at+1:] {
		return address
	}
	return address[:at+1] + domain
}

// asciiDomain folds a domain. A domain that IDNA refuses cannot be registered; it is
// only lower-cased, so that its key is at least stable.
func asciiDomain(name string) string {
	if isASCII(name) {
		return strings.ToLower(name)
	}
	folded, err := idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false)).ToASCII(name)
	if err != nil {
		return strings.ToLower(name)
	}
	return folded
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
