package index_test

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
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

func TestAReplayWithoutAnAnswerIsUnresolvedAndOpenOnceItsTopicForgotIt(t *testing.T) {
	r := newRig(t)
	hour := map[string]*string{"retention.ms": kadm.StringPtr("3600000")}
	if _, err := kadm.NewClient(r.client).CreateTopics(t.Context(), 3, 1, hour, "replay.email", "replay.sms"); err != nil {
		t.Fatal(err)
	}
	replayed := func(n, count int, ago time.Duration) {
		record := again(n, count)
		record.Timestamp = time.Now().Add(-23 * time.Hour)
		r.produce(record)
		r.resolve(envelope.Resolution{
			ID: id(n), Channel: letter(n).Channel, Status: envelope.ResolutionReplayed, ReplayCount: count, At: time.Now().Add(-ago),
		})
	}
	replayed(1, 0, 59*time.Minute)
	replayed(2, 0, 61*time.Minute)
	replayed(3, 0, 61*time.Minute)
	replayed(4, index.MaxReplays, 61*time.Minute)
	x := r.open(100, index.Topics{Replays: map[domain.Channel]string{domain.Email: "replay.email", domain.SMS: "replay.sms"}}, nil).Index
	want := map[string]index.Status{
		id(1): index.StatusReplaying, id(2): index.StatusOpen, id(3): index.StatusOpen, id(4): index.StatusParked,
	}
	for id, status := range statuses(x) {
		if want[id] != status || x.Status(id, 0) != status && status != index.StatusParked {
			t.Errorf("%s is %s, want %s", id, status, want[id])
		}
	}
	if s := x.Stats(index.Filter{}); s.Depth() != 4 || s.OldestAt.IsZero() || len(s.Unresolved) != 4 {
		t.Errorf("stats: %+v", s)
	}
	if e := x.Expiring(24*time.Hour, time.Now()); e.Count != 4 {
		t.Errorf("about to be lost: %+v", e)
	}
}
