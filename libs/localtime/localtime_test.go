package localtime_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime/localtimetest"
)

func decode(t *testing.T, members string) *domain.Event {
	t.Helper()
	event, err := domain.NewDecoder().Decode([]byte(`{"appointment_id": "A", "notify": {}, ` + members + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return event
}

func TestTheEventsZoneComesBeforeTheFallback(t *testing.T) {
	clock := localtimetest.Clock("Asia/Kolkata")
	for event, want := range map[string]string{
		`"time": "2031-07-06T12:30:00Z", "timezone": "Europe/Berlin"`:         "14:30 UTC+02:00",
		`"time": "2031-01-06T12:30:00Z", "timezone": "Europe/Berlin"`:         "13:30 UTC+01:00",
		`"time": "2031-07-06T12:30:00-05:00", "timezone": "UTC"`:              "17:30 UTC",
		`"time": "2031-07-06T12:30:00-05:00", "timezone": null`:               "23:00 UTC+05:30",
		`"time": "2031-07-06T12:30:00-05:00", "timezone": ""`:                 "23:00 UTC+05:30",
		`"time": "2031-07-06T12:30:00-05:00"`:                                 "23:00 UTC+05:30",
		`"time": "2031-07-06T12:30:00-05:00", "timezone": "US/Pacific"`:       "10:30 UTC-07:00",
		`"time": "2031-07-06T12:30:00Z", "timezone": "Asia/Calcutta"`:         "18:00 UTC+05:30",
		`"time": "2031-07-06T12:30:00-05:00", "timezone": "UTC+02:00"`:        "12:30 UTC-05:00",
		`"time": "2031-07-06T12:30:00-05:00", "timezone": "europe/berlin"`:    "12:30 UTC-05:00",
		`"time": "2031-07-06T12:30:00Z", "timezone": "../../etc/passwd"`:      "12:30 UTC",
		`"time": "2031-07-06T12:30:00+05:45", "timezone": "posix/Asia/Tokyo"`: "12:30 UTC+05:45",
	} {
		at := clock.Of(decode(t, event))
		if got := at.Format("15:04 ") + localtime.Offset(at); got != want {
			t.Errorf("%s is shown as %s, want %s", event, got, want)
		}
	}
}

// The rules of 2026, as Python's zoneinfo reads them in edition 2026f. Go's own
// data (time/tzdata of Go 1.26, edition 2025c) is an hour off in all five.
func TestTheRulesAreThoseOf2026(t *testing.T) {
	clock := localtimetest.Clock("UTC")
	for zone, want := range map[string][2]string{
		"America/Vancouver": {"11:00 UTC-07:00", "11:00 UTC-07:00"},
		"Africa/Casablanca": {"18:00 UTC", "18:00 UTC"},
		"America/Winnipeg":  {"13:00 UTC-05:00", "13:00 UTC-05:00"},
		"America/Havana":    {"14:00 UTC-04:00", "14:00 UTC-04:00"},
		"America/Edmonton":  {"12:00 UTC-06:00", "12:00 UTC-06:00"},
	} {
		for i, instant := range []string{"2026-12-15T18:00:00Z", "2027-07-15T18:00:00Z"} {
			at := clock.Of(decode(t, `"time": "`+instant+`", "timezone": "`+zone+`"`))
			if got := at.Format("15:04 ") + localtime.Offset(at); got != want[i] {
				t.Errorf("%s in %s is %s, want %s", instant, zone, got, want[i])
			}
		}
	}
}

func TestWhatCannotBeRightAboutATimeIsSaid(t *testing.T) {
	clock := localtimetest.Clock("Asia/Tokyo")
	for event, want := range map[string]string{
		`"time": "2031-07-06T12:30:00+02:00", "timezone": "Europe/Berlin"`:     "",
		`"time": "2031-01-06T12:30:00+01:00", "timezone": "Europe/Berlin"`:     "",
		`"time": "2031-07-06T12:30:00Z", "timezone": "Europe/Berlin"`:          "",
		`"time": "2031-07-06T12:30:00-00:00", "timezone": "Europe/Berlin"`:     "",
		`"time": "2031-07-06T12:30:00-05:00"`:                                  "",
		`"time": "2031-07-06T12:30:00-05:00", "timezone": ""`:                  "",
		`"time": "2031-07-06T12:30:00+01:00", "timezone": "Europe/Berlin"`:     "record.offset",
		`"time": "2031-01-06T12:30:00+02:00", "timezone": "Europe/Berlin"`:     "record.offset",
		`"time": "2026-12-15T10:00:00-08:00", "timezone": "America/Vancouver"`: "record.offset",
		`"time": "2026-12-15T11:00:00-07:00", "timezone": "America/Vancouver"`: "",
		`"time": "2031-07-06T12:30:00Z", "timezone": "Berlin"`:                 "record.timezone",
		`"time": "2031-07-06T12:30:00+02:00", "timezone": "UTC+02:00"`:         "record.timezone",
		`"time": "2031-07-06T12:30:00+02:00", "timezone": "mara@x.example"`:    "record.timezone",
	} {
		code, detail := clock.Doubt(decode(t, event))
		if code != want || (code == "") != (detail == "") || strings.Contains(detail, "mara") {
			t.Errorf("%s raises %q (%s), want %q", event, code, detail, want)
		}
	}
}

func TestDataIsOutdatedAfterHalfAYear(t *testing.T) {
	day := time.Date(2026, 10, 28, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		edition localtime.Edition
		now     time.Time
		want    bool
	}{
		{localtime.Edition{Version: "2026f", Published: day}, day.AddDate(0, 0, 183), false},
		{localtime.Edition{Version: "2026f", Published: day}, day.AddDate(0, 0, 184), true},
		{localtime.Edition{Version: "2026f"}, day.AddDate(0, 8, 0), false},
		{localtime.Edition{Version: "2026a"}, time.Date(2027, 7, 4, 0, 0, 0, 0, time.UTC), true},
	} {
		if got := c.edition.Outdated(c.now); got != c.want {
			t.Errorf("%s is outdated at %s: %t", c.edition, c.now.Format(time.DateOnly), got)
		}
	}
}
