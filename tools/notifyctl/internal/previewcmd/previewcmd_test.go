package previewcmd

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
)

func run(t *testing.T, c Command, env config.Env) (string, error) {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := c.Run(&cmdline.Invocation{Env: env, Stdout: &out, Stderr: &out})
	return out.String(), err
}

func TestOneMessageIsShownAsAPatientGetsIt(t *testing.T) {
	out, err := run(t, Command{Channel: []domain.Channel{domain.Email}, Status: []domain.AppointmentStatus{domain.AppointmentCancelled}, Locale: []string{"de_AT"}}, config.Env{"BRAND_NAME": "Praxis Süd"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Subject: Termin abgesagt: Mittwoch, 24. September 2031, 14:30", "Praxis Süd", "STATUS:CANCELLED", "asked for: de_AT"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "--- sms") || strings.Contains(out, "confirmed") {
		t.Errorf("more than was asked for:\n%s", out)
	}
}

func TestAFolderHasEveryMessageAndAnIndex(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "preview")
	if _, err := run(t, Command{All: true, Out: folder}, config.Env{}); err != nil {
		t.Fatal(err)
	}
	index, err := os.ReadFile(filepath.Join(folder, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`src="ar.cancelled.html"`, `src="ar.cancelled.dark.html"`, `lang="ar" dir="rtl"`, "UCS-2, ", "2 of 2 segments", "1 of 1 segments", `sandbox`,
	} {
		if !bytes.Contains(index, []byte(want)) {
			t.Errorf("no %s on the page", want)
		}
	}
	texts, err := messages.BuiltIn(messages.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range texts.Tags() {
		for _, s := range domain.AppointmentStatuses() {
			for _, kind := range []string{".html", ".dark.html", ".txt", ".ics", ".sms.txt"} {
				if info, err := os.Stat(filepath.Join(folder, tag+"."+string(s)+kind)); err != nil || info.Size() == 0 {
					t.Errorf("%s %s %s: %v", tag, s, kind, err)
				}
			}
		}
	}
	dark, err := os.ReadFile(filepath.Join(folder, "de.confirmed.dark.html"))
	if err != nil || bytes.Contains(dark, []byte("prefers-color-scheme")) || !bytes.Contains(dark, []byte("#101418 !important")) {
		t.Errorf("the dark page waits for a dark device: %v", err)
	}
}

func TestTextsOfOnesOwnAreShownAndFaultsNamed(t *testing.T) {
	folder := t.TempDir()
	write := func(content string) {
		if err := os.WriteFile(filepath.Join(folder, "en.toml"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("[email.confirmed]\nsubject = \"See you on {{.Date}} at {{.Time}}\"\n")
	out, err := run(t, Command{Dir: folder}, config.Env{})
	if err != nil || !strings.Contains(out, "Subject: See you on Wednesday, 24 September 2031 at 14:30\n") || !strings.Contains(out, "(MESSAGES_DIR)") {
		t.Errorf("%v\n%s", err, out)
	}
	write("[email.confirmed]\nsubject = \"See you\"\nheading = \"\"\n")
	_, err = run(t, Command{}, config.Env{"MESSAGES_DIR": folder})
	var faults config.Faults
	if !errors.As(err, &faults) || len(faults) != 3 || !strings.Contains(err.Error(), "MESSAGES_DIR en.toml: email.confirmed.subject must have {{.Date}}") {
		t.Errorf("%v", err)
	}
}

func TestATextFromANameThatItCannotShowIsNotShown(t *testing.T) {
	out, err := run(t, Command{}, config.Env{"BRAND_NAME": "さくら歯科"})
	if err != nil || strings.Contains(out, "--- sms") || !strings.Contains(out, "note: no text messages are shown, because SMS_BRAND_NAME") || !strings.Contains(out, "さくら歯科") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestAnEventOfOnesOwnIsShown(t *testing.T) {
	file := filepath.Join(t.TempDir(), "event.json")
	event := `{"appointment_id": "A-1", "time": "2031-01-06T09:00:00Z", "timezone": "Europe/Vienna", "locale": "de-AT", "notify": {}}`
	if err := os.WriteFile(file, []byte(event), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := run(t, Command{Event: file}, config.Env{"SMS_BRAND_NAME": "Sued", "TWILIO_FROM_PHONE": "+4915510000001"})
	if err != nil || !strings.Contains(out, "Montag, 6. Jänner 2031, 10:00 (Europe/Vienna, UTC+01:00)") || !strings.Contains(out, "\nSued: Ihr Termin am Mo 06.01.2031 um 10:00 Uhr") {
		t.Errorf("%v\n%s", err, out)
	}
	if err := (Command{Channel: []domain.Channel{"fax"}}).Validate(); err == nil {
		t.Error("a channel that is none was accepted")
	}
	if err := (Command{Status: []domain.AppointmentStatus{"moved"}}).Validate(); err == nil {
		t.Error("a status that is none was accepted")
	}
}
