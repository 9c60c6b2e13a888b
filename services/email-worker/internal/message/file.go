package message

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
)

// The library's own bounds of a line, and its line end.
const (
	maxLine = 75
	lineEnd = "\r\n"
)

// file is the calendar file of one language and status: the library's output for a
// sample, cut at the lines that differ between appointments. It is immutable and may be
// used concurrently.
type file struct {
	settings *Settings
	parts    []part
	rest     string
}

// part is a line whose value differs, with the text before it.
type part struct {
	before string
	line   ics.BaseProperty
}

// newFile prepares the calendar files of a language and a status.
func newFile(s *Settings, status domain.AppointmentStatus, letter *messages.Letter) *file {
	f := &file{settings: s}
	sample := entry{appointment: "x", description: "x"}
	var same strings.Builder
	differs := false
	for line := range strings.SplitAfterSeq(s.calendar(&sample, status, letter), lineEnd) {
		if strings.HasPrefix(line, " ") && differs {
			continue // a folded line of the sample's value
		}
		var property ics.BaseProperty
		if property, differs = valued(line, letter.Tag()); !differs {
			same.WriteString(line)
			continue
		}
		f.parts = append(f.parts, part{same.String(), property})
		same.Reset()
	}
	f.rest = same.String()
	return f
}

// valued returns the property of a line, and whether its value differs between
// appointments.
func valued(line, tag string) (ics.BaseProperty, bool) {
	name, _, _ := strings.Cut(line, ":")
	name, _, _ = strings.Cut(name, ";")
	p := ics.BaseProperty{IANAToken: name}
	switch ics.ComponentProperty(name) {
	case ics.ComponentPropertyUniqueId, ics.ComponentPropertyDtstamp, ics.ComponentPropertyDtStart, ics.ComponentPropertyDtEnd, ics.ComponentPropertySequence:
		return p, true
	case ics.ComponentPropertyDescription:
		p.ICalParameters = map[string][]string{}
		for _, parameter := range inLanguage(tag) {
			key, values := parameter.KeyValue()
			p.ICalParameters[key] = values
		}
		return p, true
	default:
		return p, false
	}
}

// append appends the file with an entry.
func (f *file) append(to []byte, e *entry) []byte {
	for i := range f.parts {
		p := &f.parts[i]
		to = append(to, p.before...)
		switch ics.ComponentProperty(p.line.IANAToken) {
		case ics.ComponentPropertyUniqueId:
			to = appendText(to, p.line, f.settings.uid(e))
		case ics.ComponentPropertyDescription:
			to = appendText(to, p.line, e.description)
		case ics.ComponentPropertyDtstamp:
			to = appendTime(to, p.line.IANAToken, e.stamp)
		case ics.ComponentPropertyDtStart:
			to = appendTime(to, p.line.IANAToken, e.start)
		case ics.ComponentPropertyDtEnd:
			to = appendTime(to, p.line.IANAToken, e.end)
		default: // the sequence
			to = append(strconv.AppendInt(append(append(to, p.line.IANAToken...), ':'), int64(e.sequence), 10), lineEnd...)
		}
	}
	return append(to, f.rest...)
}

// appendTime appends a line with a time in UTC.
func appendTime(to []byte, name string, t time.Time) []byte {
	to = append(append(to, name...), ':')
	return append(t.UTC().AppendFormat(to, "20060102T150405Z"), lineEnd...)
}

// appendText appends a line with a text. A line that has to be folded is written by the
// library.
func appendText(to []byte, p ics.BaseProperty, value string) []byte {
	begin := len(to)
	to = append(to, p.IANAToken...)
	for name, values := range p.ICalParameters { // one at most
		to = append(append(append(append(to, ';'), name...), '='), values[0]...)
	}
	to = append(append(to, ':'), ics.ToText(value)...)
	if len(to)-begin <= maxLine {
		return append(to, lineEnd...)
	}
	p.Value = value
	folded := bytes.NewBuffer(to[:begin])
	_ = p.SerializeTo(folded, &ics.SerializationConfiguration{MaxLength: maxLine, PropertyMaxLength: maxLine, NewLine: lineEnd})
	return folded.Bytes()
}
