package gsm

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold writes text in the GSM alphabet and on one line. Characters of the alphabet
// stay; letters lose accents that it lacks; typographic marks become their plain forms;
// all other characters, such as emoji, are dropped. Runs of white space and control
// characters become one space.
func Fold(text string) string {
	var out strings.Builder
	for _, r := range text {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			out.WriteByte(' ')
			continue
		}
		out.WriteString(foldRune(r))
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// Loses reports whether Fold drops a letter or a digit of text, which may change the
// meaning.
func Loses(text string) bool {
	for _, r := range text {
		if known(r) {
			continue
		}
		for _, part := range norm.NFKD.String(string(r)) {
			if (unicode.IsLetter(part) || unicode.IsNumber(part)) && !known(part) {
				return true
			}
		}
	}
	return false
}

// known reports whether r has a form in the alphabet without decomposition.
func known(r rune) bool {
	_, plain := plainForm(r)
	return plain || Septets(r) > 0
}

// foldRune returns r in the alphabet; empty if it has no such form.
func foldRune(r rune) string {
	if Septets(r) > 0 {
		return string(r)
	}
	if plain, ok := plainForm(r); ok {
		return plain
	}
	// The compatibility decomposition splits off accents, and also opens
	// ligatures, full-width forms and superscripts.
	var out strings.Builder
	for _, part := range norm.NFKD.String(string(r)) {
		if part != r && Septets(part) > 0 {
			out.WriteRune(part)
		} else if plain, ok := plainForm(part); ok {
			out.WriteString(plain)
		}
	}
	return out.String()
}

// plainForm returns the usual spelling of a character that does not decompose.
func plainForm(r rune) (string, bool) {
	switch r {
	case '`', '´', '‘', '’', '‚', '‛', '′', 'ʼ', 'ʻ', 'ʽ':
		return "'", true
	case '“', '”', '„', '‟', '«', '»', '″':
		return `"`, true
	case '‹':
		return "<", true
	case '›':
		return ">", true
	case '‐', '‑', '‒', '–', '—', '―', '−':
		return "-", true
	case '•', '·', '×':
		return "*", true
	case '⁄':
		return "/", true
	case '©':
		return "(c)", true
	case '®':
		return "(R)", true
	}
	return plainLetter(r)
}

// plainLetter returns the usual spelling of Latin letters with a stroke and of
// ligatures that Unicode does not decompose.
func plainLetter(r rune) (string, bool) {
	const from, to = "ĐđÐðĦħıŁłŊŋŦŧĸƒẞ", "DdDdHhiLlNnTtkfß"
	if before, _, found := strings.Cut(from, string(r)); found {
		return string([]rune(to)[len([]rune(before))]), true
	}
	switch r {
	case 'Œ':
		return "OE", true
	case 'œ':
		return "oe", true
	case 'Þ':
		return "Th", true
	case 'þ':
		return "th", true
	}
	return "", false
}
