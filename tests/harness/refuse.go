package harness

import (
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// refusing is a limit that every record exceeds. One replica cannot be missing, but
	// a record may be larger than a topic allows.
	refusing = "1"
	// probeHeader marks what Refuse tried to write. Read leaves it out.
	probeHeader = "harness-probe"
)

// Refuse makes Kafka refuse all that is written to the topic, and waits until it does.
// A topic's settings are in force some time after they were accepted: the broker that
// stores the topic reads them as a record of its own, and it may be busy creating other
// topics.
func (s *System) Refuse(topic string) {
	s.T.Helper()
	s.Alter(topic, "max.message.bytes", refusing)
	probe := kgo.Record{Topic: topic, Headers: []kgo.RecordHeader{{Key: probeHeader}}}
	Await(s.T, time.Minute, "Kafka to refuse what is written to "+topic, func() bool {
		try := probe
		return errors.Is(s.Client.ProduceSync(s.T.Context(), &try).FirstErr(), kerr.MessageTooLarge)
	})
}

// Take makes Kafka take again what is written to the topic.
func (s *System) Take(topic string) {
	s.T.Helper()
	s.Alter(topic, "max.message.bytes", "1048588") // the broker's default
}

// isProbe reports whether r was written by Refuse.
func isProbe(r *kgo.Record) bool {
	return len(r.Headers) == 1 && r.Headers[0].Key == probeHeader
}
