package message_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/message"
)

// parsers is the folder of the Python program that reads calendar files.
var parsers = filepath.Join("testdata", "parsers")

// newParsers returns the folder into which pip put the parsers. Without
// Python's pip, or where no package can be had, the test is skipped, except in
// CI.
func newParsers(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	pip := exec.CommandContext(t.Context(), "python3", "-m", "pip", "--disable-pip-version-check", "install", "--quiet",
		"--no-deps", "--only-binary=:all:", "--target", folder, "--requirement", filepath.Join(parsers, "requirements.txt"))
	said, err := pip.CombinedOutput()
	if err == nil {
		return folder
	}
	switch os.Getenv("CI") {
	case "", "0", "false":
		t.Skipf("the calendar parsers cannot be had: %v\n%s", err, said)
	}
	t.Fatalf("%v\n%s", err, said)
	return ""
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

// readBy returns what each parser sees in each file.
func readBy(t *testing.T, folder string, files []string) map[string][]entry {
	t.Helper()
	asked, err := json.Marshal(files)
	if err != nil {
		t.Fatal(err)
	}
	python := exec.CommandContext(t.Context(), "python3", filepath.Join(parsers, "read.py"))
	python.Env = append(os.Environ(), "PYTHONPATH="+folder)
	python.Stdin, python.Stderr = bytes.NewReader(asked), os.Stderr
	answer, err := python.Output()
	if err != nil {
		t.Fatal(err)
	}
	read := map[string][]entry{}
	if err := json.Unmarshal(answer, &read); err != nil {
		t.Fatal(err)
	}
	return read
}
