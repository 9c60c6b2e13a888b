package dates_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/messages/dates"
)

// What Node's Intl writes was made into a file by `make dates`; `make drift`
// makes it anew and compares.
func TestDatesAreAsIntlWritesThem(t *testing.T) {
	raw, err := os.ReadFile("testdata/intl.json")
	if err != nil {
		t.Fatal(err)
	}
	var written map[string]struct{ Dates, Times []string }
	if err := json.Unmarshal(raw, &written); err != nil {
		t.Fatal(err)
	}
	styles := dates.Styles()
	for _, tag := range append(strings.Fields("en-GB en-US de de-AT fr es it pt pt-BR nl pl tr uk ar"), dates.Tags()...) {
		want, ok := written[tag]
		style, known := styles[tag]
		if tag == dates.House {
			continue
		}
		if !ok || !known || len(want.Dates) != 12*7 || len(want.Times) != 24 {
			t.Errorf("%s: known %t, %d dates, %d times", tag, known, len(want.Dates), len(want.Times))
			continue
		}
		for i, want := range want.Dates {
			at := time.Date(2031, time.Month(i/7+1), i%7+1, 0, 0, 0, 0, time.UTC)
			if got := style.Date(at); got != want {
				t.Errorf("%s: %q, Intl %q", tag, got, want)
			}
		}
		for hour, want := range want.Times {
			if got := style.Clock(time.Date(2031, 1, 1, hour, 5, 0, 0, time.UTC)); got != want {
				t.Errorf("%s: %q, Intl %q", tag, got, want)
			}
		}
	}
}

func TestEnglishWithoutARegionKeepsItsForm(t *testing.T) {
	house := dates.Styles()[dates.House]
	for at := time.Date(-1, 12, 20, 0, 0, 0, 0, time.UTC); at.Year() < 10001; at = at.AddDate(0, 1, 8).Add(11*time.Hour + 7*time.Minute) {
		for got, want := range map[string]string{
			house.Date(at): at.Format("Monday, 2 January 2006"), house.Short(at): at.Format("Mon 2 Jan 2006"), house.Clock(at): at.Format("15:04"),
		} {
			if got != want {
				t.Fatalf("%q, want %q", got, want)
			}
		}
	}
}

func TestAShortDateSaysWhichDayItIs(t *testing.T) {
	at := time.Date(2031, 3, 1, 9, 5, 0, 0, time.UTC)
	for tag, want := range map[string]string{
		"de": "Sa 01.03.2031", "fr": "sam 01/03/2031", "es": "sáb 01/03/2031", "nl": "za 01-03-2031", "pl": "sob 01.03.2031",
		"tr": "Cmt 01.03.2031", "uk": "сб 01.03.2031", "ar": "السبت 01/03/2031", "en-GB": "Sat, 1 Mar 2031", "en-US": "Sat, Mar 1, 2031",
	} {
		style := dates.Styles()[tag]
		if got := style.Short(at); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
	if !slices.Contains(dates.Tags(), "en") {
		t.Error("no English")
	}
}
