package replaytest

import (
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

// Compact compacts the topics with keys, unless a transaction is open. Kafka's cleaner
// stops at the first open transaction. kfake's does not: it keeps the transaction's
// record as the latest of its key and drops the one before, and if the transaction is
// then aborted, as a killed process's is, both are gone.
func (r *Broker) Compact() {
	r.Helper()
	if !r.transacting() {
		r.Cluster.Compact()
	}
}

// transacting reports whether a transaction of a job is open.
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
