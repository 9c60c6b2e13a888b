package delivery_test

import (
	"errors"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

var errKilled = errors.New("kill -9")

// toldOf returns what was told, as text, with the ids of the provider.
func (r *rig) toldOf() (told []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.told {
		s := string(c.Record.Key) + " " + text(c.Outcome)
		if c.Outcome.ProviderID != "" {
			s += " with an id"
		}
		told = append(told, s)
	}
	return told
}

// killedAt makes the next step of that kind the last thing that a process does.
func (r *rig) killedAt(rec *ports.Record, step string) {
	r.t.Helper()
	r.onWrite = func(what string) error {
		if what == step {
			return errKilled
		}
		return nil
	}
	if _, err := r.deliver(r.t.Context(), rec); !errors.Is(err, errKilled) {
		r.t.Fatalf("it went past %s: %v", step, err)
	}
	r.onWrite = nil
}

func TestAnOutcomeIsToldBehindTheDeadLetterAndBeforeTheResolution(t *testing.T) {
	inRig(t, func(r *rig) {
		r.outcome(r.event("A"))
		r.want("steps of a send", r.steps, "[claimed sent outcome]")
		r.steps = nil
		r.provider.Fail(fake.Fault{Kind: fake.BadRecipient})
		r.outcome(replay(r.event("B"), domain.ClassTransient, 1, false))
		r.want("steps of a replay", r.steps, "[claimed failed dead letter outcome resolution]")
		r.want("told", r.toldOf(), "[A sent with an id B dead_lettered recipient_rejected fake.bad_recipient]")
	})
}

// An event that asked for nothing on the channel is told nothing; whatever else became
// of an event is told.
func TestEveryOutcomeIsToldExceptThatNothingWasAskedFor(t *testing.T) {
	inRig(t, func(r *rig) {
		none := r.event("none", with("notify", map[string]any{"sms": true, "email": false}))
		past, broken := r.event("past", at(r.begin.Add(-time.Hour))), r.event("broken")
		broken.Value = []byte("{")
		for _, rec := range []*ports.Record{none, past, broken} {
			r.outcome(rec)
		}
		r.want("told", r.toldOf(), "[past skipped appointment_past broken dead_lettered invalid_event event.json]")
		if c := r.told[1]; c.Event != nil || c.Channel != domain.Email || !c.At.Equal(time.Now()) {
			t.Errorf("told of what cannot be decoded: %+v", c)
		}
	})
}

// A crash between the ledger and the outcome, or between the outcome and the
// offset: the record comes again and says that it was sent, with the provider's
// id, and not that another had been before it.
func TestASendThatACrashCutOffIsToldAsSent(t *testing.T) {
	for _, step := range []string{"outcome", "resolution"} {
		inRig(t, func(r *rig) {
			rec := replay(r.event("A"), domain.ClassTransient, 1, false)
			r.killedAt(rec, step)
			r.want(step+": the record again", r.outcome(rec), "skipped already_sent")
			for _, told := range r.toldOf() {
				r.want(step+": told", told, "A sent with an id")
			}
			r.want(step+": how often", len(r.told), map[string]int{"outcome": 1, "resolution": 2}[step])
			r.want(step+": resolutions", len(r.resolved), 1)
			r.want(step+": resolved", text(r.resolved[0].Outcome), "sent")
			r.want(step+": calls", len(r.sends), 1)
		})
	}
}

func TestADeadLetterThatACrashCutOffIsToldAfterwards(t *testing.T) {
	inRig(t, func(r *rig) {
		rec := r.event("A")
		for range 2 {
			r.provider.Fail(fake.Fault{Kind: fake.BadRecipient})
		}
		r.killedAt(rec, "outcome")
		r.outcome(rec)
		r.want("dead letters", len(r.dead), 2)
		r.want("told", r.toldOf(), "[A dead_lettered recipient_rejected fake.bad_recipient]")
	})
}

// Only another record of the same key was already sent: a duplicate, however often
// it comes, whichever of the two the provider accepted.
func TestOnlyAnotherRecordOfTheKeyIsToldAsAlreadySent(t *testing.T) {
	inRig(t, func(r *rig) {
		first := r.event("A")
		second := r.event("A")
		r.provider.Fail(fake.Fault{Kind: fake.BadRecipient})
		r.outcome(first)
		r.outcome(second)
		r.killedAt(first, "outcome")
		for _, rec := range []*ports.Record{first, second, replay(first, domain.ClassRecipientRejected, 1, false)} {
			r.outcome(rec)
		}
		r.want("told", r.toldOf(), "[A dead_lettered recipient_rejected fake.bad_recipient A sent with an id "+
			"A skipped already_sent A sent with an id A skipped already_sent]")
		r.want("calls", len(r.sends), 2)
	})
}

// A replay of the record that was sent says so too: a repaired dead letter is sent,
// and stays that however often it is pressed.
func TestAReplayOfWhatWasSentIsToldAsSent(t *testing.T) {
	inRig(t, func(r *rig) {
		rec := r.event("A")
		r.provider.Fail(fake.Fault{Kind: fake.BadRecipient})
		r.outcome(rec)
		r.outcome(replay(rec, domain.ClassRecipientRejected, 1, false))
		r.outcome(replay(rec, domain.ClassRecipientRejected, 2, false))
		r.want("told", r.toldOf(), "[A dead_lettered recipient_rejected fake.bad_recipient A sent with an id A sent with an id]")
	})
}

// The offset waits for the outcome, and nothing else waits with it.
func TestAnOutcomeThatCannotBeWrittenHoldsUpItsRecordOnly(t *testing.T) {
	inRig(t, func(r *rig) {
		mended := make(chan struct{})
		r.onWrite = func(what string) error {
			if what == "outcome" {
				<-mended
			}
			return nil
		}
		for range 3 * 4 { // three times as many as there are slots
			rec := r.event("A" + time.Now().Format("150405"))
			r.others.Go(func() { r.outcome(rec) })
			<-time.After(time.Second)
		}
		r.want("sent meanwhile", r.accepted(), 12)
		r.want("finished meanwhile", len(r.observer.finished), 0)
		close(mended)
		r.others.Wait()
		r.want("finished", len(r.observer.finished), 12)
	})
}

// A later receipt of the message of a doubt that was given up on can prove that it
// was sent: the handle that counts is the claim's, perhaps of another sender.
func TestAMessageWhoseOutcomeStaysUnknownIsToldByItsName(t *testing.T) {
	inRig(t, func(r *rig) {
		r.named = true
		rec := r.event("A")
		r.leave(rec, true)
		r.provider.FailAll(&fake.Fault{Kind: fake.BadMessage})
		r.want("outcome", r.outcome(rec), "dead_lettered unknown_outcome fake.lookup.bad_message")
		r.want("the name", r.told[0].Outcome.ProviderID, "named by "+r.claimOf(rec).Handle)
		r.provider.FailAll(nil)
		r.provider.Fail(fake.Fault{Kind: fake.BadRecipient})
		r.outcome(r.event("B"))
		r.want("the name of what was refused", r.told[1].Outcome.ProviderID, "")
	})
}
