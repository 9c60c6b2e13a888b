package message_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime/localtimetest"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/gsm"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/message"
)

var update = flag.Bool("update", false, "write the golden file")

func TestEveryLanguageIsAsAgreed(t *testing.T) {
	r := renderer(t, "Clinic Nord", "UTC")
	var said strings.Builder
	for _, tag := range messagestest.Texts().Tags() {
		for _, status := range domain.AppointmentStatuses() {
			e := eventOf(t, status, "2031-07-06T12:30:00Z", "Europe/Berlin")
			e.Locale = tag
			text := r.Render(e, reference)
			count := gsm.TollFree().Count(text)
			fmt.Fprintf(&said, "%-5s %-11s %s %3d units, segments %d: %s\n", tag, status, count.Encoding, count.Units, count.Segments, text)
		}
	}
	name := filepath.Join("testdata", "languages.txt")
	if *update {
		if err := os.WriteFile(name, []byte(said.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(name); err != nil || string(want) != said.String() {
		t.Errorf("%s is not what is said (go test -update writes it): %v\n%s", name, err, said.String())
	}
}

// Whatever the brand, the time and the zone: each language keeps the segments
// that it promises, and the reference is found as a look-up reads it. What is
// written in UCS-2 stands as it was written.
func TestEveryTextOfEveryLanguageKeepsItsSegments(t *testing.T) {
	texts, names := messagestest.Texts(), zones()
	clocks := map[string]*localtime.Clock{}
	for _, name := range names {
		clocks[name] = localtimetest.Clock(name)
	}
	rapid.Check(t, func(t *rapid.T) {
		brand := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-zÄÖÜ€]{48,64}`), rapid.StringMatching(`[A-Za-zÄ-ü €{}~]{1,64}`), rapid.StringMatching(`[a-z]{1,20}🦷{0,30}`)).Draw(t, "brand")
		limits := rapid.SampledFrom([]gsm.Limits{gsm.TollFree(), gsm.Standard()}).Draw(t, "limits")
		r, err := message.New(message.Settings{Brand: brand, Texts: texts, Clock: clocks["UTC"], Limits: limits})
		if err != nil {
			t.Skip("no brand that can be shown")
		}
		at := time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, "at"), 0).UTC().Format(time.RFC3339)
		e := eventOf(t, rapid.SampledFrom(domain.AppointmentStatuses()).Draw(t, "status"), at, rapid.SampledFrom(append(names, "", "Europe/Atlantis")).Draw(t, "zone"))
		e.Locale = rapid.SampledFrom(texts.Tags()).Draw(t, "locale")
		text := r.Render(e, reference)
		most, encoding := 1, gsm.GSM7
		if e.Locale == "uk" || e.Locale == "ar" {
			most, encoding = 2, gsm.UCS2
		}
		if count := limits.Count(text); count.Encoding != encoding || count.Segments > most || !domain.ReferenceIn(text, reference) || !strings.HasSuffix(text, "STOP") && !strings.Contains(text, "STOP to opt out.") {
			t.Fatalf("%+v: %q", count, text)
		}
		begin, _, _ := strings.Cut(strings.TrimPrefix(text, "\u200f"), ": ")
		if encoding == gsm.UCS2 && !strings.HasPrefix(strings.TrimSpace(strings.ToValidUTF8(brand, "\ufffd")), strings.TrimSpace(begin)) && !strings.ContainsFunc(brand, hidden) && !strings.Contains(brand, ": ") {
			t.Fatalf("the brand %q became %q", brand, begin)
		}
	})
}

// hidden reports what is dropped from a brand: control characters, and those
// that turn the direction.
func hidden(r rune) bool {
	return r < ' ' || 0x7f <= r && r <= 0x9f || 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069
}
