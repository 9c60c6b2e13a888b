package messages_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/gsm"
)

func TestEachFaultIsRefusedByFileAndKeyWithItsRepair(t *testing.T) {
	long := strings.Repeat("lange ", 30)
	for _, c := range []struct{ name, file, content, key, want string }{
		{"a slip in a key", "de.toml", "[email.confirmed]\nsubjet = \"x\"", "email.confirmed.subjet", "do you mean email.confirmed.subject?"},
		{"a key that is none", "de.toml", "[email]\nlogo = \"x\"", "email.logo", "notifyctl messages init"},
		{"a slip in a table", "de.toml", "[mail.confirmed]\nsubject = \"x\"", "mail.confirmed.subject", "do you mean email.confirmed.subject?"},
		{"a slip in a field", "de.toml", "[email.confirmed]\nsubject = \"{{.Datum}} {{.Time}}\"", "email.confirmed.subject", "{{.Datum}}, which is no field of it"},
		{"a field in small letters", "de.toml", "[email.confirmed]\nsubject = \"{{.date}} {{.Time}}\"", "email.confirmed.subject", "do you mean {{.Date}}?"},
		{"a condition", "de.toml", "[email.confirmed]\nheading = \"{{if .Brand}}x{{end}}\"", "email.confirmed.heading", "no field of it"},
		{"an open field", "de.toml", "[email.confirmed]\nheading = \"{{.Brand\"", "email.confirmed.heading", "{{ without }}"},
		{"a subject without a time", "de.toml", "[email.confirmed]\nsubject = \"Am {{.Date}}\"", "email.confirmed.subject", "must have {{.Time}}"},
		{"an empty heading", "de.toml", "[email.confirmed]\nheading = \"\"", "email.confirmed.heading", "must not be empty"},
		{"a line break in a subject", "de.toml", "[email.confirmed]\nsubject = \"{{.Date}} {{.Time}}\\nBcc: x\"", "email.confirmed.subject", "one line"},
		{"a line separator", "de.toml", "[email.confirmed]\nsubject = \"{{.Date}} {{.Time}}\\u2028Bcc: x\"", "email.confirmed.subject", "one line"},
		{"a paragraph separator", "de.toml", "[sms]\nopt_out = \"Nein danke\u2029STOP\"", "sms.opt_out", "one line"},
		{"a character that turns the direction", "ar.toml", "[email.confirmed]\nheading = \"a\\u202eb\"", "email.confirmed.heading", "U+202A"},
		{"an accent apart", "fr.toml", "[email.confirmed]\nheading = \"confirme\\u0301\"", "email.confirmed.heading", "NFC"},
		{"a number", "de.toml", "[labels]\ndate = 5", "labels.date", "text in quotes"},
		{"no TOML", "de.toml", "[email\n", "", "is not TOML"},
		{"no UTF-8", "de.toml", "[labels]\ndate = \"\xff\"", "", "UTF-8"},
		{"a name that is no language", "german!.toml", "", "", "called after no language"},
		{"Django's name", "de_AT.toml", "", "", "must be called de-AT.toml"},
		{"a language without dates", "tlh.toml", "[labels]\ndate = \"x\"", "", "dates this build does not know"},
		{"a file that would change nothing", "layout.html", "", "", "is no file of messages"},
		{"letters beyond the alphabet", "pl.toml", "[sms]\nconfirmed = \"{{.Brand}}: prosz\u0119, {{.Date}} {{.Time}} {{.Reference}} {{.OptOut}}\"", "sms.confirmed", "'\u0119', which the GSM alphabet does not have"},
		{"a text that is too long", "de.toml", "[sms]\nconfirmed = \"{{.Brand}}: " + long + "{{.Date}} {{.Time}} {{.Reference}} {{.OptOut}}\"", "sms.confirmed", "SMS_MAX_SEGMENTS"},
		{"a text of three segments", "uk.toml", "[sms]\nconfirmed = \"{{.Brand}}: " + long + "{{.Date}} {{.Time}} {{.Reference}} {{.OptOut}}\"", "sms.confirmed", "SMS_MAX_SEGMENTS_UCS2"},
		{"no reference", "de.toml", "[sms]\nconfirmed = \"{{.Brand}}: {{.Date}} {{.Time}} {{.OptOut}}\"", "sms.confirmed", "must have {{.Reference}}"},
		{"a reference inside a word", "de.toml", "[sms]\nconfirmed = \"{{.Brand}}: {{.Date}} {{.Time}} Nr{{.Reference}} {{.OptOut}}\"", "sms.confirmed", "word of its own"},
		{"a reference behind a zone that may end with a letter", "de.toml", "[sms]\nconfirmed = \"{{.Brand}}: {{.Date}} {{.Time}} {{.Zone}}{{.Reference}} {{.OptOut}}\"", "sms.confirmed", "word of its own"},
		{"a reference before a date that begins with a letter elsewhere", "uk.toml", "[sms]\nconfirmed = \"{{.Brand}}: {{.Time}} {{.Reference}}{{.Date}} {{.OptOut}}\"", "sms.confirmed", "word of its own"},
		{"the brand at the end", "de.toml", "[sms]\nconfirmed = \"{{.Date}} {{.Time}} {{.Reference}} {{.OptOut}} {{.Brand}}\"", "sms.confirmed", "must begin with {{.Brand}}"},
		{"no way to opt out", "de.toml", "[sms]\nconfirmed = \"{{.Brand}}: {{.Date}} {{.Time}} {{.Reference}}\"", "sms.confirmed", "must have {{.OptOut}}"},
		{"STOP translated", "de.toml", "[sms]\nopt_out = \"Antworten Sie HALT\"", "sms.opt_out", "STOP in Latin letters"},
		{"an invitation to answer CANCEL", "en.toml", "[sms]\nconfirmed = \"{{.Brand}}: {{.Date}} {{.Time}} {{.Reference}} Reply CANCEL to cancel. {{.OptOut}}\"", "sms.confirmed", "word CANCEL"},
		{"an encoding that is none", "de.toml", "[sms]\nencoding = \"utf8\"", "sms.encoding", `"ucs2"`},
		{"a layout without the reference", "layout.txt.tmpl", "{{.Brand}} {{.Heading}} {{.Date}} {{.Time}} {{.Zone}} {{.Notes}} {{.Contact}} {{.Footer}}", "", "must have {{.Reference}}"},
		{"a layout with a picture", "layout.html.tmpl", strings.Replace(messages.StarterLayouts()["layout.html.tmpl"], "<h1", "<img src=\"https://clinic.example/logo.png\"><h1", 1), "", "<img>"},
		{"a layout with a field in an end tag", "layout.html.tmpl", messages.StarterLayouts()["layout.html.tmpl"] + "</p {{.Reference}}>", "", "end tag"},
		{"a layout that ends in a tag", "layout.html.tmpl", messages.StarterLayouts()["layout.html.tmpl"] + "<p title={{.Reference}}", "", "does not end"},
		{"a layout with a line separator", "layout.txt.tmpl", messages.StarterLayouts()["layout.txt.tmpl"] + "\u2028", "", "control characters"},
		{"a layout beyond Gmail's limit", "layout.html.tmpl", strings.Replace(messages.StarterLayouts()["layout.html.tmpl"], "<h1", strings.Repeat("<!-- space -->", 7000)+"<h1", 1), "", "102 kB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, faults := messages.Open(folder(c.file, c.content), messages.DefaultOptions())
			if set != nil || len(faults) == 0 {
				t.Fatal("it was accepted")
			}
			for _, fault := range faults {
				if fault.File != c.file || fault.Key != c.key || !strings.Contains(fault.Problem, c.want) {
					t.Errorf("%s", fault)
				}
			}
		})
	}
}

func TestAllFaultsAreNamedAtOnce(t *testing.T) {
	_, faults := messages.Open(folder(
		"de.toml", "[email.confirmed]\nsubject = \"x\"\nheading = \"\"\n[labels]\ndat = \"x\"", "fr.toml", "[labels]\ndate = 1", "notes.txt", "",
	), messages.DefaultOptions())
	var said []string
	for _, fault := range faults {
		said = append(said, fault.String())
	}
	if len(faults) != 6 { // the subject has two
		t.Errorf("%d faults:\n%s", len(faults), strings.Join(said, "\n"))
	}
}

// A folder that cannot be read is a fault, and a pipe in it is not waited for.
func TestWhatIsNoReadableFileIsRefused(t *testing.T) {
	pipe := fstest.MapFS{"de.toml": &fstest.MapFile{Mode: fs.ModeNamedPipe}}
	if _, faults := messages.Open(pipe, messages.DefaultOptions()); len(faults) != 1 || faults[0].File != "de.toml" {
		t.Errorf("%v", faults)
	}
	inner, _ := fs.Sub(fstest.MapFS{}, "gone")
	if _, faults := messages.Open(inner, messages.DefaultOptions()); len(faults) != 1 || !strings.Contains(faults[0].String(), "cannot be read") {
		t.Errorf("%v", faults)
	}
}

// Any content of an operator's file is refused, or every message with it keeps the
// limits.
func TestAnyFileIsRefusedOrWritesWithinTheLimits(t *testing.T) {
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.OneOf(
			rapid.SampledFrom([]string{"{{.Brand}}", "{{.Date}}", "{{.Time}}", "{{.Zone}}", "{{.Offset}}", "{{.Reference}}", "{{.OptOut}}", ": ", " ", ". ", "{{", "\u20ac", "STOP", "<b>", "\u0119"}),
			rapid.StringMatching(`[a-zA-Zäöü ]{0,30}`), rapid.StringN(0, 5, -1),
		)
		mild := rapid.StringMatching(`[A-Za-zäöü][A-Za-zäöü,.]{0,9}( [a-zäöü]{1,9})?`)
		wild := rapid.Map(rapid.SliceOfN(piece, 0, 8), func(parts []string) string { return strings.Join(parts, "") })
		free := rapid.OneOf(mild, mild, mild, wild)
		sms := rapid.Map(free, func(s string) string { return "{{.Brand}}: " + s + " {{.Date}} {{.Time}} {{.Reference}} {{.OptOut}}" })
		content := "[email.confirmed]\nheading = " + toml(free.Draw(t, "heading")) +
			"\nsubject = " + toml("{{.Date}} {{.Time}} "+strings.TrimSpace(free.Draw(t, "subject"))) +
			"\n[sms]\nencoding = " + toml(rapid.SampledFrom([]string{"gsm7", "ucs2"}).Draw(t, "encoding")) +
			"\nopt_out = " + toml(rapid.SampledFrom([]string{"", "STOP"}).Draw(t, "opt out")) + "\nconfirmed = " + toml(sms.Draw(t, "sms"))
		set, faults := messages.Open(folder("de.toml", content), messages.DefaultOptions())
		if len(faults) > 0 {
			return
		}
		accepted++
		l, m := set.For("de-AT"), sample
		m.Brand, m.Reference = rapid.String().Draw(t, "brand"), rapid.String().Draw(t, "reference")
		e := l.Email(&m)
		if strings.ContainsAny(e.Subject, "\r\n") || len(e.HTML) > 102_000 {
			t.Fatalf("%q", e.Subject)
		}
		s := messages.Short{Status: domain.AppointmentConfirmed, Brand: m.Brand, Reference: "ABCDE237", At: m.At}
		said := l.SMS(&s, gsm.TollFree())
		count := gsm.TollFree().Count(said)
		if count.Segments > l.Segments() || count.Encoding != l.Encoding() && l.Encoding() == gsm.GSM7 || !domain.ReferenceIn(said, "ABCDE237") {
			t.Fatalf("%+v %q", count, said)
		}
	})
	if accepted < 10 {
		t.Errorf("only %d files were accepted, so that little is tested", accepted)
	}
}

// toml writes a string as TOML does.
func toml(s string) string {
	var out strings.Builder
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out.WriteString(`\` + string(r))
		case r < ' ' || r == 0x7f:
			out.WriteString(`\t`)
		default:
			out.WriteRune(r)
		}
	}
	return `"` + out.String() + `"`
}
