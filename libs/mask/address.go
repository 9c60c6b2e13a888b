package mask

import (
	"slices"
	"strings"
	"unicode"
)

// hideAddresses hides the text around each @: "m***@c***.example".
func hideAddresses(s string) string {
	if !strings.ContainsRune(s, '@') {
		return s
	}
	text, out, done := []rune(s), strings.Builder{}, 0
	for at := done; at < len(text); at++ {
		if text[at] != '@' {
			continue
		}
		begin, end := addressAround(text, done, at)
		if begin == at && !dotted(text[at+1:end]) {
			continue // "@media" is no recipient
		}
		out.WriteString(string(text[done:begin]))
		out.WriteString(address(text[begin:end]))
		done, at = end, end-1
	}
	out.WriteString(string(text[done:]))
	return out.String()
}

// addressAround returns where the address around an @ begins and ends. Both sides err
// on being long: a local part may contain nearly every character, and even quoted
// spaces. Spaces around the @ are skipped only if a domain with a dot follows.
func addressAround(text []rune, first, at int) (begin, end int) {
	end = domainEnd(text, at+1)
	begin = at
	if next := skipSpaces(text, at+1); next > at+1 {
		if far := domainEnd(text, next); dotted(text[next:far]) {
			end = far
		}
	}
	if dotted(text[at+1 : end]) {
		for begin > first && text[begin-1] == ' ' {
			begin--
		}
	}
	return localBegin(text, first, begin), end
}

func skipSpaces(text []rune, i int) int {
	for i < len(text) && text[i] == ' ' {
		i++
	}
	return i
}

// domainEnd returns where the domain at i ends; a literal has brackets.
func domainEnd(text []rune, i int) int {
	if i < len(text) && text[i] == '[' {
		if n := slices.Index(text[i:min(len(text), i+maxQuoted)], ']'); n > 0 {
			return i + n + 1
		}
	}
	end := i
	for end < len(text) && !boundary(text[end]) {
		end++
	}
	for end > i && strings.ContainsRune(".!?'", text[end-1]) {
		end--
	}
	return end
}

// localBegin returns where the local part before end begins: a quoted one at
// its opening quote, and a comment is part of it.
func localBegin(text []rune, first, end int) int {
	i := end
	for {
		opening := openingBefore(text, max(first, i-maxQuoted), i)
		if opening < 0 {
			break
		}
		i = opening
		if text[i] != '(' {
			return i
		}
		for i > first && text[i-1] == ' ' {
			i--
		}
	}
	for i > first && !boundary(text[i-1]) {
		i--
	}
	return i
}

// maxQuoted is how far away the matching quote or bracket is searched, in characters.
const maxQuoted = 256

// openingBefore returns where the quote or bracket that closes right before end opens;
// -1 if none closes there.
func openingBefore(text []rune, first, end int) int {
	if end-2 < first {
		return -1
	}
	var opening rune
	switch text[end-1] {
	case '"':
		opening = '"'
	case '”':
		opening = '“'
	case ')':
		opening = '('
	default:
		return -1
	}
	for i := end - 2; i >= first; i-- {
		if text[i] == opening && (i == first || text[i-1] != '\\') {
			return i
		}
	}
	return -1
}

// boundary reports whether r cannot be part of an unquoted address.
func boundary(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(`"<>(),;:[]“”«»`, r)
}

// dotted reports whether a domain contains a dot and ends in a name.
func dotted(domain []rune) bool {
	dot := slices.IndexFunc(domain, isDot)
	return dot > 0 && unicode.IsLetter(domain[len(domain)-1])
}

func isDot(r rune) bool { return r == '.' || r == '。' }

// address hides an address except for parts that many share: the first letter of a
// longer local part or domain, and the domain's last label.
func address(a []rune) string {
	at := len(a) - 1
	for at >= 0 && a[at] != '@' {
		at--
	}
	if at < 0 {
		return hidden
	}
	local, domain := trimmed(a[:at]), trimmed(a[at+1:])
	name := parameter(local)
	shown := name + firstOf(local[len([]rune(name)):]) + hidden + "@"
	dot := len(domain) - 1
	for dot >= 0 && !isDot(domain[dot]) {
		dot--
	}
	if dot < 1 || slices.ContainsFunc(domain[dot+1:], func(r rune) bool { return !unicode.IsLetter(r) }) {
		return shown + hidden
	}
	return shown + firstOf(domain[:dot]) + hidden + string(domain[dot:])
}

func trimmed(s []rune) []rune { return []rune(strings.TrimSpace(string(s))) }

// parameter returns the name of a parameter before a local part: "to=".
func parameter(local []rune) string {
	name, _, found := strings.Cut(string(local), "=")
	if found && slices.Contains([]string{"to", "cc", "bcc", "from", "rcpt", "mail", "email", "user", "address", "recipient"}, name) {
		return name + "="
	}
	return ""
}

func firstOf(s []rune) string {
	if len(s) < 3 || !unicode.IsLetter(s[0]) {
		return ""
	}
	return string(s[:1])
}
