package messages

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// layouts reads both layouts.
func (b *builder) layouts() {
	facts := []field{brand, heading, date, timeOfDay, zone, reference, notes, contact, footer}
	labels := []field{title, dateLabel, timeLabel, referenceLabel}
	b.layout = b.layoutOf(textLayout, slices.Concat(facts, labels), facts)
	b.html = b.layoutOf(htmlLayout, slices.Concat(facts, labels, []field{lang, dir, align}), append(facts, lang, dir))
	source := b.all.layouts[htmlLayout].value
	for _, problem := range htmlProblems(source) {
		b.found.add(htmlLayout, "", "%s", problem)
	}
}

func (b *builder) layoutOf(file string, allowed, needs []field) page {
	source := b.all.layouts[file].value
	p, err := newPage(source, allowed)
	if err != nil {
		b.found.add(file, "", "%v", err)
		return page{literals: []string{""}}
	}
	for _, f := range needs {
		if !p.has(f) {
			b.found.add(file, "", "must have %s", f)
		}
	}
	if strings.ContainsFunc(source, func(r rune) bool { return r != '\n' && r != '\t' && unsafe(r) }) {
		b.found.add(file, "", "has control characters, or characters that turn the direction of what follows: remove them")
	}
	return p
}

// htmlProblems returns why a page cannot be sent as an e-mail, or why a value could
// become mark-up in it. Fields are safe in text, where they are escaped. Elsewhere only
// fields are allowed whose values are our own.
func htmlProblems(source string) (problems []string) {
	z := html.NewTokenizer(strings.NewReader(source))
	raw := "" // the element whose content is not mark-up
	report := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, begin := range []string{"<", "</", "<!", "<?"} {
		if strings.Contains(source, begin+"{{") { // "<" alone is text, until a value makes a tag of it
			report("has a field right behind %s: fields may stand in text only", begin)
		}
	}
	for {
		kind := z.Next()
		written := string(z.Raw())
		if kind == html.ErrorToken {
			if strings.Contains(written, "{{") {
				report("has a field inside a tag that does not end: fields may stand in text only")
			}
			return problems
		}
		token := z.Token()
		switch kind {
		case html.TextToken:
			if raw != "" && strings.Contains(written, "{{") {
				report("has a field inside <%s>: fields may stand in text only", raw)
			}
			if raw == "style" {
				problems = append(problems, styleProblems(token.Data)...)
			}
			raw = ""
		case html.StartTagToken, html.SelfClosingTagToken:
			problems = append(problems, tagProblems(written, &token)...)
			raw = rawElement(token.Data)
		case html.CommentToken, html.DoctypeToken, html.EndTagToken:
			if strings.Contains(written, "{{") {
				report("has a field inside a comment or an end tag: fields may stand in text only")
			}
			raw = ""
		default:
			raw = ""
		}
	}
}

// rawElement returns the name of an element whose content is not text of the page.
func rawElement(name string) string {
	if slices.Contains(strings.Fields("style script textarea xmp iframe noembed noframes noscript plaintext"), name) {
		return name
	}
	return ""
}

// tagProblems judges one tag. Mail programs run no scripts, and they ask before
// they load anything from elsewhere.
func tagProblems(written string, token *html.Token) (problems []string) {
	report := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	forbidden := strings.Fields("script form input button select textarea iframe frame frameset link img picture video audio source object embed applet base svg math noscript template")
	if slices.Contains(forbidden, token.Data) {
		report("has <%s>, which mail programs block or remove: leave it out", token.Data)
	}
	if strings.Contains(token.Data, "{{") {
		report("has a field in the name of a tag: fields may stand in text only")
	}
	named := []byte(written)
	for _, a := range token.Attr {
		name := strings.ToLower(a.Key)
		switch {
		case strings.HasPrefix(name, "on"):
			report("has %s on <%s>: mail programs run no scripts; leave it out", name, token.Data)
		case slices.Contains(strings.Fields("src srcset background poster action formaction data"), name):
			report("has %s on <%s>: a message loads nothing from elsewhere; leave it out", name, token.Data)
		case name == "href" && !safeLink(a.Val):
			report("has a link that is not https:, mailto: or tel: in full: change it")
		case name == "http-equiv":
			report("has http-equiv on <%s>: leave it out", token.Data)
		case name == "style":
			problems = append(problems, styleProblems(a.Val)...)
		}
		if strings.Contains(name+a.Val, "{{") && !ownValue(name, a.Val, named) {
			report("has a field in %s of <%s>: fields may stand in text only, and {{.Lang}}, {{.Dir}}, {{.Align}} in lang, dir and style", name, token.Data)
		}
	}
	return problems
}

func safeLink(address string) bool {
	for _, scheme := range []string{"https://", "mailto:", "tel:"} {
		if strings.HasPrefix(strings.ToLower(address), scheme) && !strings.Contains(address, "{{") {
			return true
		}
	}
	return false
}

// ownValue reports whether all fields of an attribute have values of our own, are in
// quotes, and are in an attribute in which they have a meaning.
func ownValue(name, value string, written []byte) bool {
	if !bytes.Contains(written, []byte(`"`+value+`"`)) {
		return false
	}
	fits := map[string][]string{"lang": {"{{.Lang}}"}, "dir": {"{{.Dir}}"}, "style": {"{{.Dir}}", "{{.Align}}"}}
	for _, own := range fits[name] {
		value = strings.ReplaceAll(value, own, "")
	}
	return !strings.Contains(value, "{{")
}

func styleProblems(css string) (problems []string) {
	for _, loads := range []string{"@import", "url(", "expression("} {
		if strings.Contains(strings.ToLower(css), loads) {
			problems = append(problems, fmt.Sprintf("has %s in a style: a message loads nothing from elsewhere; leave it out", loads))
		}
	}
	return problems
}
