package ledgerlog

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// tenure is a ledger on an embedded broker, whose reads can be stalled while its
// appends go on, and another client that writes to it.
type tenure struct {
	*testing.T
	*Ledger
	cluster *kfake.Cluster
	opts    []kgo.Opt
	reads   *kafkatest.Link
	other   *kgo.Client
}

func inTenure(t *testing.T, test func(o *tenure)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var network kfake.VirtualNetwork
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.ListenFn(network.Listen), kfake.SeedTopics(1, topic))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cluster.Close)
		base := []kgo.Opt{kgo.SeedBrokers(cluster.ListenAddrs()...), kgo.DisableClientMetrics()}
		o := &tenure{T: t, cluster: cluster, reads: &kafkatest.Link{Network: &network}}
		o.opts = append(base[:2:2], kgo.Dialer(network.DialContext))
		if o.other, err = kgo.NewClient(append(o.opts, kgo.RecordPartitioner(kgo.ManualPartitioner()))...); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(o.other.Close)
		store := &Store{Topic: topic, Channel: domain.Email, Producer: producer(t, o.opts), Reader: append(base[:2:2], kgo.Dialer(o.reads.Dial))}
		opened, err := store.Open(t.Context(), 0, unseen)
		if err != nil {
			t.Fatal(err)
		}
		o.Ledger = opened
		test(o)
		o.reads.Mend()
		tick(time.Minute)
	})
}

// inTenureEachWay is inTenure for each way to settle a claim.
func inTenureEachWay(t *testing.T, test func(o *tenure, l ports.Ledger)) {
	t.Helper()
	for name, as := range waysToSettle() {
		t.Run(name, func(t *testing.T) {
			inTenure(t, func(o *tenure) { test(o, as(o.Ledger)) })
		})
	}
}

// intrude writes entries as another process would.
func (o *tenure) intrude(entries ...ledger.Entry) {
	o.Helper()
	for _, e := range entries {
		if err := o.other.ProduceSync(o.Context(), &kgo.Record{Topic: topic, Value: e.Marshal()}).FirstErr(); err != nil {
			o.Fatal(err)
		}
	}
}

// cutBefore deletes everything that is in the ledger.
func (o *tenure) cutBefore() {
	o.Helper()
	admin := kadm.NewClient(o.other)
	ends, err := admin.ListEndOffsets(o.Context(), topic)
	if err == nil {
		_, err = admin.DeleteRecords(o.Context(), ends.Offsets())
	}
	if err != nil {
		o.Fatal(err)
	}
}

func keyed(n byte) ports.Claim {
	return ports.Claim{Key: domain.Key{n}, AppointmentID: string('a' + rune(n)), Since: time.Now(), Lease: time.Second}
}

func sentBy(token string, c ports.Claim) ledger.Entry {
	return ledger.Entry{Kind: ledger.KindSent, Token: token, Claim: c, Code: "id"}
}

func (o *tenure) claiming(c ports.Claim) <-chan error {
	result := make(chan error, 1)
	go func() { result <- o.Claim(c) }()
	return result
}

// kinds returns what is in the log, without fences.
func (o *tenure) kinds() (kinds []ledger.Kind) {
	for _, r := range kafkatest.ReadAll(o.T, o.opts, topic) {
		if e, err := ledger.Unmarshal(r.Value); err == nil && e.Kind != ledger.KindFence {
			kinds = append(kinds, e.Kind)
		}
	}
	return kinds
}

// The last records of a deposed owner are known before our next claim counts.
func TestAForeignSentInAGapIsKnown(t *testing.T) {
	inTenure(t, func(o *tenure) {
		o.intrude(sentBy("a zombie's", keyed(1)))
		if err := o.Claim(keyed(2)); err != nil {
			t.Fatal(err)
		}
		if k := o.LookUp(keyed(1).Key, "b"); k.State != ports.StateSent {
			t.Errorf("what a zombie has sent is %s", k.State)
		}
	})
}

// A claim before the foreign fence counts, a claim behind it does not, although
// both wait for one gap to be read.
func TestAForeignFenceStopsWhatIsBehindItAndNothingElse(t *testing.T) {
	inTenure(t, func(o *tenure) {
		o.reads.Stall()
		o.intrude(sentBy("a zombie's", keyed(1)))
		before := o.claiming(keyed(2))
		tick(time.Second)
		o.intrude(ledger.Entry{Kind: ledger.KindFence, Token: "the next owner's", Channel: domain.Email})
		behind := o.claiming(keyed(3))
		tick(time.Second)
		o.reads.Mend()
		if err := <-before; err != nil {
			t.Errorf("the claim before the fence: %v", err)
		}
		if err := <-behind; !errors.Is(err, ports.ErrFenced) {
			t.Errorf("the claim behind the fence: %v", err)
		}
		select {
		case <-o.Broken():
		default:
			t.Error("a fenced ledger is not broken")
		}
	})
}

// A late `sent` is written whatever breaks meanwhile: here its own append is the
// one that is refused, together with a claim.
func TestALateSentIsWrittenWhateverBreaks(t *testing.T) {
	inTenureEachWay(t, func(o *tenure, l ports.Ledger) {
		c := keyed(1)
		if err := o.Claim(c); err != nil {
			t.Fatal(err)
		}
		o.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Err: kerr.TopicAuthorizationFailed, Count: 3})
		refused := o.claiming(keyed(2))
		for _, sent := range []ports.Claim{c, keyed(3)} { // the second finds the ledger failed
			if err := l.Settle(sent, ports.Settlement{State: ports.StateSent, Code: "id"}); !errors.Is(err, kerr.TopicAuthorizationFailed) {
				t.Errorf("a late sent on a ledger that has failed: %v", err)
			}
		}
		if err := <-refused; !errors.Is(err, kerr.TopicAuthorizationFailed) {
			t.Errorf("a claim that was refused: %v", err)
		}
		if kinds := o.kinds(); !slices.Equal(kinds, []ledger.Kind{ledger.KindClaimed, ledger.KindSent, ledger.KindSent}) {
			t.Errorf("the log has %v, want a claim and two sent", kinds)
		}
	})
}

// A `sent` that Kafka acknowledged is not written again because the ledger turns
// out to be another owner's.
func TestASentThatIsWrittenIsNotWrittenAgain(t *testing.T) {
	inTenureEachWay(t, func(o *tenure, l ports.Ledger) {
		c := keyed(1)
		if err := o.Claim(c); err != nil {
			t.Fatal(err)
		}
		o.intrude(ledger.Entry{Kind: ledger.KindFence, Token: "the next owner's", Channel: domain.Email})
		if err := l.Settle(c, ports.Settlement{State: ports.StateSent, Code: "id"}); !errors.Is(err, ports.ErrFenced) {
			t.Errorf("a late sent: %v", err)
		}
		if kinds := o.kinds(); !slices.Equal(kinds, []ledger.Kind{ledger.KindClaimed, ledger.KindSent}) {
			t.Errorf("the log has %v, want a claim and one sent", kinds)
		}
	})
}

// Records that are missing in the log end a read at once or after a while; the wait for
// them is bounded.
func TestWhatTheLogHasLostIsNotWaitedFor(t *testing.T) {
	var truncated *kafkaclient.TruncatedError
	var deleted *kafkaclient.DeletedError
	for name, test := range map[string]func(o *tenure){
		"a fence beyond the end": func(o *tenure) {
			if err := o.load(o.Context(), o.next+5, unseen); !errors.As(err, &truncated) || truncated.End != o.next {
				o.Errorf("loading: %v", err)
			}
		},
		"a fence that another record has replaced": func(o *tenure) {
			o.intrude(sentBy("another's", keyed(1)))
			o.token = "lost"
			if err := o.load(o.Context(), o.next, unseen); !errors.Is(err, ErrFenceLost) {
				o.Errorf("loading: %v", err)
			}
		},
		"a fence that was deleted": func(o *tenure) {
			o.cutBefore()
			if err := o.load(o.Context(), o.next-1, unseen); !errors.Is(err, ErrFenceLost) {
				o.Errorf("loading: %v", err)
			}
		},
		"a gap that was deleted": func(o *tenure) {
			o.reads.Stall()
			o.intrude(sentBy("a zombie's", keyed(1)))
			claimed := o.claiming(keyed(2))
			tick(time.Second)
			o.cutBefore()
			o.reads.Mend()
			if err := <-claimed; !errors.As(err, &deleted) {
				o.Errorf("a claim behind the gap: %v", err)
			}
		},
		"an append below the known end": func(o *tenure) {
			o.next += 5 // as if the log had reached further before its leader was lost
			if err := o.Claim(keyed(1)); !errors.As(err, &truncated) {
				o.Errorf("a claim: %v", err)
			}
			if o.Err() == nil {
				o.Error("the ledger goes on")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inTenure(t, func(o *tenure) {
				begin := time.Now()
				test(o)
				if took := time.Since(begin); took > time.Minute {
					o.Errorf("it took %s", took)
				}
			})
		})
	}
}

// A produce goes on when its caller no longer waits.
func TestAProduceIsNeverCancelled(t *testing.T) {
	inTenure(t, func(o *tenure) {
		stall := o.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Err: kerr.NotEnoughReplicas, Count: -1})
		ctx, cancel := context.WithTimeout(o.Context(), time.Second)
		defer cancel()
		err := o.store.Producer.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("a dead letter")})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the wait ended with %v", err)
		}
		stall.Remove()
		tick(time.Minute)
		records := kafkatest.ReadAll(o.T, o.opts, topic)
		if last := records[len(records)-1]; !strings.Contains(string(last.Value), "dead letter") {
			t.Error("what was handed over was not written")
		}
	})
}
