package ledger_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// story draws a log: owners that take over from each other and may write after
// they were deposed, few appointments with few events each, every event
// published and recorded any number of times.
type story struct {
	clock  time.Time
	owners []string
}

const (
	storyAppointments = 3
	storyEvents       = 4
)

func newStory() *story {
	return &story{clock: time.Date(2031, 5, 1, 9, 0, 0, 0, time.UTC), owners: []string{"nobody"}}
}

func appointmentID(i int) string { return fmt.Sprintf("A-%d", i) }

// key is that of one event of an appointment. All keys begin alike, as only a
// broken hash would make them: the index may shorten keys, not mistake them.
func key(appointment, event int) domain.Key {
	return domain.Key{14: byte(appointment + 1), 15: byte(event + 1)}
}

// recipientOf gives two of the events one recipient.
func recipientOf(event int) domain.RecipientTag { return domain.RecipientTag(1 + event/2) }

// fence lets a new owner take over.
func (s *story) fence() ledger.Entry {
	s.owners = append(s.owners, fmt.Sprintf("owner-%d", len(s.owners)))
	return ledger.Entry{Kind: ledger.KindFence, Token: s.owners[len(s.owners)-1], Channel: domain.Email}
}

// record draws a record of the owner or of a deposed one.
func (s *story) record(t *rapid.T) ledger.Entry {
	appointment := rapid.IntRange(0, storyAppointments-1).Draw(t, "appointment")
	event := rapid.IntRange(0, storyEvents-1).Draw(t, "event")
	repeat := rapid.Int64Range(0, 2).Draw(t, "repeat")
	c := ports.Claim{
		Key: key(appointment, event), AppointmentID: appointmentID(appointment),
		Origin: ports.Origin{
			Topic: "appointments.created", Partition: 1, Offset: 10*repeat + int64(event),
			Timestamp: time.UnixMilli(1_930_000_000_000 + repeat*rapid.Int64Range(0, 2).Draw(t, "delay")),
		},
		Facts:  domain.Facts{Instant: time.UnixMilli(1_940_000_000_000 + int64(event)), Cancelled: event == 1},
		Handle: rapid.SampledFrom([]string{"handle", "handle", "handle of another domain"}).Draw(t, "handle"), Lease: 10 * time.Second,
	}
	c.Recipient = recipientOf(event)
	// One appointment has revisions, in another order than the offsets; one has
	// some events with and some without.
	if appointment == 0 || appointment == 1 && event > 0 {
		revision := int64(storyEvents - event)
		c.Revision = &revision
	}
	if rapid.Bool().Draw(t, "tells when the doubt began") {
		c.At = s.clock.Add(-time.Duration(rapid.IntRange(-2, 90).Draw(t, "minutes ago")) * time.Minute)
	} else {
		c.At = s.clock
	}
	code := rapid.SampledFrom([]string{"code", ports.NotedSuperseded}).Draw(t, "code")
	return ledger.Entry{
		Kind: rapid.SampledFrom([]ledger.Kind{
			ledger.KindClaimed, ledger.KindClaimed, ledger.KindSent, ledger.KindFailed, ledger.KindUnknown, ledger.KindNoted,
		}).Draw(t, "kind"),
		Token: s.writer(t), Claim: c, Code: code,
	}
}

// writer is mostly the newest owner.
func (s *story) writer(t *rapid.T) string {
	if rapid.IntRange(0, 3).Draw(t, "deposed") == 0 {
		return rapid.SampledFrom(s.owners).Draw(t, "writer")
	}
	return s.owners[len(s.owners)-1]
}

func TestTheIndexKnowsWhatTheWholeLogSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, index, log := newStory(), ledger.NewIndex(), naive{}
		fold := func(e ledger.Entry) {
			s.clock = s.clock.Add(time.Minute)
			since := s.clock.Add(time.Hour)
			counts := index.Fold(&e, s.clock, since)
			log.fold(e, s.clock, since)
			if want := e.Kind == ledger.KindSent || len(s.owners) > 1 && e.Token == s.owners[len(s.owners)-1]; counts != want {
				t.Fatalf("%s of %s counts: %t, want %t", e.Kind, e.Token, counts, want)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"fence":       func(*rapid.T) { fold(s.fence()) },
			"record":      func(t *rapid.T) { fold(s.record(t)) },
			"record more": func(t *rapid.T) { fold(s.record(t)) },
			"":            func(t *rapid.T) { wantSame(t, index, &log) },
		})
	})
}

func wantSame(t *rapid.T, index *ledger.Index, log *naive) {
	t.Helper()
	keys := 0
	for a := range storyAppointments {
		keys += len(log.last(appointmentID(a)))
		wantSameTold(t, index, log, a)
		for e := range storyEvents {
			got, want := index.LookUp(key(a, e), appointmentID(a)), log.lookUp(key(a, e), appointmentID(a))
			sortClaims(got.Others)
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("appointment %d, event %d:\n got %+v\nwant %+v", a, e, got, want)
			}
		}
	}
	if index.Len() != keys {
		t.Fatalf("%d entries are held for %d keys", index.Len(), keys)
	}
}

func wantSameTold(t *rapid.T, index *ledger.Index, log *naive, appointment int) {
	t.Helper()
	for e := range storyEvents {
		id, to := appointmentID(appointment), recipientOf(e)
		if got, want := index.LastTold(id, to), log.lastTold(id, to).Claim.Facts.Instant; !got.Equal(want) {
			t.Fatalf("recipient %d of appointment %d was last told %s, want %s", to, appointment, got, want)
		}
	}
}

func TestForgettingDropsOnlyWhatIsOldAndSettled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, index, log := newStory(), ledger.NewIndex(), naive{}
		fence := s.fence()
		index.Fold(&fence, s.clock, s.clock)
		log.fold(fence, s.clock, s.clock)
		for range rapid.IntRange(1, 30).Draw(t, "records") {
			s.clock = s.clock.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "hours")) * time.Hour)
			e := s.record(t)
			index.Fold(&e, s.clock, s.clock)
			log.fold(e, s.clock, s.clock)
		}
		limit := s.clock.Add(-time.Duration(rapid.IntRange(-1, 20).Draw(t, "age")) * time.Hour)
		index.Forget(limit)
		held := 0
		for a := range storyAppointments {
			held += wantForgotten(t, index, &log, a, limit)
		}
		if index.Len() > held {
			t.Fatalf("%d entries are held for %d keys", index.Len(), held)
		}
	})
}

// wantForgotten checks one appointment and returns how many keys it may hold.
func wantForgotten(t *rapid.T, index *ledger.Index, log *naive, appointment int, limit time.Time) (held int) {
	t.Helper()
	last, kept := log.last(appointmentID(appointment)), false
	for _, r := range last {
		kept = kept || stateOf(r).InDoubt() || !r.at.Before(limit)
	}
	for e := range storyEvents {
		k := key(appointment, e)
		told := log.lastTold(appointmentID(appointment), recipientOf(e))
		if at := index.LastTold(appointmentID(appointment), recipientOf(e)); !told.at.Before(limit) && !at.Equal(told.Claim.Facts.Instant) {
			t.Fatalf("recipient %d was last told %s, want %s", recipientOf(e), at, told.Claim.Facts.Instant)
		}
		before, after := log.lookUp(k, appointmentID(appointment)), index.LookUp(k, appointmentID(appointment))
		r, known := last[k]
		old := known && r.at.Before(limit)
		switch {
		case !known:
		case !old, before.State.InDoubt():
			held++
			if after.State != before.State || !reflect.DeepEqual(after.Doubt, before.Doubt) {
				t.Fatalf("event %d, not old or in doubt: %v became %v", e, before, after)
			}
		case kept && (before.Unrevised.SameKey || before.Revised.SameKey):
			held++ // the newest events stay for as long as anything of their appointment does
			if !reflect.DeepEqual(after.Unrevised, before.Unrevised) || !reflect.DeepEqual(after.Revised, before.Revised) {
				t.Fatal("a newest event is forgotten while another one is kept")
			}
		case kept && after.State == before.State:
			held++ // it was the newest once, and stays for as long as a newest one would
		case after.State != ports.StateNone:
			t.Fatalf("event %d was last recorded at %s and is still known after forgetting until %s", e, r.at, limit)
		}
	}
	return held
}
