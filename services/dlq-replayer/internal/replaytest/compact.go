package replaytest

import (
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

// Compact compacts what has keys, unless a transaction is open. Kafka's cleaner goes
// up to the first open one only; kfake takes a record of it for the latest of its key,
// and has dropped the one before it when the transaction is aborted then, as that of a
// killed process is.
func (r *Broker) Compact() {
	r.Helper()
	if !r.transacting() {
		r.Cluster.Compact()
	}
}

// transacting reports whether a transaction is open that writes about jobs.
func (r *Broker) transacting() bool {
	r.Helper()
	admin := kadm.NewClient(r.client)
	stable, err := admin.ListCommittedOffsets(r.Context(), topics.Resolutions)
	if err != nil {
		r.Fatal(err)
	}
	ends, err := admin.ListEndOffsets(r.Context(), topics.Resolutions)
	if err != nil {
		r.Fatal(err)
	}
	open := false
	ends.Each(func(end kadm.ListedOffset) {
		at, _ := stable.Lookup(end.Topic, end.Partition)
		open = open || at.Offset < end.Offset
	})
	return open
}
