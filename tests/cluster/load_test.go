package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

const (
	perSecond    = 30
	appointments = 60
)

// load publishes events all the while, each for both channels and several per
// appointment. Recipients sort in the order of publication.
type load struct {
	s      *harness.System
	client *kgo.Client

	mu        sync.Mutex
	events    []harness.Event
	published []time.Time            // when each was given to the client
	acked     []time.Time            // when each was in the topic for certain
	accepted  map[string][]time.Time // by channel, known when all is over

	stop context.CancelFunc
	done sync.WaitGroup
}

func startLoad(s *harness.System, cluster *kafkatest.Cluster) *load {
	ctx, stop := context.WithCancel(s.T.Context())
	l := &load{s: s, client: cluster.Client(s.T, kgo.DefaultProduceTopic(s.Source)), stop: stop, accepted: map[string][]time.Time{}}
	l.done.Go(func() {
		tick := time.NewTicker(time.Second / perSecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				l.publish()
			case <-ctx.Done():
				return
			}
		}
	})
	return l
}

// publish does not wait: while one partition has no leader the others go on.
func (l *load) publish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.events)
	id := fmt.Sprintf("chaos-%d", n%appointments)
	e := harness.NewSMS(id, n)
	e["email"] = fmt.Sprintf("%s.%06d@patients.example", id, n)
	e["notify"] = map[string]bool{"email": true, "sms": true}
	l.events, l.published, l.acked = append(l.events, e), append(l.published, time.Now()), append(l.acked, time.Time{})
	l.client.Produce(context.Background(), &kgo.Record{Key: []byte(id), Value: harness.JSON(e)}, func(_ *kgo.Record, err error) {
		if err != nil && l.s.T.Context().Err() == nil {
			l.s.T.Errorf("publish: %v", err)
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.acked[n] = time.Now()
	})
}

// end stops publishing, waits until all is acknowledged, and returns what was
// published.
func (l *load) end() []harness.Event {
	l.stop()
	l.done.Wait()
	if err := l.client.Flush(l.s.T.Context()); err != nil {
		l.s.T.Fatal(err)
	}
	return l.events
}
