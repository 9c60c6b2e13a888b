package delivery_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// What has no revision must not hide the highest one.
func TestAnOlderRevisionIsNotSentAcrossAnEventWithoutOne(t *testing.T) {
	inRig(t, func(r *rig) {
		day := func(n int) func(map[string]any) { return at(r.begin.Add(time.Duration(24*n) * time.Hour)) }
		r.want("revision 5", r.outcome(r.event("A", with("revision", 5), day(5))), "sent")
		r.want("no revision", r.outcome(r.event("A", day(6))), "sent")
		r.want("revision 3", r.outcome(r.event("A", with("revision", 3), day(3))), "skipped superseded")
		r.want("revision 6", r.outcome(r.event("A", with("revision", 6), day(7))), "sent")
	})
}

func TestAnEventStandsWhereItsNewestCopyWasPublished(t *testing.T) {
	inRig(t, func(r *rig) {
		const failed = "dead_lettered recipient_rejected fake.bad_recipient"
		first := r.event("A")
		for _, rec := range []*ports.Record{first, r.event("A", with("revision", 1), at(r.begin.Add(48*time.Hour))), r.event("A")} {
			r.provider.Fail(fake.Fault{Kind: fake.BadRecipient})
			r.want("refused", r.outcome(rec), failed)
		}
		r.want("a replay of the first", r.outcome(replay(first, domain.ClassRecipientRejected, 1, false)), "sent")
	})
}

// history is one appointment under random events, some refused, some published
// again, some replayed, beside the plain words of the rule.
type history struct {
	deliverer *delivery.Deliverer
	ledger    *ledger.Memory
	refuse    bool
	events    []*seen
	offset    int64
}

// seen is one event and the copies of it.
type seen struct {
	value    []byte
	revision *int64
	// first is where it was first published, newest where the newest copy of it
	// was recorded; 0 while none was.
	first, newest int64
	sent          bool
}

func newHistory() *history {
	h := &history{ledger: ledger.NewMemory()}
	sender := &fake.Sender{Judge: func(ports.Notification) *fake.Fault {
		if h.refuse {
			return &fake.Fault{Kind: fake.BadRecipient}
		}
		return nil
	}}
	none := (*stores)(&rig{})
	h.deliverer = delivery.New(delivery.Config{
		Channel: domain.Email, Timeout: timeout, Settle: settleTime, Visibility: visibility, MaxAttempts: 8, MaxElapsed: time.Hour,
	}, delivery.Deps{
		Sender: sender, DeadLetters: none, Resolutions: none, Observer: ports.NoObserver{},
		Gate: delivery.NewGate(domain.Email, ports.NoObserver{}), Rate: delivery.NewRate(0),
	})
	return h
}

// publish makes an event that differs from all others.
func (h *history) publish(t *rapid.T) {
	e := &seen{}
	fields := map[string]any{
		"appointment_id": "A", "email": "a@patients.example", "notify": map[string]any{"email": true},
		"time": time.Date(2100, 1, 1+len(h.events), 0, 0, 0, 0, time.UTC).Format(time.RFC3339),
	}
	if rapid.Bool().Draw(t, "has a revision") {
		revision := rapid.Int64Range(1, 4).Draw(t, "revision")
		fields["revision"], e.revision = revision, &revision
	}
	e.value, _ = json.Marshal(fields)
	h.events = append(h.events, e)
	e.first = h.offset + 1
	h.copy(t, e)
}

func (h *history) copy(t *rapid.T, e *seen) {
	h.offset++
	h.deliver(t, e, h.offset, nil)
}

func (h *history) replay(t *rapid.T, e *seen) {
	h.deliver(t, e, e.first, &ports.Replay{DeadLetterID: "d", Class: string(domain.ClassRecipientRejected), Count: 1})
}

func (h *history) deliver(t *rapid.T, e *seen, offset int64, replay *ports.Replay) {
	h.refuse = rapid.Bool().Draw(t, "refused")
	origin := ports.Origin{Topic: "t", Offset: offset, Timestamp: time.UnixMilli(1_700_000_000_000 + 1000*offset)}
	rec := &ports.Record{Topic: "t", Offset: offset, Timestamp: origin.Timestamp, Key: []byte("A"), Value: e.value, Replay: replay}
	if replay != nil {
		replay.Origin = origin
	}
	slot, err := delivery.NewSlots(1).Start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	o, err := h.deliverer.Deliver(context.Background(), delivery.NewTask(domain.NewDecoder(), rec), h.ledger, slot)
	if err != nil {
		t.Fatal(err)
	}
	must, may := h.judge(e, offset)
	got, want := text(o), "sent"
	if h.refuse {
		want = "dead_lettered recipient_rejected fake.bad_recipient"
	}
	switch {
	case e.sent:
		want = "skipped already_sent"
	case must, may && got == "skipped superseded":
		want = "skipped superseded"
	default:
		e.newest, e.sent = max(e.newest, offset), !h.refuse
	}
	if got != want {
		t.Fatalf("revision %s at %d: %s, want %s; recorded: %s", number(e.revision), offset, got, want, h)
	}
}

// judge says whether an event must be superseded by what was recorded, and
// whether it may be. Of two events with a revision, and of two without, the
// rule is exact. Where one has none their offsets decide, and the ledger
// compares with the newest of each kind only.
func (h *history) judge(e *seen, offset int64) (must, may bool) {
	place := max(offset, e.newest)
	for _, o := range h.events {
		switch {
		case o == e || o.newest == 0:
		case (o.revision == nil) != (e.revision == nil):
			may = may || o.newest > place
		case o.revision != nil && *o.revision != *e.revision:
			must = must || *o.revision > *e.revision
		default:
			must = must || o.newest > place
		}
	}
	return must, may
}

func (h *history) String() (s string) {
	for _, e := range h.events {
		s += fmt.Sprintf(" %s@%d", number(e.revision), e.newest)
	}
	return s
}

func number(n *int64) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

func TestNoOlderEventIsSentAfterANewerOneWhateverTheMix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := newHistory()
		h.publish(t)
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			e := h.events[rapid.IntRange(0, len(h.events)-1).Draw(t, "which")]
			switch rapid.SampledFrom([]string{"publish", "publish", "copy", "replay"}).Draw(t, "step") {
			case "copy":
				h.copy(t, e)
			case "replay":
				h.replay(t, e)
			default:
				h.publish(t)
			}
		}
		if !slices.ContainsFunc(h.events, func(e *seen) bool { return e.newest > 0 }) {
			t.Fatal("nothing was recorded")
		}
	})
}
