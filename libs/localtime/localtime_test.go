package localtime_test

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
)

func TestTheEventsZoneComesBeforeTheFallback(t *testing.T) {
	kolkata := zone(t, "Asia/Kolkata")
	for _, c := range []struct {
		event string
		want  string
	}{
		{`"time": "2031-07-06T12:30:00Z", "timezone": "Europe/Berlin"`, "14:30 UTC+02:00"},
		{`"time": "2031-01-06T12:30:00Z", "timezone": "Europe/Berlin"`, "13:30 UTC+01:00"},
		{`"time": "2031-07-06T12:30:00-05:00", "timezone": "UTC"`, "17:30 UTC"},
		{`"time": "2031-07-06T12:30:00-05:00", "timezone": null`, "23:00 UTC+05:30"},
		{`"time": "2031-07-06T12:30:00-05:00"`, "23:00 UTC+05:30"},
	} {
		event, err := domain.NewDecoder().Decode([]byte(`{"appointment_id": "A", "notify": {}, ` + c.event + `}`))
		if err != nil {
			t.Fatal(err)
		}
		at := localtime.Of(event, kolkata)
		if got := at.Format("15:04 ") + localtime.Offset(at); got != c.want {
			t.Errorf("%s is shown as %s, want %s", c.event, got, c.want)
		}
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}
