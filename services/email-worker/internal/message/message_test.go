package message_test

import (
	"bytes"
	"flag"
	"html"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime/localtimetest"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/message"
)

var update = flag.Bool("update", false, "write the golden files")

func settings() message.Settings {
	return message.Settings{
		Brand: "Müller & Söhne Clinic", Texts: messagestest.Texts(), Clock: localtimetest.Clock("America/New_York"), Duration: 45 * time.Minute,
		Domain: "mg.clinic.example", Organizer: "no-reply@clinic.example",
	}
}

func decode(t testing.TB, value string) *domain.Event {
	t.Helper()
	e, err := domain.NewDecoder().Decode([]byte(value))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func render(t testing.TB, s message.Settings, event string) message.Email {
	t.Helper()
	r, err := message.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return r.Render(decode(t, event), published)
}

var published = time.Date(2031, 5, 1, 9, 0, 0, 0, time.UTC)

const inBerlin = `{"appointment_id": "A-<1001>;x,y", "time": "2031-05-06T14:30:00+02:00", "timezone": "Europe/Berlin", "revision": 3,
	"email": "patient@clinic.example", "notify": {"email": true}}`

// saying returns inBerlin with a status.
func saying(status domain.AppointmentStatus) string {
	return strings.Replace(inBerlin, `"revision"`, `"status": "`+string(status)+`", "revision"`, 1)
}

func TestTheMessageIsAsAgreed(t *testing.T) {
	for _, status := range domain.AppointmentStatuses() {
		e := render(t, settings(), saying(status))
		for name, got := range map[string]string{
			"subject.txt": e.Subject + "\n", "text.txt": e.Text, "page.html": e.HTML, "appointment.ics": string(e.Calendar),
		} {
			name = filepath.Join("testdata", string(status), name)
			if *update {
				if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := fs.ReadFile(os.DirFS("."), name)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, []byte(got)) {
				t.Errorf("%s differs from its golden file (go test -update writes it):\n%s", name, got)
			}
		}
	}
}

func TestAnEventWithoutAStatusIsConfirmed(t *testing.T) {
	if got, want := render(t, settings(), inBerlin), render(t, settings(), saying(domain.AppointmentConfirmed)); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestTextAndHTMLTellTheSameFacts(t *testing.T) {
	for status, own := range map[domain.AppointmentStatus][]string{
		domain.AppointmentConfirmed: {
			"Your appointment is confirmed.", "The attached file adds the appointment to your calendar.", "If you need another time, please contact",
		},
		domain.AppointmentRescheduled: {
			"Your appointment has been moved.", "The attached file moves the entry", "If the old entry is still there, please delete it.",
		},
		domain.AppointmentCancelled: {
			"Your appointment has been cancelled.", "marks the entry in your calendar as cancelled", "You may delete the entry.", "If you need a new appointment, please contact",
		},
	} {
		e := render(t, settings(), saying(status))
		page := html.UnescapeString(e.HTML)
		for _, fact := range append(own, "Müller & Söhne Clinic", "Tuesday, 6 May 2031", "14:30", "(Europe/Berlin, UTC+02:00)", "A-<1001>;x,y") {
			if !strings.Contains(e.Text, fact) || !strings.Contains(page, fact) {
				t.Errorf("%s: %q is in the text: %v, in the HTML: %v", status, fact, strings.Contains(e.Text, fact), strings.Contains(page, fact))
			}
		}
		if others := strings.Contains(e.Text+page, "confirmed"); others != (status == domain.AppointmentConfirmed) {
			t.Errorf("%s: the message says confirmed: %v", status, others)
		}
	}
}

func TestTheTimeIsShownInTheEventsZoneOrElseInOurs(t *testing.T) {
	for zone, want := range map[string]string{
		`"timezone": "Europe/Berlin",`:      "Friday, 7 March 2031, 00:30 (Europe/Berlin, UTC+01:00)",
		`"timezone": "America/St_Johns",`:   "Thursday, 6 March 2031, 20:00 (America/St_Johns, UTC-03:30)",
		`"timezone": "Pacific/Kiritimati",`: "Friday, 7 March 2031, 13:30 (Pacific/Kiritimati, UTC+14:00)",
		`"timezone": "UTC",`:                "Thursday, 6 March 2031, 23:30 (UTC)",
		`"timezone": "Europe/London",`:      "Thursday, 6 March 2031, 23:30 (Europe/London, UTC)",
		``:                                  "Thursday, 6 March 2031, 18:30 (America/New_York, UTC-05:00)",
		`"timezone": "Europe/Atlantis",`:    "Friday, 7 March 2031, 05:00 (UTC+05:30)",
		`"timezone": "UTC+02:00",`:          "Friday, 7 March 2031, 05:00 (UTC+05:30)",
	} {
		e := render(t, settings(), `{"appointment_id": 1, `+zone+` "time": "2031-03-07T05:00:00+05:30", "notify": {}}`)
		if !strings.HasSuffix(e.Subject, want) {
			t.Errorf("%s: %q, want it to end in %q", zone, e.Subject, want)
		}
	}
}

func TestTheCalendarEntryIsStableAcrossVersionsAndAttempts(t *testing.T) {
	r, err := message.New(settings())
	if err != nil {
		t.Fatal(err)
	}
	first := decode(t, `{"appointment_id": 7, "time": "2031-05-06T14:30:00+02:00", "notify": {}, "revision": 1}`)
	moved := decode(t, `{"appointment_id": "7", "time": "2031-05-07T09:00:00+02:00", "notify": {}, "revision": 9999999999}`)
	gone := decode(t, `{"appointment_id": "7", "time": "2031-05-06T14:30:00+02:00", "notify": {}, "revision": 2, "status": "cancelled"}`)
	if a, b := r.Render(first, published), r.Render(first, published.In(time.FixedZone("", 9*3600))); !bytes.Equal(a.Calendar, b.Calendar) {
		t.Error("a second attempt makes other bytes")
	}
	for e, want := range map[*domain.Event][]string{
		first: {"SEQUENCE:1", "DTSTART:20310506T123000Z", "DTEND:20310506T131500Z", "DTSTAMP:20310501T090000Z", "STATUS:CONFIRMED"},
		moved: {"SEQUENCE:2147483647", "DTSTART:20310507T070000Z", "DTEND:20310507T074500Z", "STATUS:CONFIRMED"},
		gone:  {"SEQUENCE:2", "DTSTART:20310506T123000Z", "STATUS:CANCELLED", "TRANSP:TRANSPARENT", "SUMMARY:Cancelled: Appointment: Müller & Söhne Clinic"},
	} {
		file := string(r.Render(e, published).Calendar)
		for _, line := range append(want, "UID:7@mg.clinic.example", "METHOD:PUBLISH") {
			if !strings.Contains(file, "\r\n"+line+"\r\n") {
				t.Errorf("no line %s in\n%s", line, file)
			}
		}
	}
}

// What is published later replaces the entry also without a revision, and a
// an unknown time of publishing replaces nothing.
func TestTheSequenceRisesWithoutARevision(t *testing.T) {
	r, err := message.New(settings())
	if err != nil {
		t.Fatal(err)
	}
	e := decode(t, `{"appointment_id": 7, "time": "2031-05-06T14:30:00+02:00", "notify": {}}`)
	sequence := func(published time.Time) int {
		cal, err := ics.ParseCalendar(bytes.NewReader(r.Render(e, published).Calendar))
		if err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(cal.Events()[0].GetProperty(ics.ComponentPropertySequence).Value)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, unknown := range []time.Time{{}, time.UnixMilli(-1), time.UnixMilli(0)} {
		if n := sequence(unknown); n != 0 {
			t.Errorf("an unknown time has the sequence %d", n)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		first := time.UnixMilli(rapid.Int64Range(946_684_801_000, 3_000_000_000_000).Draw(t, "published"))
		step := time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "later by"))
		before, after := sequence(first), sequence(first.Add(step))
		if before < 1 || after > math.MaxInt32 || after < before || step >= time.Second && after == before {
			t.Fatalf("%s: %d, %s later %d", first, before, step, after)
		}
	})
	if n := sequence(time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)); n != math.MaxInt32 {
		t.Errorf("beyond the range: %d", n)
	}
}

// RFC 5545 has four digits for a year.
func TestATimeThatACalendarCannotWriteLeavesTheFileOut(t *testing.T) {
	for at, written := range map[string]bool{
		"9999-12-31T20:00:00Z":      true,
		"9999-12-31T23:30:00Z":      false, // it ends in the year 10000
		"9999-12-31T23:59:59Z":      false,
		"9999-12-31T20:00:00-05:00": false,
		"0000-01-01T00:00:00+01:00": false,
		"0000-01-01T00:00:00Z":      true,
	} {
		e := render(t, settings(), `{"appointment_id": 1, "time": "`+at+`", "notify": {}}`)
		if got := len(e.Calendar) > 0; got != written {
			t.Errorf("%s: a file is attached: %t", at, got)
		}
		const note = "The attached file adds the appointment to your calendar."
		if strings.Contains(e.Text, note) != written || strings.Contains(e.HTML, note) != written {
			t.Errorf("%s: the text says otherwise:\n%s", at, e.Text)
		}
		for _, status := range domain.AppointmentStatuses() {
			e := render(t, settings(), `{"appointment_id": 1, "time": "`+at+`", "notify": {}, "status": "`+string(status)+`"}`)
			if strings.Contains(e.Text, "\n\n\n") || strings.Contains(e.Text, "attached") != written {
				t.Errorf("%s, %s: a gap, or a file that is not there, in\n%s", at, status, e.Text)
			}
			if mayDelete := strings.Contains(e.Text, "delete the entry"); mayDelete != (status == domain.AppointmentCancelled) {
				t.Errorf("%s, %s: the entry may be deleted: %t\n%s", at, status, mayDelete, e.Text)
			}
		}
	}
}

func TestTheCalendarFileIsWellFormedWhateverTheSettings(t *testing.T) {
	for _, brand := range []string{"Clinic", `Praxis "Süd"; Dr. Müller, Hamburg`, strings.Repeat("ä", 64), strings.Repeat("🦷", 64), "Ünïcødé: 病院", `back\slash`} {
		s := settings()
		s.Brand = brand
		file := render(t, s, inBerlin).Calendar
		if n := bytes.Count(file, []byte("\n")); n != bytes.Count(file, []byte("\r\n")) || bytes.Count(file, []byte("\r")) != n {
			t.Errorf("%s: line ends are not all CRLF", brand)
		}
		for line := range bytes.SplitSeq(file, []byte("\r\n")) {
			if len(line) > 75 {
				t.Errorf("%s: a line of %d bytes", brand, len(line))
			}
		}
		cal, err := ics.ParseCalendar(bytes.NewReader(file))
		if err != nil {
			t.Fatalf("%s: %v", brand, err)
		}
		if got := ics.FromText(cal.Events()[0].GetProperty(ics.ComponentPropertySummary).Value); got != "Appointment: "+brand {
			t.Errorf("summary %q", got)
		}
	}
}

func TestSettingsThatCouldBreakAMessageAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(*message.Settings){
		"no brand":      func(s *message.Settings) { s.Brand = "" },
		"a line break":  func(s *message.Settings) { s.Brand = "Clinic\r\nX: y" },
		"invalid UTF-8": func(s *message.Settings) { s.Brand = "\xff" },
		"no clock":      func(s *message.Settings) { s.Clock = nil },
		"no duration":   func(s *message.Settings) { s.Duration = 0 },
		"backwards":     func(s *message.Settings) { s.Duration = -time.Minute },
		"no domain":     func(s *message.Settings) { s.Domain = "" },
		"no organizer":  func(s *message.Settings) { s.Organizer = "clinic" },
	} {
		s := settings()
		spoil(&s)
		if _, err := message.New(s); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
