package messages

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/dates"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/gsm"
)

// builder makes languages from sources and collects the faults.
type builder struct {
	options Options
	known   schema
	all     sources
	found   *faults
	styles  map[string]dates.Style

	html, layout page
}

// tags lists the languages: those with texts, and regions that have dates of their own
// and whose language has texts.
func (b *builder) tags() []string {
	tags := slices.Collect(maps.Keys(b.all.texts))
	for tag := range b.styles {
		if line := ancestors(tag); b.all.texts[tag] == nil && slices.ContainsFunc(line, func(t string) bool { return b.all.texts[t] != nil }) {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	return tags
}

// language builds one language and returns a fingerprint of its texts.
func (b *builder) language(tag string) (*Language, string) {
	l := &Language{tag: tag, dir: directionOf(tag), html: b.html, layout: b.layout}
	r := &reader{builder: b, tag: tag, texts: b.textsOf(tag)}
	if !b.styleOf(tag, l) {
		b.found.add(tag+textSuffix, "", "is in a language whose dates this build does not know; it knows %s", strings.Join(slices.Sorted(maps.Keys(b.styles)), ", "))
		return l, ""
	}
	r.encoding(l)
	l.labels = labels{r.plain("labels.date"), r.plain("labels.time"), r.plain("labels.reference")}
	l.footer, l.description, l.optOut = r.page("email.footer"), r.page("calendar.description"), r.plain(keyOptOut)
	for _, s := range domain.AppointmentStatuses() {
		*l.wordsFor(s) = r.words(s)
	}
	r.check(l)
	return l, r.fingerprint()
}

// textsOf returns a language's texts: those of its relatives, the nearest first.
func (b *builder) textsOf(tag string) map[string]text {
	texts := map[string]text{}
	line := ancestors(tag)
	for _, relative := range slices.Backward(line) {
		maps.Copy(texts, b.all.texts[relative])
	}
	return texts
}

// styleOf finds the date style of a language.
func (b *builder) styleOf(tag string, l *Language) bool {
	for _, relative := range ancestors(tag) {
		if style, ok := b.styles[relative]; ok {
			l.style = style
			return true
		}
	}
	return false
}

// reader reads the texts of one language and reports their faults.
type reader struct {
	*builder
	tag   string
	texts map[string]text
}

// fileOf returns the file that a text is from, or belongs in.
func (r *reader) fileOf(name string) string {
	if file := r.texts[name].file; file != "" {
		return file
	}
	return r.tag + textSuffix
}

// fault reports a fault of a text.
func (r *reader) fault(name, format string, args ...any) {
	file := r.fileOf(name)
	r.found.add(file, name, format, args...)
}

// plain returns a text without fields.
func (r *reader) plain(name string) string {
	p := r.page(name)
	return p.literals[0]
}

// page returns a text, checked by itself.
func (r *reader) page(name string) page {
	k := r.known.byName[name]
	said, given := r.texts[name]
	if !given {
		r.fault(name, "is missing: a language of your own needs every text")
		return page{literals: []string{""}}
	}
	p, err := newPage(said.value, k.fields)
	if err != nil {
		r.fault(name, "%v", err)
		return page{literals: []string{""}}
	}
	for _, problem := range k.problems(said.value, &p) {
		r.fault(name, "%s", problem)
	}
	return p
}

func (r *reader) words(s domain.AppointmentStatus) words {
	mail := "email." + string(s) + "."
	return words{
		subject: r.page(mail + "subject"), heading: r.page(mail + "heading"), contact: r.page(mail + "contact"),
		calendar: r.page(mail + "calendar"), noCalendar: r.page(mail + "no_calendar"),
		summary: r.page("calendar." + string(s)), sms: r.page("sms." + string(s)),
	}
}

// encoding reads the encoding of the language's text messages.
func (r *reader) encoding(l *Language) {
	switch r.plain(keyEncoding) {
	case "ucs2":
		l.encoding, l.segments, l.smsStyle = gsm.UCS2, r.options.SegmentsUCS2, l.style
	case "gsm7":
		l.encoding, l.segments, l.smsStyle = gsm.GSM7, r.options.Segments, l.style.Mapped(gsm.Fold)
	default:
		r.fault(keyEncoding, `must be "gsm7", or "ucs2" for letters that the GSM alphabet does not have`)
		l.encoding, l.segments, l.smsStyle = gsm.UCS2, r.options.SegmentsUCS2, l.style
	}
}

// fingerprint returns a text that differs if the language's texts do.
func (r *reader) fingerprint() string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.texts)) {
		fmt.Fprintf(&out, "%s\x00%s\x00", name, r.texts[name].value)
	}
	return out.String()
}
