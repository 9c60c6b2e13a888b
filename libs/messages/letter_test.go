package messages

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime/localtimetest"
)

// hostile are facts that want to be more than text.
func hostile() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "A-1", ".", "Praxis Dr. Müller.", `"><script>alert(1)</script>`, "{{.Brand}}", "&amp;", "\u202eA\u2066", "a\r\nb", "\u2028", "\xff<", "&#43;+", "<!--", "'`",
		}),
		rapid.String(),
	)
}

// texts makes an operator's own: texts whose facts stand where ours have none.
func texts(t *rapid.T) fstest.MapFS {
	said := func(what string) string {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"{{.Brand}}", "{{.Date}}", "{{.Time}}", "{{.Zone}}", "{{.Reference}}", "a", ".", " b.", "<i>", "& "}), 1, 4)
		return "= \"x" + strings.Join(parts.Draw(t, what), "") + "\"\n"
	}
	var file strings.Builder
	for _, s := range domain.AppointmentStatuses() {
		file.WriteString("[email." + string(s) + "]\n" + "heading " + said("heading"))
		for _, optional := range []string{"calendar", "no_calendar", "contact"} {
			if rapid.Bool().Draw(t, optional) {
				file.WriteString(optional + ` = ""` + "\n")
				continue
			}
			file.WriteString(optional + " " + said(optional))
		}
	}
	return fstest.MapFS{
		"ar.toml": &fstest.MapFile{Data: []byte(file.String())}, "en.toml": &fstest.MapFile{Data: []byte(file.String())},
	}
}

// What is prepared for a brand says, byte for byte, what the template packages make
// of the layouts for one message alone, whatever the facts are: in every language
// and status, and with facts in texts where ours have none.
func TestAPreparedLetterIsWhatTheTemplatesWrite(t *testing.T) {
	known := newSchema()
	sources, _ := ours(&known)
	htmlSource, textSource := sources.layouts[htmlLayout].value, sources.layouts[textLayout].value
	zones := localtimetest.Clock("UTC").Zones()
	berlin, _ := zones.Load("Europe/Berlin")
	newYork, _ := zones.Load("America/New_York")
	opened, own := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		var folder fstest.MapFS
		if rapid.Bool().Draw(t, "own texts") {
			folder = texts(t)
		}
		set := openIn(folder)
		if set == nil {
			return
		}
		opened++
		if folder != nil {
			own++
		}
		brandName := hostile().Draw(t, "brand")
		letters := set.Letters(brandName)
		for _, tag := range set.Tags() {
			for _, status := range domain.AppointmentStatuses() {
				zone := rapid.SampledFrom([]*time.Location{time.UTC, berlin, newYork, time.FixedZone("", -12600)}).Draw(t, "zone")
				m := &Mail{
					Status: status, Brand: brandName, Reference: hostile().Draw(t, "reference"), Calendar: rapid.Bool().Draw(t, "calendar"),
					At: time.Unix(rapid.Int64Range(0, 200_000_000_000).Draw(t, "at"), 0).In(zone),
				}
				sameAsTemplates(t, letters, set.For(tag), m, htmlSource, textSource)
			}
		}
	})
	if opened < 10 || own < 5 {
		t.Errorf("%d sets were looked at, %d with texts of their own: too few", opened, own)
	}
}

// openIn returns the texts of a folder; nil where they are refused.
func openIn(folder fstest.MapFS) *Set {
	if folder == nil {
		set, _ := BuiltIn(DefaultOptions())
		return set
	}
	set, _ := Open(folder, DefaultOptions())
	return set
}

func sameAsTemplates(t *rapid.T, letters *Letters, l *Language, m *Mail, htmlSource, textSource string) {
	t.Helper()
	letter := letters.For(l.tag, m.Status, m.Calendar)
	d := letter.Draft(m.At, m.Reference)
	v := valuesOf(t, l, m)
	column := *v
	l.forText(&column)
	page, text := asTemplates(t, htmlSource, textSource, v, &column)
	w := l.wordsFor(m.Status)
	// Only html/template escapes the plus sign.
	for what, c := range map[string][2]string{
		"HTML":        {plusless(string(d.AppendHTML([]byte("before")))), plusless("before" + page)},
		"text":        {string(d.AppendText([]byte("\n\n\n"))), "\n\n\n" + l.paragraphs(text)},
		"subject":     {string(d.AppendSubject([]byte("before"))), "before" + l.directed(filled(t, &w.subject, v))},
		"summary":     {letter.Summary(), l.directed(filled(t, &w.summary, v))},
		"description": {d.Description(), l.directed(filled(t, &l.description, v))},
	} {
		if c[0] != c[1] {
			t.Fatalf("%s %s: %s\n%q\nwant\n%q", l.tag, m.Status, what, c[0], c[1])
		}
	}
	e := l.Email(m)
	if got := (Email{string(d.AppendSubject(nil)), string(d.AppendText(nil)), string(d.AppendHTML(nil)), letter.Summary(), d.Description()}); got != e {
		t.Fatalf("%s %s: the letter reads\n%q\nwhen made for one message\n%q", l.tag, m.Status, got, e)
	}
}

// An event without a locale, or with one that has an alias, gets the letter of the
// language that it gets otherwise.
func TestALetterIsInTheLanguageOfTheSet(t *testing.T) {
	set := openIn(nil).With("de", map[string]string{"gsw": "fr"})
	letters := set.Letters("Clinic")
	for _, locale := range []string{"", "xx", "gsw", "de_AT", "ar-EG", "pt-BR", "not a tag"} {
		for _, status := range slices.Concat(domain.AppointmentStatuses(), []domain.AppointmentStatus{""}) {
			if got, want := letters.For(locale, status, true).Tag(), set.For(locale).Tag(); got != want {
				t.Errorf("%q: %s, want %s", locale, got, want)
			}
		}
	}
}
