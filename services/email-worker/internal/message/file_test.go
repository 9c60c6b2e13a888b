package message

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime/localtimetest"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
)

// facts are ids and names, some of which fill a line, have to be escaped, or look
// like lines of their own.
func facts() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"A-1", "a;b,c\\d", "a\nUID:b", "\r\n", "DESCRIPTION:x", "", "<a> b", "🦷", "\u200f"}),
		rapid.StringN(0, 90, -1), rapid.StringMatching(`[A-Za-z0-9 <>äß病-]{30,90}`),
	)
}

// A prepared file is, byte for byte, what the library writes, whatever the facts
// are: in every language and status, with lines that have to be folded among them.
func TestAPreparedFileIsWhatTheLibraryWrites(t *testing.T) {
	texts := messagestest.Texts()
	folded := 0
	rapid.Check(t, func(t *rapid.T) {
		s := Settings{
			Brand: rapid.SampledFrom([]string{"Clinic", "Müller, Söhne; GmbH", "DESCRIPTION:x UID:y", "病院病院病院病院病院病院病院病院病院病院病院病院病院病院"}).Draw(t, "brand"),
			Texts: texts, Clock: localtimetest.Clock("UTC"), Duration: time.Hour,
			Domain: rapid.SampledFrom([]string{"mg.clinic.example", "a.very.long.name.of.a.domain.that.fills.the.line.of.an.id.by.itself.clinic.example"}).Draw(t, "domain"), Organizer: "no-reply@clinic.example",
		}
		r := s.prepare()
		for _, tag := range texts.Tags() {
			for _, status := range domain.AppointmentStatuses() {
				e := entry{
					appointment: facts().Draw(t, "appointment"), description: facts().Draw(t, "description"),
					stamp: moment().Draw(t, "stamp"), start: moment().Draw(t, "start"), end: moment().Draw(t, "end"),
					sequence: rapid.IntRange(0, 1<<31-1).Draw(t, "sequence"),
				}
				letter := r.letters.For(tag, status, true)
				want := "before" + s.calendar(&e, status, letter)
				if got := string(r.files[letter].append([]byte("before"), &e)); got != want {
					t.Fatalf("%s %s:\n%q\nwant\n%q", tag, status, got, want)
				}
				if len(s.uid(&e)) > maxLine {
					folded++
				}
			}
		}
	})
	if folded < 10 {
		t.Errorf("%d entries had an id that has to be folded: too few", folded)
	}
}

func moment() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		zone := time.FixedZone("", rapid.IntRange(-14*3600, 14*3600).Draw(t, "offset"))
		return time.Unix(rapid.Int64Range(-62_167_000_000, 253_402_000_000).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).In(zone)
	})
}
