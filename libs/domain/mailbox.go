package domain

import (
	"strings"

	"golang.org/x/net/idna"
)

// mailbox returns the spelling that all addresses of one mailbox share: the
// domain in lower case and in ASCII (UTS 46), the local part as it is, because
// only the receiving system knows which local parts are the same. It is for
// comparing; mail goes to the address as it was written. Phone numbers have one
// spelling already.
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

// asciiDomain folds a domain. One that IDNA refuses cannot be registered; it is
// in lower case, so that its key is at least the same each time.
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
