package message

import (
	_ "embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	"text/template"
)

//go:embed confirmation.txt.tmpl
var textSource string

//go:embed confirmation.html.tmpl
var htmlSource string

// pages holds the two compiled templates. Safe for concurrent use.
type pages struct {
	text *template.Template
	html *htmltemplate.Template
}

func newPages() (pages, error) {
	text, err := template.New("text").Option("missingkey=error").Parse(textSource)
	if err != nil {
		return pages{}, fmt.Errorf("text template: %w", err)
	}
	html, err := htmltemplate.New("html").Option("missingkey=error").Parse(htmlSource)
	if err != nil {
		return pages{}, fmt.Errorf("HTML template: %w", err)
	}
	return pages{text: text, html: html}, nil
}

// fill writes both pages from the same facts.
func (p *pages) fill(f facts) (text, html string, err error) {
	var t, h strings.Builder
	t.Grow(len(textSource) + 512)
	h.Grow(len(htmlSource) + 512)
	if err := p.text.Execute(&t, f); err != nil {
		return "", "", fmt.Errorf("text template: %w", err)
	}
	if err := p.html.Execute(&h, f); err != nil {
		return "", "", fmt.Errorf("HTML template: %w", err)
	}
	return t.String(), h.String(), nil
}
