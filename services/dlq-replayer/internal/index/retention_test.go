package index_test

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
)

func TestUnresolvedDeadLettersThatAreAboutToBeDeletedAreWarnedOf(t *testing.T) {
	r := newRig(t)
	for n, age := range []time.Duration{23 * time.Hour, 20 * time.Hour, 22 * time.Hour, time.Hour} {
		record := dead(n)
		record.Timestamp = time.Now().Add(-age)
		r.produce(record)
	}
	r.resolve(envelope.Resolution{ID: id(2), Status: envelope.ResolutionDiscarded})
	day := kadm.AlterConfig{Op: kadm.SetConfig, Name: "retention.ms", Value: kadm.StringPtr("86400000")}
	if _, err := kadm.NewClient(r.client).AlterTopicConfigs(t.Context(), []kadm.AlterConfig{day}, dlq); err != nil {
		t.Fatal(err)
	}
	reader := r.reader(100, nil)
	retention, err := reader.Retention(t.Context())
	if err != nil || retention != 24*time.Hour {
		t.Fatal(retention, err)
	}
	e := reader.Index.Expiring(retention, time.Now())
	if left := time.Until(e.First); e.Count != 2 || left < 50*time.Minute || left > time.Hour || !strings.Contains(e.String(), "2 unresolved") {
		t.Errorf("%+v: %s", e, e)
	}
	if e := reader.Index.Expiring(0, time.Now()); e.Count != 0 || e.String() != "" {
		t.Errorf("kept for ever: %+v", e)
	}
}
