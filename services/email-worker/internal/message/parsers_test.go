package message_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/message"
)

// parsers is the folder of the Python program that reads calendar files.
var parsers = filepath.Join("testdata", "parsers")

// newParsers returns the folder into which pip put the parsers.
func newParsers(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	needed(t, "", "python3", "-m", "pip", "--disable-pip-version-check", "install", "--quiet",
		"--no-deps", "--only-binary=:all:", "--target", folder, "--requirement", filepath.Join(parsers, "requirements.txt"))
	return folder
}

// entry is what a parser sees in a calendar file.
type entry struct {
	Method, UID, Status, Summary, Start string
	Free                                bool
	Sequence                            int
}

// The library that writes the files is not among those that read them.
func TestThreeParsersReadACancelledEntryAsCancelled(t *testing.T) {
	r, err := message.New(settings())
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for i, change := range []string{
		`"time": "2031-05-06T14:30:00+02:00"`,
		`"time": "2031-05-07T09:00:00+02:00", "status": "rescheduled"`,
		`"time": "2031-05-07T09:00:00+02:00", "status": "cancelled"`,
	} {
		e := decode(t, fmt.Sprintf(`{"appointment_id": 7, "notify": {}, "revision": %d, %s}`, i+1, change))
		files = append(files, string(r.Render(e, published).Calendar))
	}
	const uid, summary = "7@mg.clinic.example", "Appointment: Müller & Söhne Clinic"
	want := []entry{
		{"PUBLISH", uid, "CONFIRMED", summary, "2031-05-06T12:30:00+00:00", false, 1},
		{"PUBLISH", uid, "CONFIRMED", summary, "2031-05-07T07:00:00+00:00", false, 2},
		{"PUBLISH", uid, "CANCELLED", "Cancelled: " + summary, "2031-05-07T07:00:00+00:00", true, 3},
	}
	read := readBy(t, newParsers(t), files)
	if len(read) != 3 {
		t.Errorf("%d parsers", len(read))
	}
	for parser, entries := range read {
		if fmt.Sprint(entries) != fmt.Sprint(want) {
			t.Errorf("%s reads\n%v, want\n%v", parser, entries, want)
		}
	}
}

// Every language's file is read as it was meant, its texts included.
func TestThreeParsersReadEveryLanguage(t *testing.T) {
	var files []string
	var want []entry
	everyEmail(t, func(tag string, status domain.AppointmentStatus, e message.Email) {
		at := time.Date(2031, 5, 6, 14, 30, 0, 0, time.FixedZone("", 2*3600))
		said := messagestest.Texts().For(tag).Email(&messages.Mail{Status: status, Brand: settings().Brand, Reference: "x", At: at})
		word := map[domain.AppointmentStatus]string{
			domain.AppointmentConfirmed: "CONFIRMED", domain.AppointmentRescheduled: "CONFIRMED", domain.AppointmentCancelled: "CANCELLED",
		}[status]
		files = append(files, string(e.Calendar))
		want = append(want, entry{"PUBLISH", "A-<1001>;x,y@mg.clinic.example", word, said.Summary, "2031-05-06T12:30:00+00:00", word == "CANCELLED", 3})
	})
	for parser, entries := range readBy(t, newParsers(t), files) {
		for i := range want {
			entries[i].UID = strings.ReplaceAll(entries[i].UID, `\`, "") // one of them leaves escapes in
			if entries[i] != want[i] {
				t.Errorf("%s reads\n%+v, want\n%+v", parser, entries[i], want[i])
			}
		}
	}
}

// readBy returns what each parser sees in each file.
func readBy(t *testing.T, folder string, files []string) map[string][]entry {
	t.Helper()
	python := exec.CommandContext(t.Context(), "python3", filepath.Join(parsers, "read.py"))
	python.Env = append(os.Environ(), "PYTHONPATH="+folder)
	read := map[string][]entry{}
	ask(t, python, files, &read)
	return read
}
