package engine

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// TestAnyScheduleLosesAndDoublesNothing runs random histories: events of few
// appointments that move, come twice or are broken; a provider that refuses,
// loses answers and goes down; workers that start, stop, freeze, die and lose
// the broker; a broker that applies writes and says they timed out, stalls one
// ledger or takes smaller batches; an operator who replays. Whatever happens, in the end every record has its outcome.
func TestAnyScheduleLosesAndDoublesNothing(t *testing.T) {
	crowd(t)
	seeded(t, 24, func(t *testing.T, random *rand.Rand) {
		inRig(t, rigConfig{
			partitions: 1 + random.Int32N(3), concurrency: 1 + random.IntN(6), attempts: 4,
			visibility: between(random, time.Minute, 3*time.Minute),
		}, func(r *rig) {
			s := &schedule{rig: r, random: random}
			r.provider.latency = func() time.Duration { return between(random, 10*time.Millisecond, 5*time.Second) }
			r.provider.visibility = 55 * time.Second
			r.provider.script = s.script
			r.start()
			for range 20 {
				s.step()
				tick(between(random, 0, 15*time.Second))
			}
			r.provider.down(false)
			r.heal()
			r.untilDone(time.Hour)
			if lost, disorder := r.oracle.lost(), r.oracle.disorder(); lost > 0 || disorder > 0 {
				t.Errorf("lost %d, out of order %d", lost, disorder)
			}
			s.wantResolved()
		})
	})
}

// schedule is one random history.
type schedule struct {
	*rig
	random *rand.Rand
	moves  [6]int
}

// script lets a key's first sends end badly now and then.
func (s *schedule) script(_ ports.Notification, nth int) answer {
	if nth > 3 {
		return answer{}
	}
	switch s.random.IntN(20) {
	case 0:
		return answer{failure: rejected()}
	case 1:
		return answer{failure: refused()}
	case 2:
		return answer{failure: unanswered()}
	case 3:
		return answer{failure: unanswered(), accepted: true, late: between(s.random, 0, rigSettle)}
	default:
		return answer{}
	}
}

func (s *schedule) step() {
	switch s.random.IntN(12) {
	case 0, 1, 2, 3:
		for range 1 + s.random.IntN(8) {
			s.publishSome()
		}
	case 4, 5, 6:
		s.disturb(s.random)
	case 7:
		s.replaySome()
	case 8:
		s.provider.down(s.random.IntN(3) == 0)
	case 9:
		errors := []*kerr.Error{kerr.RequestTimedOut, kerr.NotLeaderForPartition, kerr.NotEnoughReplicasAfterAppend}
		topics := []string{rigLedger, rigDLQ, rigOutcomes, rigResolutions}
		s.cluster.Fault(kfake.Fault{
			Keys: []kmsg.Key{kmsg.Produce}, Count: 1 + s.random.IntN(4),
			Topic: topics[s.random.IntN(4)], Err: errors[s.random.IntN(3)],
		})
	case 10:
		s.stallALedger()
	case 11:
		w := s.workers[s.random.IntN(len(s.workers))]
		_ = w.producer.SetMaxMessageBytes(map[string]int32{rigLedger: 600 + s.random.Int32N(4000)})
		s.publishSome()
	}
}

// stallALedger lets one lane's ledger take nothing for a while, or refuse it.
func (s *schedule) stallALedger() {
	errors := []*kerr.Error{kerr.NotEnoughReplicas, kerr.NotEnoughReplicas, kerr.MessageTooLarge, kerr.TopicAuthorizationFailed}
	stall := s.cluster.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.Produce}, Count: -1, Topic: rigLedger,
		Partitions: []int32{s.random.Int32N(s.cfg.partitions)}, Err: errors[s.random.IntN(len(errors))],
	})
	time.AfterFunc(between(s.random, time.Millisecond, 20*time.Second), stall.Remove)
	for range 1 + s.random.IntN(8) {
		s.publishSome()
	}
}

// publishSome writes an appointment's next event, perhaps twice, or a broken
// record.
func (s *schedule) publishSome() {
	appointment := s.random.IntN(len(s.moves))
	partition := int32(appointment) % s.cfg.partitions
	if s.random.IntN(10) == 0 {
		s.write(&kgo.Record{Topic: rigSource, Partition: partition, Value: []byte("broken")})
		return
	}
	s.moves[appointment]++
	at := tomorrow().Add(time.Duration(s.moves[appointment]) * time.Hour)
	for range 1 + s.random.IntN(2) {
		s.publish(partition, fmt.Sprintf("a-%d", appointment), at)
	}
}

// replaySome replays a dead letter.
func (s *schedule) replaySome() {
	dead := s.deadLetters()
	if len(dead) == 0 {
		return
	}
	d := dead[s.random.IntN(len(dead))]
	s.replay(d, s.random.IntN(4) == 0)
}

// wantResolved checks that every replay has left what became of it.
func (s *schedule) wantResolved() {
	s.t.Helper()
	resolved := map[string]bool{}
	for _, res := range s.resolutions() {
		count := res.ReplayCount
		if res.Status == envelope.ResolutionFailed {
			count++
		}
		resolved[fmt.Sprint(res.ID, count)] = true
	}
	for _, rec := range kafkatest.ReadAll(s.t, s.opts, rigReplay) {
		e, err := envelope.Decode(envelope.FromKafka(rec.Headers))
		if err != nil {
			s.t.Fatal(err)
		}
		if !resolved[fmt.Sprint(e.ID, e.ReplayCount)] {
			s.t.Errorf("nothing tells what became of replay %d of a dead letter", e.ReplayCount)
		}
	}
}

// disturb does something to one of the workers, or starts another.
func (r *rig) disturb(random *rand.Rand) {
	w := r.workers[random.IntN(len(r.workers))]
	switch random.IntN(5) {
	case 0:
		w.kill()
		r.start()
	case 1:
		w.cut(false)
	case 2:
		w.thaw()
	case 3:
		go func() { _ = w.stop() }()
		r.start()
	default:
		w.freeze()
		time.AfterFunc(between(random, time.Second, time.Minute), w.thaw)
	}
}

// heal ends the faults of disturb and makes sure that a worker runs.
func (r *rig) heal() {
	for _, w := range r.workers {
		w.thaw()
	}
	r.start()
}
