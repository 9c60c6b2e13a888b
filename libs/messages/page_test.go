package messages

import (
	htmltemplate "html/template"
	"strings"
	"testing"
	"testing/fstest"
	"text/template"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// filled fills a text as the template package does.
func filled(t failing, p *page, v *values) string {
	t.Helper()
	var source, out strings.Builder
	for i, f := range p.fields {
		source.WriteString(p.literals[i] + f.String())
	}
	source.WriteString(p.literals[len(p.fields)])
	if err := template.Must(template.New("").Parse(source.String())).Execute(&out, dataOf(v)); err != nil {
		t.Fatalf("%v", err)
	}
	return out.String()
}

// failing is what tests of all kinds have.
type failing interface {
	Helper()
	Fatalf(format string, args ...any)
}

// valuesOf returns what the layouts of one e-mail are filled with, all of it worked
// out for this one alone.
func valuesOf(t failing, l *Language, m *Mail) *values {
	t.Helper()
	w := l.wordsFor(m.Status)
	v := &values{
		brand: clean(m.Brand), reference: clean(m.Reference), date: l.style.Date(m.At), timeOfDay: l.style.Clock(m.At), zone: zoneOf(m.At.Location(), m.At),
		lang: l.tag, dir: l.dir, align: "left", dateLabel: l.labels.date, timeLabel: l.labels.time, referenceLabel: l.labels.reference,
	}
	note := &w.noCalendar
	if m.Calendar {
		note = &w.calendar
	}
	if l.dir == "rtl" {
		v[align] = "right"
	}
	v[heading], v[contact], v[footer] = filled(t, &w.heading, v), filled(t, &w.contact, v), filled(t, &l.footer, v)
	v[title] = strings.TrimSuffix(v[heading], ".")
	if v[notes] = filled(t, note, v); v[notes] != "" {
		v[notes] = "\n" + v[notes] + "\n"
	}
	return v
}

// dataOf returns values as the template packages take them.
func dataOf(v *values) map[string]string {
	data := map[string]string{}
	for i, name := range fieldNames() {
		data[name] = v[i]
	}
	return data
}

// asTemplates fills both layouts with the standard library's templates.
func asTemplates(t failing, htmlSource, textSource string, v, plain *values) (page, text string) {
	t.Helper()
	var out strings.Builder
	if err := htmltemplate.Must(htmltemplate.New("").Parse(htmlSource)).Execute(&out, dataOf(v)); err != nil {
		t.Fatalf("%v", err)
	}
	page = out.String()
	out.Reset()
	if err := template.Must(template.New("").Parse(textSource)).Execute(&out, dataOf(plain)); err != nil {
		t.Fatalf("%v", err)
	}
	return page, out.String()
}

// Our own filling must give what the template packages give, whatever the facts
// are: html/template knows every trick of HTML injection.
func FuzzPagesAreFilledAsTemplatesWouldBe(f *testing.F) {
	f.Add("Clinic", "confirmed", "A-1", "ar")
	f.Add("Clinic", "cancelled", "A-1", "de")
	f.Add(`"><script>alert(1)</script>`, "", "{{.Brand}}\u202e", "en-US")
	known := newSchema()
	sources, _ := ours(&known)
	texts, err := BuiltIn(DefaultOptions())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, brand, status, reference, locale string) {
		l := texts.For(locale)
		m := &Mail{Status: domain.AppointmentStatus(status), Brand: brand, Reference: reference, At: time.Date(2031, 5, 6, 14, 30, 0, 0, time.UTC), Calendar: true}
		v := valuesOf(t, l, m)
		plain := *v
		l.forText(&plain)
		wantHTML, wantText := asTemplates(t, sources.layouts[htmlLayout].value, sources.layouts[textLayout].value, v, &plain)
		got := l.Email(m)
		if got.Text != l.paragraphs(wantText) {
			t.Errorf("text\n%s\nwant\n%s", got.Text, wantText)
		}
		if plusless(got.HTML) != plusless(wantHTML) {
			t.Errorf("HTML\n%s\nwant\n%s", got.HTML, wantHTML)
		}
	})
}

// A layout that is accepted is one in which html/template would escape nothing
// otherwise than we do; those in which a value could become mark-up are refused.
func TestALayoutIsAcceptedOnlyWhereEveryFieldIsText(t *testing.T) {
	known := newSchema()
	sources, _ := ours(&known)
	whole := sources.layouts[htmlLayout].value
	for _, c := range []struct{ old, new, want string }{
		{`<span dir="ltr">{{.Reference}}</span>`, `<b title="x">{{.Reference}}</b>`, ""},
		{`<span dir="ltr">{{.Reference}}</span>`, `<a href="https://clinic.example/">{{.Reference}}</a>`, ""},
		{`<span dir="ltr">{{.Reference}}</span>`, `<b title="{{.Reference}}">x</b>{{.Reference}}`, "a field in title"},
		{`<span dir="ltr">{{.Reference}}</span>`, `<a href="https://clinic.example/{{.Reference}}">x</a>{{.Reference}}`, "link"},
		{`<span dir="ltr">{{.Reference}}</span>`, `<a href="javascript:x">x</a>{{.Reference}}`, "link"},
		{`<span dir="ltr">{{.Reference}}</span>`, `<{{.Brand}}>{{.Reference}}`, "right behind <"},
		{`<span dir="ltr">{{.Reference}}</span>`, `<b {{.Brand}}>x</b>{{.Reference}}`, "a field in"},
		{`<span dir="ltr">{{.Reference}}</span>`, `<b dir={{.Dir}}>{{.Reference}}</b>`, "a field in dir"},
		{`<span dir="ltr">{{.Reference}}</span>`, `<!-- {{.Brand}} -->{{.Reference}}`, "comment"},
		{`<span dir="ltr">{{.Reference}}</span>`, `<script>{{.Brand}}</script>{{.Reference}}`, "<script>"},
		{`</style>`, `.x { color: {{.Brand}} }</style>`, "<style>"},
		{`</style>`, `@import "https://clinic.example/x.css";</style>`, "@import"},
		{`</style>`, `.x { background: URL(https://clinic.example/x.png) }</style>`, "url("},
		{`<span dir="ltr">{{.Reference}}</span>`, `<img src="https://clinic.example/x.png" alt="">{{.Reference}}`, "<img>"},
		{`<span dir="ltr">{{.Reference}}</span>`, `<svg>{{.Reference}}</svg>`, "<svg>"},
		{`<span dir="ltr">{{.Reference}}</span>`, `<p onclick="x">{{.Reference}}</p>`, "onclick"},
	} {
		changed := strings.Replace(whole, c.old, c.new, 1)
		if changed == whole {
			t.Fatalf("%s is not in the layout", c.old)
		}
		folder := fstest.MapFS{htmlLayout: &fstest.MapFile{Data: []byte(changed)}}
		set, faults := Open(folder, DefaultOptions())
		switch {
		case c.want != "" && len(faults) == 0:
			t.Errorf("%s was accepted", c.new)
		case c.want == "" && len(faults) == 0:
			sameAsTemplate(t, set, changed, sources.layouts[textLayout].value)
		case c.want == "":
			t.Errorf("%s was refused: %v", c.new, faults)
		case !strings.Contains(faults[0].Problem, c.want):
			t.Errorf("%s was refused with %v", c.new, faults)
		}
	}
}

func TestAHostileFactStaysText(t *testing.T) {
	known := newSchema()
	sources, _ := ours(&known)
	set, err := BuiltIn(DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	sameAsTemplate(t, set, sources.layouts[htmlLayout].value, sources.layouts[textLayout].value)
}

// plusless writes the plus sign in one way: only html/template escapes it.
func plusless(page string) string { return strings.ReplaceAll(page, "+", "&#43;") }

func sameAsTemplate(t *testing.T, set *Set, htmlSource, textSource string) {
	t.Helper()
	l := set.For("ar")
	hostile := `"><script>alert(1)</script> ' onclick=x javascript:alert(1) </style>--> {{.Brand}}`
	m := &Mail{Brand: hostile, Reference: hostile, At: time.Date(2031, 5, 6, 14, 30, 0, 0, time.UTC)}
	v := valuesOf(t, l, m)
	want, _ := asTemplates(t, htmlSource, textSource, v, v)
	if got := l.Email(m).HTML; plusless(got) != plusless(want) {
		t.Errorf("html/template escapes otherwise:\n%s\n%s", got, want)
	}
}
