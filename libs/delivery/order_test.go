package delivery_test

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

func TestTheSameEventIsSentOnce(t *testing.T) {
	inRig(t, func(r *rig) {
		r.want("first", r.outcome(r.event("A")), "sent")
		r.want("at once", r.outcome(r.event("A")), "skipped already_sent")
		<-time.After(time.Hour)
		r.want("an hour later", r.outcome(r.event("A")), "skipped already_sent")
		r.want("another address", r.outcome(r.event("A", with("email", "right@patients.example"))), "sent")
		r.want("another time", r.outcome(r.event("A", at(r.begin.Add(48*time.Hour)))), "sent")
		r.want("calls", len(r.sends), 3)
	})
}

func TestAnOlderEventIsNotSentAfterANewerOne(t *testing.T) {
	for _, newer := range []fake.Kind{"", fake.BadRecipient} { // whatever became of the newer one
		inRig(t, func(r *rig) {
			r.provider.Fail(fake.Fault{Kind: fake.BadRecipient})
			first := r.event("A")
			r.want("the older event fails", r.outcome(first), "dead_lettered recipient_rejected fake.bad_recipient")
			<-time.After(time.Minute)
			second := r.event("A", at(r.begin.Add(48*time.Hour)))
			if newer != "" {
				r.provider.Fail(fake.Fault{Kind: newer})
			}
			r.outcome(second)
			r.want("a replay of the older one", r.outcome(replay(first, domain.ClassRecipientRejected, 1, false)), "skipped superseded")
			r.want("calls", len(r.sends), 2)
			if newer != "" {
				r.want("a replay of the newer one", r.outcome(replay(second, domain.ClassRecipientRejected, 1, false)), "sent")
			}
		})
	}
}

func TestADuplicateDoesNotSupersedeItsLike(t *testing.T) {
	inRig(t, func(r *rig) {
		first := r.event("A")
		for _, rec := range []*ports.Record{first, r.event("A")} {
			r.provider.Fail(fake.Fault{Kind: fake.BadRecipient})
			r.want("the event and its duplicate", r.outcome(rec), "dead_lettered recipient_rejected fake.bad_recipient")
			<-time.After(time.Minute)
		}
		r.want("a replay of the first", r.outcome(replay(first, domain.ClassRecipientRejected, 1, false)), "sent")
	})
}

// A topic that was created again restarts its offsets; a producer's clock may
// go back. Only both together prove that an event is older.
func TestOffsetAndTimeTogetherSayWhatIsOlder(t *testing.T) {
	for what, edit := range map[string]func(*ports.Record){
		"a topic that was created again": func(rec *ports.Record) { rec.Offset = 0 },
		"a clock that went back":         func(rec *ports.Record) { rec.Timestamp = rec.Timestamp.Add(-time.Hour) },
	} {
		inRig(t, func(r *rig) {
			r.want("the first event", r.outcome(r.event("A")), "sent")
			<-time.After(time.Minute)
			second := r.event("A", at(r.begin.Add(48*time.Hour)))
			edit(second)
			r.want(what, r.outcome(second), "sent")
		})
	}
}

func TestRevisionsDecideWhatIsOlder(t *testing.T) {
	inRig(t, func(r *rig) {
		second := r.event("A", with("revision", 2), at(r.begin.Add(48*time.Hour)))
		first := r.event("A", with("revision", 1)) // published in the wrong order
		r.want("revision 2", r.outcome(second), "sent")
		r.want("revision 1, published later", r.outcome(first), "skipped superseded")
	})
}

func TestAMoveBackIsAnnouncedOnlyWithARevision(t *testing.T) {
	for _, c := range []struct {
		revised bool
		back    string
	}{{false, "skipped already_sent"}, {true, "sent"}} {
		inRig(t, func(r *rig) {
			for i, want := range []string{"sent", "sent", c.back} {
				edits := []func(map[string]any){at(r.begin.Add(time.Duration(24+i%2) * time.Hour))}
				if c.revised {
					edits = append(edits, with("revision", i+1))
				}
				r.want("event", r.outcome(r.event("A", edits...)), want)
				<-time.After(time.Minute)
			}
		})
	}
}

func TestWhatTheLedgerCannotRememberIsNeverSentBlind(t *testing.T) {
	const tooOld = "dead_lettered unknown_outcome ledger.too_old"
	inRig(t, func(r *rig) {
		old := r.event("A")
		<-time.After(time.Hour)
		r.reach = time.Now()
		r.want("a redelivered record", r.outcome(old), tooOld)
		r.want("a replay of unknown outcome", r.outcome(replay(old, domain.ClassUnknownOutcome, 1, false)), tooOld)
		r.want("calls", len(r.sends), 0)
		r.want("durable steps", r.journal, "[noted dead letter noted dead letter resolution]")
		r.want("a replay that was surely not accepted", r.outcome(replay(old, domain.ClassRecipientRejected, 1, false)), "sent")
		r.want("a record within reach", r.outcome(r.event("B")), "sent")
	})
}

func TestAgeAndAppointmentLimitWhatIsSent(t *testing.T) {
	inRig(t, func(r *rig) {
		old, past := r.event("A"), r.event("B", at(r.begin.Add(2*time.Hour)))
		<-time.After(2 * time.Hour)
		r.want("an appointment that begins now", r.outcome(past), "skipped appointment_past")
		r.want("an event within its age", r.outcome(old), "sent")
		older := r.event("C")
		<-time.After(3*time.Hour + time.Second)
		r.want("an event that is older", r.outcome(older), "skipped event_too_old")
		r.want("calls", len(r.sends), 1)
	}, func(c *delivery.Config) { c.MaxEventAge = 3 * time.Hour })
}

func TestAnAppointmentThatPassesDuringAWaitIsSkipped(t *testing.T) {
	for _, fault := range []fake.Fault{
		{Kind: fake.BadConfiguration}, {Kind: fake.ServerError}, {Kind: fake.RateLimited, RetryAfter: time.Hour},
	} {
		inRig(t, func(r *rig) {
			r.provider.Judge = func(ports.Notification) *fake.Fault { return &fault }
			r.want(string(fault.Kind), r.outcome(r.event("A", at(r.begin.Add(20*time.Minute)))), "skipped appointment_past")
			r.want("accepted", r.accepted(), 0)
			r.want("dead letters", len(r.dead), 0)
		})
	}
}

// Only a replay that an operator allowed may be a second send, and pressing
// twice is still one.
func TestAnAcceptedDuplicateIsSentOnce(t *testing.T) {
	inRig(t, func(r *rig) {
		rec := r.event("A")
		r.want("the event", r.outcome(rec), "sent")
		r.want("a replay", r.outcome(replay(rec, domain.ClassUnknownOutcome, 1, false)), "skipped already_sent")
		r.want("a replay that may be a duplicate", r.outcome(replay(rec, domain.ClassUnknownOutcome, 2, true)), "sent")
		r.want("pressed twice", r.outcome(replay(rec, domain.ClassUnknownOutcome, 3, true)), "skipped already_sent")
		r.want("accepted", r.accepted(), 2)
	})
}

func TestAnAcceptedDuplicateEndsADoubtThatCannotBeAsked(t *testing.T) {
	inRig(t, func(r *rig) {
		rec := r.event("A")
		r.leave(rec, true)
		r.provider.FailAll(&fake.Fault{Kind: fake.BadMessage}) // the provider can no longer tell
		for n := range 2 {
			r.want("a replay", r.outcome(replay(rec, domain.ClassUnknownOutcome, n+1, false)), "dead_lettered unknown_outcome fake.lookup.bad_message")
		}
		r.provider.FailAll(nil)
		r.reach = time.Now() // and the ledger has forgotten what was before
		r.want("a replay that may be a duplicate", r.outcome(replay(rec, domain.ClassUnknownOutcome, 3, true)), "sent")
	})
}

func TestWhatWouldBeSkippedIsReconciledFirst(t *testing.T) {
	for accepted, want := range map[bool]string{true: "sent", false: "skipped appointment_past"} {
		inRig(t, func(r *rig) {
			rec := r.event("A", at(r.begin.Add(time.Hour)))
			r.leave(rec, accepted)
			<-time.After(2 * time.Hour)
			r.want("an appointment of the past in doubt", r.outcome(rec), want)
			r.want("calls", len(r.sends), 0)
			r.want("durable steps", r.journal, map[bool]string{true: "[sent]", false: "[failed]"}[accepted])
		})
	}
}
