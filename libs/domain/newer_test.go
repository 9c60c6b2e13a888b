package domain_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

var newerNow = time.Date(2031, 5, 4, 9, 0, 0, 0, time.UTC)

// drawVersions draws the events of one appointment on one partition, in the order in
// which they were published. Clocks go back and are unknown as they like.
func drawVersions(t *rapid.T) []domain.Version {
	versions := make([]domain.Version, rapid.IntRange(1, 8).Draw(t, "events"))
	for i := range versions {
		var revision *int64
		if n := rapid.Int64Range(0, 3).Draw(t, "revision"); n > 0 {
			revision = &n
		}
		published := newerNow.Add(time.Duration(rapid.IntRange(-3, 0).Draw(t, "clock")) * time.Hour)
		impossible := []time.Time{{}, time.UnixMilli(-1), time.UnixMilli(0), time.Unix(946_684_799, 0), newerNow.Add(25 * time.Hour)}
		published = rapid.SampledFrom(append(impossible, published, published, published, published)).Draw(t, "timestamp")
		versions[i] = domain.NewVersion(revision, int64(i), published, newerNow)
	}
	return versions
}

// If each event withdrew the next one in a circle, nothing would be sent.
func TestNewerHasNoCycleAndLeavesTheNewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		versions := drawVersions(t)
		reach := make([][]bool, len(versions))
		for i, v := range versions {
			reach[i] = make([]bool, len(versions))
			for j, o := range versions {
				reach[i][j] = v.Newer(o)
			}
		}
		for k := range versions {
			for i := range versions {
				for j := range versions {
					reach[i][j] = reach[i][j] || reach[i][k] && reach[k][j]
				}
			}
		}
		for i := range versions {
			if reach[i][i] {
				t.Fatalf("%+v withdraws itself by way of others", versions[i])
			}
		}
		for _, kind := range []bool{true, false} {
			if n := newestOf(versions, kind); n >= 0 {
				for _, v := range versions {
					if v.Newer(versions[n]) {
						t.Fatalf("%+v is newer than the newest, %+v", v, versions[n])
					}
				}
			}
		}
	})
}

// newestOf returns the highest revision that was published last, or the last event
// without one; -1 if no event is of the kind that revised asks for.
func newestOf(versions []domain.Version, revised bool) int {
	newest := -1
	for i, v := range versions {
		if (v.Revision != nil) == revised && (newest < 0 || !revised || *v.Revision >= *versions[newest].Revision) {
			newest = i
		}
	}
	return newest
}

func TestWhichOfTwoEventsIsNewer(t *testing.T) {
	first, second := int64(1), int64(2)
	early, late := newerNow.Add(-time.Hour), newerNow
	at := func(revision *int64, offset int64, published time.Time) domain.Version {
		return domain.NewVersion(revision, offset, published, newerNow)
	}
	for name, c := range map[string]struct {
		v, o            domain.Version
		newer, recorded bool
	}{
		"the higher revision, published earlier":    {at(&second, 1, early), at(&first, 2, late), true, true},
		"the lower revision, published later":       {at(&first, 2, late), at(&second, 1, early), false, false},
		"the same revision, published later":        {at(&first, 2, late), at(&first, 1, early), true, true},
		"no revisions, published later":             {at(nil, 2, late), at(nil, 1, early), true, true},
		"published later in the same millisecond":   {at(nil, 2, late), at(nil, 1, late), true, true},
		"a clock that went back":                    {at(nil, 2, early), at(nil, 1, late), false, false},
		"a topic that was created again":            {at(nil, 0, late), at(nil, 1, early), false, false},
		"the later one's timestamp is unknown":      {at(nil, 2, time.UnixMilli(-1)), at(nil, 1, late), true, true},
		"the earlier one's timestamp is impossible": {at(nil, 2, early), at(nil, 1, late.Add(25*time.Hour)), true, true},
		"itself":                                     {at(nil, 1, late), at(nil, 1, late), false, false},
		"a revision behind an event without one":     {at(&first, 2, late), at(nil, 1, early), false, true},
		"no revision behind an event with one":       {at(nil, 2, late), at(&second, 1, early), false, true},
		"a revision before an event without one":     {at(&second, 1, early), at(nil, 2, late), false, false},
		"the higher revision with a clock that lies": {at(&second, 2, early), at(&first, 1, late), true, true},
	} {
		if c.v.Newer(c.o) != c.newer || c.v.RecordedNewer(c.o) != c.recorded {
			t.Errorf("%s: newer %v, newer as recorded %v", name, c.v.Newer(c.o), c.v.RecordedNewer(c.o))
		}
	}
}

func TestFactsAreInstantAndCancellation(t *testing.T) {
	decode := func(when, status, email string) domain.Facts {
		e, err := domain.NewDecoder().Decode([]byte(`{"appointment_id":"A","time":"` + when + `","status":"` + status +
			`","email":"` + email + `","notify":{"email":true}}`))
		if err != nil {
			t.Fatal(err)
		}
		return e.Facts()
	}
	base := decode("2031-05-06T09:00:00Z", "confirmed", "a@patients.example")
	for name, c := range map[string]struct {
		facts domain.Facts
		other bool
	}{
		"another recipient":          {decode("2031-05-06T09:00:00Z", "confirmed", "b@patients.example"), false},
		"other words":                {decode("2031-05-06T09:00:00Z", "rescheduled", "a@patients.example"), false},
		"another offset":             {decode("2031-05-06T11:00:00+02:00", "confirmed", "a@patients.example"), false},
		"less than a millisecond":    {decode("2031-05-06T09:00:00.0004Z", "confirmed", "a@patients.example"), false},
		"another instant":            {decode("2031-05-06T09:00:00.001Z", "confirmed", "a@patients.example"), true},
		"a cancellation":             {decode("2031-05-06T09:00:00Z", "cancelled", "a@patients.example"), true},
		"facts that are not known":   {domain.Facts{}, true},
		"the same, however compared": {base, false},
	} {
		if base.Differ(c.facts) != c.other || c.facts.Differ(base) != c.other {
			t.Errorf("%s: differs %v, want %v", name, base.Differ(c.facts), c.other)
		}
	}
}
