package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// failing makes the provider refuse an appointment's recipient until it is told
// to stop.
func (r *rig) failing(appointment string) (stop func()) {
	bad := true
	r.provider.script = func(n ports.Notification, _ int) answer {
		if bad && n.Event.AppointmentID == appointment {
			return answer{failure: rejected()}
		}
		return answer{}
	}
	return func() {
		r.provider.mu.Lock()
		defer r.provider.mu.Unlock()
		bad = false
	}
}

// wantResolution checks what the newest resolution says.
func (r *rig) wantResolution(status envelope.ResolutionStatus, reason domain.SkipReason) {
	r.t.Helper()
	all := r.resolutions()
	if len(all) == 0 {
		r.t.Fatal("nothing tells what became of the replay")
	}
	if last := all[len(all)-1]; last.Status != status || last.Reason != string(reason) || last.Job != "job" {
		r.t.Errorf("the replay was %s %s of %q, want %s %s", last.Status, last.Reason, last.Job, status, reason)
	}
}

// Both are at the same time in the same lane's queue of that appointment.
func TestAReplayAndADuplicateAtOnceAreOneSend(t *testing.T) {
	for i := range 5 {
		inRig(t, rigConfig{concurrency: 8}, func(r *rig) {
			heal, at := r.failing("a-0"), tomorrow()
			r.publish(0, "a-0", at)
			w := r.start()
			r.untilDone(time.Minute)
			dead := r.deadLetters()[0]
			heal()
			r.provider.latency = func() time.Duration { return 3 * time.Second }
			if i%2 == 0 { // while nobody reads, so that both are queued together
				_ = w.stop()
			}
			r.replay(dead, false)
			r.publish(0, "a-0", at)
			r.start()
			r.untilDone(time.Minute)
			r.wantDone(1)
			if n := r.outcome(domain.StatusSkipped, domain.SkipAlreadySent); n != 1 {
				t.Errorf("%d were skipped as already sent, want the second one", n)
			}
		})
	}
}

func TestAReplayOfAnOlderEventIsSuperseded(t *testing.T) {
	inRig(t, rigConfig{concurrency: 8}, func(r *rig) {
		heal := r.failing("a-0")
		r.publish(0, "a-0", tomorrow())
		r.start()
		r.untilDone(time.Minute)
		heal()
		r.publish(0, "a-0", tomorrow().Add(time.Hour))
		r.untilDone(time.Minute)
		r.replay(r.deadLetters()[0], false)
		r.untilDone(time.Minute)
		r.wantDone(1)
		r.wantResolution(envelope.ResolutionSkipped, domain.SkipSuperseded)
	})
}

func TestAReplayLeavesWhatBecameOfItBeforeItsOffset(t *testing.T) {
	inRig(t, rigConfig{concurrency: 8}, func(r *rig) {
		heal := r.failing("a-0")
		r.publish(0, "a-0", tomorrow())
		r.start()
		r.untilDone(time.Minute)

		r.replay(r.deadLetters()[0], false)
		r.untilDone(time.Minute)
		r.wantResolution(envelope.ResolutionFailed, "")

		brk, mend := kafkatest.RefuseWrites(r.cluster, rigResolutions)
		brk()
		heal()
		r.replay(r.deadLetters()[1], false)
		r.until(time.Minute, "sent", func() bool { return r.provider.count() == 1 })
		tick(time.Minute)
		if lag := r.lag(); lag != 1 {
			t.Errorf("%d records are not committed, want the replay", lag)
		}
		mend()
		r.untilDone(time.Minute)
		r.wantDone(1)
		r.wantResolution(envelope.ResolutionSent, "")
	})
}

func TestADuplicateThatAnOperatorAllowsIsSentOnce(t *testing.T) {
	inRig(t, rigConfig{concurrency: 8}, func(r *rig) {
		heal := r.failing("a-0")
		r.publish(0, "a-0", tomorrow())
		r.start()
		r.untilDone(time.Minute)
		heal()
		dead := r.deadLetters()[0]
		r.replay(dead, false)
		r.replay(dead, true)
		r.replay(dead, true)
		r.untilDone(time.Minute)
		r.wantDone(2) // once as the event, once as the duplicate that was allowed
		r.wantResolution(envelope.ResolutionSent, "")
	})
}

// The second copy of an event is allowed to be sent twice, then the first is replayed:
// both say the same, so that neither comes too late.
func TestAnAllowedDuplicateIsNoNewerWordThanItsEvent(t *testing.T) {
	inRig(t, rigConfig{concurrency: 8}, func(r *rig) {
		heal, at := r.failing("a-0"), tomorrow()
		r.publish(0, "a-0", at)
		r.publish(0, "a-0", at)
		r.start()
		r.untilDone(time.Minute)
		heal()
		dead := r.deadLetters()
		r.replay(dead[1], true)
		r.untilDone(time.Minute)
		r.replay(dead[0], false)
		r.untilDone(time.Minute)
		r.wantDone(2)
		r.wantResolution(envelope.ResolutionSent, "")
	})
}

// Any other record on the replay topic is dead-lettered as a record of its own, and
// resolves nothing.
func TestWhatIsNoReplayIsADeadLetter(t *testing.T) {
	inRig(t, rigConfig{concurrency: 8}, func(r *rig) {
		r.rejecting("a-0")
		r.publish(0, "a-0", tomorrow())
		w := r.start()
		r.untilDone(time.Minute)
		forSMS := r.deadLetters()[0]
		for i, h := range forSMS.Headers {
			if h.Key == envelope.HeaderChannel {
				forSMS.Headers[i].Value = []byte(domain.SMS)
			}
		}
		plain := r.event(0, "b-0", tomorrow())
		plain.Topic = rigReplay
		r.write(plain)
		r.write(&kgo.Record{Topic: rigReplay, Key: forSMS.Key, Value: forSMS.Value, Headers: forSMS.Headers})
		r.untilDone(time.Minute)
		if n := r.provider.sends(); n != 1 {
			t.Errorf("%d calls, want that of the event", n)
		}
		if got := r.classes(); got[domain.ClassInvalidEvent] != 2 || len(r.resolutions()) != 0 {
			t.Errorf("dead letters %v, resolutions %d", got, len(r.resolutions()))
		}
		_ = w.stop()
	})
}

func TestARecordOfAnotherKeyOrPartitionIsDeliveredWithAWarning(t *testing.T) {
	inRig(t, rigConfig{partitions: 3, concurrency: 8}, func(r *rig) {
		w := r.start()
		for i := range 3 { // the same key on every partition: two of them are wrong
			r.publish(int32(i), "a-0", tomorrow().Add(time.Duration(i)*time.Hour))
			r.untilDone(time.Minute)
		}
		keyless := r.event(0, "b-0", tomorrow())
		keyless.Key = nil
		r.write(keyless)
		r.untilDone(time.Minute)
		warned := map[string]int{}
		for _, code := range w.observer.alerts {
			warned[code]++
		}
		if fmt.Sprint(warned) != "map[record.key:1 record.partition:2]" || r.provider.count() != 4 {
			t.Errorf("%d sent, warnings %v", r.provider.count(), warned)
		}
	})
}

// Whether and when such events are sent is for delivery's tests.
func TestATimestampThatCannotBeIsWarnedAboutOnce(t *testing.T) {
	inRig(t, rigConfig{concurrency: 8}, func(r *rig) {
		tick(48 * time.Hour) // virtual time begins in 2000; a worker would poll all the while
		w := r.start()
		now := time.Now()
		for i, timestamp := range []time.Time{
			now, now.Add(-24 * time.Hour), now.Add(23 * time.Hour), // known
			time.UnixMilli(-1), time.UnixMilli(0), time.UnixMilli(now.Unix()), now.Add(25 * time.Hour), now.AddDate(500, 0, 0),
		} {
			rec := r.event(0, fmt.Sprint("a-", i), tomorrow())
			rec.Timestamp = timestamp
			r.write(rec)
		}
		r.untilDone(time.Minute)
		r.wantDone(8)
		if got := r.alerted("record.timestamp"); got != 5 || len(w.observer.alerts) != 5 {
			t.Errorf("%d warnings of %v, want 5", got, w.observer.alerts)
		}
		_ = w.stop()
	})
}
