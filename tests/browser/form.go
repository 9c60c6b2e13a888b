package browser

import (
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// Open goes to another address.
func (p *Page) Open(url string) {
	p.t.Helper()
	p.Do(chromedp.Navigate(url))
}

// Fill types into the fields of a form: pairs of a field's name and its value.
func (p *Page) Fill(fields ...string) {
	p.t.Helper()
	for i := 0; i < len(fields); i += 2 {
		field := fmt.Sprintf("//*[@name=%q]", fields[i])
		p.Do(chromedp.WaitVisible(field), chromedp.SetValue(field, fields[i+1]))
	}
}

// Shows loads a page again and again until a text is on it.
func (p *Page) Shows(url, text string) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; {
		p.Open(url)
		shown := p.Await(url, "document.body?.innerText")
		if strings.Contains(shown, text) {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("%s does not show %q within %s, but:\n%s", url, text, patience, shown)
		}
	}
}
