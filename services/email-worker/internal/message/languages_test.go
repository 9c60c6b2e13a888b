package message_test

import (
	"fmt"
	"html"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/message"
)

// in returns an event with a status, in a language.
func in(tag string, status domain.AppointmentStatus) string {
	return strings.Replace(saying(status), `"revision"`, `"locale": "`+tag+`", "revision"`, 1)
}

// everyEmail calls each with the message of every language and status.
func everyEmail(t *testing.T, each func(tag string, status domain.AppointmentStatus, e message.Email)) {
	t.Helper()
	r, err := message.New(settings())
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range messagestest.Texts().Tags() {
		for _, status := range domain.AppointmentStatuses() {
			each(tag, status, r.Render(decode(t, in(tag, status)), published))
		}
	}
}

func TestEveryLanguageIsAsAgreed(t *testing.T) {
	files := map[string]*strings.Builder{}
	everyEmail(t, func(tag string, status domain.AppointmentStatus, e message.Email) {
		if files[tag] == nil {
			files[tag] = new(strings.Builder)
		}
		fmt.Fprintf(files[tag], "=== %s ===\nSubject: %s\n\n%s\n%s\n%s\n", status, e.Subject, e.Text, strings.ReplaceAll(string(e.Calendar), "\r\n", "\n"), e.HTML)
	})
	for tag, content := range files {
		name := filepath.Join("testdata", "languages", tag+".txt")
		if *update {
			if err := os.WriteFile(name, []byte(content.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := fs.ReadFile(os.DirFS("."), name)
		if err != nil || string(want) != content.String() {
			t.Errorf("%s differs from its golden file (go test -update writes it): %v", name, err)
		}
	}
}

// What a person reads of the page is what stands in the text, in every language.
func TestTextAndHTMLTellTheSameInEveryLanguage(t *testing.T) {
	tags, marks := regexp.MustCompile(`(?s)<style>.*?</style>|<title>.*?</title>|<div style="display:none.*?</div>|<[^>]*>`), strings.NewReplacer("\u200f", "", ":", "")
	words := func(s string) string { return strings.Join(strings.Fields(marks.Replace(s)), " ") }
	everyEmail(t, func(tag string, status domain.AppointmentStatus, e message.Email) {
		page := words(html.UnescapeString(tags.ReplaceAllString(e.HTML, " ")))
		if text := words(e.Text); page != text {
			t.Errorf("%s %s: the page reads\n%s\nand the text\n%s", tag, status, page, text)
		}
		dir := map[bool]string{true: "rtl", false: "ltr"}[tag == "ar"]
		if !strings.Contains(e.HTML, `<html lang="`+tag+`" dir="`+dir+`">`) || strings.Count(e.HTML, "direction:"+dir) != 2 {
			t.Errorf("%s: the page does not say its language and direction", tag)
		}
		turned := map[bool]int{true: 2, false: 0}[dir == "rtl"] // summary and description
		if rtl := dir == "rtl"; strings.HasPrefix(e.Subject, "\u200f") != rtl || strings.Count(string(e.Calendar), ":\u200f") != turned {
			t.Errorf("%s: the subject or the calendar turns", tag)
		}
	})
}
