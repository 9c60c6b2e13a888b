package delivery_test

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
)

// corrected is a replay whose value an operator changed.
func (r *rig) corrected(rec *ports.Record, edit ...func(map[string]any)) *ports.Record {
	r.t.Helper()
	right := replay(rec, domain.ClassInvalidEvent, 1, false)
	right.Value = r.event(string(rec.Key), edit...).Value
	return right
}

func unasked(f map[string]any) { f["notify"] = map[string]any{"sms": true} }

// An event that was dead-lettered before any claim is replayed with a corrected
// address after its appointment was cancelled. Whether the cancellation asked for
// this channel does not matter.
func TestACorrectedReplayIsNotSentAfterTheCancellation(t *testing.T) {
	for _, edits := range [][]func(map[string]any){{cancelled}, {cancelled, unasked}, {cancelled, with("email", "not an address")}} {
		inRig(t, func(r *rig) {
			booking := r.event("A", with("email", "not an address"))
			r.want("the booking", r.outcome(booking), "dead_lettered invalid_event event.email")
			<-time.After(time.Minute)
			r.outcome(r.event("A", edits...))
			sends := len(r.sends)
			r.want("its replay", r.outcome(r.corrected(booking)), "skipped superseded")
			r.want("the same with another address", r.outcome(r.corrected(booking, with("email", "new@patients.example"))), "skipped superseded")
			r.want("calls", len(r.sends), sends)
		})
	}
}

func TestACorrectedReplayOfTheNewestEventIsSent(t *testing.T) {
	inRig(t, func(r *rig) {
		r.want("the booking", r.outcome(r.event("A")), "sent")
		moved := r.event("A", at(r.begin.Add(48*time.Hour)), with("email", "not an address"))
		r.want("the move", r.outcome(moved), "dead_lettered invalid_event event.email")
		r.want("its replay", r.outcome(r.corrected(moved, at(r.begin.Add(48*time.Hour)))), "sent")
	})
}

// A relay that repeats itself gives the copy a new offset and the old timestamp. A new
// booking has a later timestamp.
func TestADuplicateOfAWithdrawnEventIsWithdrawnToo(t *testing.T) {
	for what, newer := range map[string]func(*rig){
		"a cancellation":                       func(r *rig) { r.want("it", r.outcome(r.event("A", cancelled)), "sent") },
		"a cancellation that asks for nothing": func(r *rig) { r.want("it", r.outcome(r.event("A", cancelled, unasked)), "skipped not_requested") },
		"a move that is refused": func(r *rig) {
			r.provider.Fail(fake.Fault{Kind: fake.BadRecipient})
			r.outcome(r.event("A", at(r.begin.Add(48*time.Hour))))
		},
		"a move, with no timestamps whatsoever": func(r *rig) { r.want("it", r.outcome(r.event("A", at(r.begin.Add(48*time.Hour)))), "sent") },
	} {
		inRig(t, func(r *rig) {
			booking := r.event("A")
			if what == "a move, with no timestamps whatsoever" {
				booking.Timestamp = time.UnixMilli(-1)
			}
			r.want("the booking", r.withdrawn(booking, 0), "skipped superseded")
			<-time.After(time.Minute)
			newer(r)
			sends := len(r.sends)
			copied := r.event("A")
			copied.Timestamp = booking.Timestamp
			r.want(what+": the relay's duplicate", r.outcome(copied), "skipped superseded")
			r.want(what+": a replay", r.outcome(replay(booking, domain.ClassTransient, 1, false)), "skipped superseded")
			r.want("calls", len(r.sends), sends)
			if booking.Timestamp.UnixMilli() < 0 {
				return
			}
			<-time.After(time.Minute)
			again := r.event("A")
			r.want(what+": booked again", r.outcome(again), "sent")
			r.want(what+": and once", r.outcome(again), "skipped already_sent")
		})
	}
}

// An appointment may have several recipients, one event each. A replay for one of
// them says what the newest event says, too.
func TestRecipientsOfOneAppointmentDoNotSupersedeOneAnother(t *testing.T) {
	for name, revisions := range map[string][2]any{"without revisions": {}, "with one each": {1, 2}, "with the same": {1, 1}, "mixed": {1, nil}} {
		inRig(t, func(r *rig) {
			r.provider.Fail(fake.Fault{Kind: fake.BadRecipient})
			mother := r.event("A", with("email", "mother@patients.example"), with("revision", revisions[0]))
			r.want(name+": the mother", r.outcome(mother), "dead_lettered recipient_rejected fake.bad_recipient")
			<-time.After(time.Minute)
			father := r.event("A", with("email", "father@patients.example"), with("revision", revisions[1]))
			r.want(name+": the father", r.outcome(father), "sent")
			r.want(name+": the mother's replay", r.outcome(replay(mother, domain.ClassRecipientRejected, 1, false)), "sent")
			r.want(name+": replayed again", r.outcome(replay(mother, domain.ClassRecipientRejected, 2, false)), "skipped already_sent")
			<-time.After(time.Minute)
			r.want(name+": cancelled", r.outcome(r.event("A", cancelled, with("revision", 3))), "sent")
			r.want(name+": a corrected replay", r.outcome(r.corrected(mother, with("revision", revisions[0]))), "skipped superseded")
		})
	}
}

// An event that ends without a claim is noted, before its offset moves, if another
// event of its appointment is known. An event that is alone costs nothing.
func TestWhatEndsWithoutAClaimIsNoted(t *testing.T) {
	skipped := map[string]func(*rig) *ports.Record{
		"skipped not_requested":    func(r *rig) *ports.Record { return r.event("A", unasked) },
		"skipped appointment_past": func(r *rig) *ports.Record { return r.event("A", at(r.begin)) },
		"skipped event_too_old": func(r *rig) *ports.Record {
			old := r.event("A", at(r.begin.Add(36*time.Hour)))
			old.Timestamp = old.Timestamp.Add(-2 * time.Hour)
			return old
		},
	}
	for outcome, make := range skipped {
		for known, notes := range map[string]int{"": 0, "in the queue": 1, "in the ledger": 1} {
			inRig(t, func(r *rig) {
				<-time.After(6 * time.Hour)
				task := delivery.NewTask(domain.NewDecoder(), make(r))
				task.Accompanied = func() bool { return known == "in the queue" }
				if known == "in the ledger" {
					earlier := r.event("A", with("email", nil))
					earlier.Timestamp = earlier.Timestamp.Add(-4 * time.Hour)
					r.outcome(earlier)
					r.journal = nil
				}
				o, err := r.work(r.t.Context(), task)
				r.want(outcome, text(o)+fmtError(err), outcome)
				r.want(outcome+", another event "+known+": notes", len(r.journal), notes)
			}, func(c *delivery.Config) { c.MaxEventAge = time.Hour })
		}
	}
}

func fmtError(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestANoteComesBeforeTheDeadLetter(t *testing.T) {
	inRig(t, func(r *rig) {
		r.onWrite = func(what string) error {
			if what == "noted" {
				return ports.ErrFenced
			}
			return nil
		}
		if _, err := r.deliver(r.t.Context(), r.event("A", with("email", nil))); err == nil {
			t.Error("an event ended although its note was not acknowledged")
		}
		r.want("durable steps", r.journal, "[]")
	})
}

// A change back without a revision is not sent, because its message was. That is
// said aloud, once for each change back, and for nothing else.
func TestAChangeBackWithoutARevisionIsSaidAloud(t *testing.T) {
	inRig(t, func(r *rig) {
		first := r.event("A")
		r.want("booked", r.outcome(first), "sent")
		<-time.After(time.Minute)
		r.want("a duplicate", r.outcome(r.event("A")), "skipped already_sent")
		moved := r.event("A", at(r.begin.Add(48*time.Hour)))
		r.want("moved", r.outcome(moved), "sent")
		r.want("moved, a replay", r.outcome(replay(moved, domain.ClassUnknownOutcome, 1, false)), "skipped already_sent")
		r.want("the first one again", r.outcome(first), "skipped already_sent")
		copied := r.event("A")
		copied.Timestamp = first.Timestamp
		r.want("a relay's copy", r.outcome(copied), "skipped already_sent")
		r.want("another recipient of the same", r.outcome(r.event("A", at(r.begin.Add(48*time.Hour)), with("email", "b@patients.example"))), "sent")
		r.want("alerts so far", r.alerted("record.revision"), 0)
		<-time.After(time.Minute)
		back := r.event("A")
		r.want("moved back", r.outcome(back), "skipped already_sent")
		r.want("alerts", r.alerted("record.revision"), 1)
		r.want("redelivered", r.outcome(back), "skipped already_sent")
		r.want("alerts then", r.alerted("record.revision"), 1)
		r.want("a replay of the move", r.outcome(r.corrected(moved, at(r.begin.Add(48*time.Hour)), with("email", "c@patients.example"))), "skipped superseded")
	})
}

func TestAChangeBackWithARevisionRaisesNoAlert(t *testing.T) {
	inRig(t, func(r *rig) {
		for revision, day := range []int{24, 48, 24} {
			r.want("event", r.outcome(r.event("A", with("revision", revision+1), at(r.begin.Add(time.Duration(day)*time.Hour)))), "sent")
			<-time.After(time.Minute)
		}
		r.want("alerts", r.alerted("record.revision"), 0)
	})
}
