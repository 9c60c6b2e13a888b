package message

import (
	"html"
	htmltemplate "html/template"
	"strings"
	"testing"
	"text/template"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// Our own filling must give what the template packages give, whatever the facts
// are: html/template knows every trick of HTML injection.
func FuzzPagesAreFilledAsTemplatesWouldBe(f *testing.F) {
	f.Add("Clinic", "14:30", `A-1`)
	f.Add("Clinic", "cancelled", `A-1`)
	f.Add(`"><script>alert(1)</script>`, "&lt;", "{{.Brand}}")
	byText := template.Must(template.New("text").Parse(textSource))
	byHTML := htmltemplate.Must(htmltemplate.New("html").Parse(htmlSource))
	text, err := newPage(textSource)
	if err != nil {
		f.Fatal(err)
	}
	page, err := newPage(htmlSource)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, brand, at, reference string) {
		if !printable(brand) || !printable(at) || !printable(reference) {
			t.Skip("the event and the settings are free of control characters")
		}
		w := wordsFor(domain.AppointmentStatus(at))
		facts := facts{
			Brand: brand, Date: "Tuesday", Time: at, Zone: "Etc/GMT+3", Reference: reference, CalendarNote: w.calendarNote(true),
			Title: w.title, Heading: w.heading, Contact: w.contact + brand + ".",
		}
		var wantText, wantHTML strings.Builder
		if err := byText.Execute(&wantText, facts); err != nil {
			t.Fatal(err)
		}
		if err := byHTML.Execute(&wantHTML, facts); err != nil {
			t.Fatal(err)
		}
		if got := text.fill(&facts, asItIs); got != wantText.String() {
			t.Errorf("text\n%s", got)
		}
		got := page.fill(&facts, html.EscapeString)
		if got := strings.ReplaceAll(got, "+", "&#43;"); got != strings.ReplaceAll(wantHTML.String(), "+", "&#43;") {
			t.Errorf("HTML\n%s", got)
		}
	})
}

func TestAnUnknownPlaceholderIsRefused(t *testing.T) {
	for _, source := range []string{"{{.Recipient}}", "{{.Brand", "{{if .Brand}}x{{end}}"} {
		if _, err := newPage(source); err == nil {
			t.Errorf("%q was accepted", source)
		}
	}
}
