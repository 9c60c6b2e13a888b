package index_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

func TestADeadLetterIsOpenUntilAResolutionHasItsCount(t *testing.T) {
	r := newRig(t)
	for n := range 9 {
		r.produce(dead(n))
	}
	resolved := func(n, count int, status envelope.ResolutionStatus) {
		r.resolve(envelope.Resolution{ID: id(n), Status: status, ReplayCount: count, At: start})
	}
	resolved(1, 0, envelope.ResolutionReplayed)
	resolved(2, 1, envelope.ResolutionSent)
	resolved(3, 1, envelope.ResolutionSkipped)
	resolved(4, 0, envelope.ResolutionDiscarded)
	// Failed again, and its worker has said so.
	r.produce(again(5, 1))
	resolved(5, 0, envelope.ResolutionFailed)
	// Failed again, but its worker has yet to say so.
	resolved(6, 0, envelope.ResolutionReplayed)
	r.produce(again(6, 1))
	// A late word about the first replay does not undo a later one.
	r.produce(again(7, index.MaxReplays))
	resolved(7, 4, envelope.ResolutionFailed)
	resolved(7, 2, envelope.ResolutionDiscarded)
	// Sent at the second try of a replay whose first try had left a dead letter;
	// an operator who saw neither discarded the first.
	r.produce(again(8, 1))
	resolved(8, 1, envelope.ResolutionSent)
	resolved(8, 0, envelope.ResolutionDiscarded)
	want := map[string]index.Status{
		id(8): index.StatusSent, id(0): index.StatusOpen, id(1): index.StatusReplaying, id(2): index.StatusSent, id(3): index.StatusSkipped,
		id(4): index.StatusDiscarded, id(5): index.StatusOpen, id(6): index.StatusReplaying, id(7): index.StatusParked,
	}
	for id, status := range statuses(r.load(100)) {
		if want[id] != status {
			t.Errorf("%s is %s, want %s", id, status, want[id])
		}
		delete(want, id)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestTheIndexStaysWithinItsLimitAndForgetsWhatIsResolvedFirst(t *testing.T) {
	r := newRig(t)
	for n := range 30 {
		r.produce(dead(n))
		if n < 10 {
			r.resolve(envelope.Resolution{ID: id(n), Status: envelope.ResolutionSent, ReplayCount: 1})
		}
	}
	x := r.load(12)
	for id, status := range statuses(x) {
		if status != index.StatusOpen {
			t.Errorf("%s is held although it is %s", id, status)
		}
	}
	if held, limit, left := x.Size(); held != 12 || limit != 12 || left != 8 || x.Stats(index.Filter{}).Depth() != 20 || x.Roomy() {
		t.Errorf("held %d of %d, left out %d", held, limit, left)
	}
}

func TestTheEndIsReachedBehindTransactionsAndInEmptyPartitions(t *testing.T) {
	r := newRig(t)
	txn := r.newClient(kgo.TransactionalID("test"))
	for _, end := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort} {
		if err := txn.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		n := 3
		if end == kgo.TryAbort {
			n = 6
		}
		key, value, err := envelope.EncodeResolution(envelope.Resolution{ID: id(n), Status: envelope.ResolutionReplayed})
		if err != nil {
			t.Fatal(err)
		}
		if err := txn.ProduceSync(t.Context(), dead(n), &kgo.Record{Topic: topics.Resolutions, Key: key, Value: value}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := txn.EndTransaction(t.Context(), end); err != nil {
			t.Fatal(err)
		}
	}
	got := statuses(r.load(10))
	if len(got) != 1 || got[id(3)] != index.StatusReplaying {
		t.Errorf("read %v, want only the committed %s", got, id(3))
	}
}

func TestWhateverLiesInTheTopicIsListed(t *testing.T) {
	r := newRig(t)
	header := func(key, value string) kgo.RecordHeader { return kgo.RecordHeader{Key: key, Value: []byte(value)} }
	broken := dead(0)
	broken.Headers = append(broken.Headers, header("dlq-original-offset", "many"))
	unknown := letter(3)
	unknown.Channel = "fax"
	cut := dead(5)
	cut.Headers = append(cut.Headers, header(envelope.HeaderTruncated, "2000000"))
	// What a producer says of its own value is not what we say.
	whole := letter(2)
	whole.Record.Headers = []ports.Header{{Key: envelope.HeaderTruncated, Value: []byte("7")}}
	records := []*kgo.Record{
		dead(1), broken, envelope.Record(dlq, unknown, "workers"), cut, envelope.Record(dlq, whole, "workers"),
		{Headers: []kgo.RecordHeader{header("kafka_dlt-original-topic", "orders"), header("kafka_dlt-original-offset", "\x00\x00\x00\x00\x00\x00\x00\x07")}},
		{Headers: []kgo.RecordHeader{header("__connect.errors.topic", "orders"), header("__connect.errors.exception.message", "no \xff")}},
		{Headers: []kgo.RecordHeader{header("__streams.errors.topic", "orders")}},
		{},
		{Key: []byte("\xff\x00"), Value: []byte(strings.Repeat("[", 900_000)), Headers: []kgo.RecordHeader{header(strings.Repeat("h", 5000), "")}},
	}
	for _, record := range records {
		record.Topic = dlq
		r.produce(record)
	}
	faults := make(map[index.Fault]int)
	schemes := make(map[envelope.Scheme]int)
	for _, item := range r.load(100).Select(index.Filter{}) {
		faults[item.Fault]++
		schemes[item.Scheme]++
		if item.Status != index.StatusOpen || len(item.ID) != 32 {
			t.Errorf("%+v", item)
		}
	}
	if faults[""] != 2 || faults[index.FaultTruncated] != 1 || faults[index.FaultMalformed] != 1 || faults[index.FaultUnknownChannel] != 1 || faults[index.FaultForeign] != 5 {
		t.Errorf("faults: %v", faults)
	}
	if schemes[envelope.SchemeSpring] != 1 || schemes[envelope.SchemeConnect] != 1 || schemes[envelope.SchemeStreams] != 1 || schemes[envelope.SchemeNone] != 2 {
		t.Errorf("schemes: %v", schemes)
	}
}

func TestStatsCountWhatNeedsSomebody(t *testing.T) {
	r := newRig(t)
	for n := range 20 {
		r.produce(dead(n))
	}
	r.resolve(envelope.Resolution{ID: id(0), Status: envelope.ResolutionSent, ReplayCount: 1})
	s := r.load(100).Stats(index.Filter{})
	if s.Depth() != 19 || s.ByStatus[index.StatusSent] != 1 || !s.Oldest.Equal(start.Add(time.Minute)) || s.OldestAt.IsZero() {
		t.Errorf("stats: %+v", s)
	}
	// Channel and class both follow from n, so that there are four groups.
	if len(s.Unresolved) != 4 || s.Unresolved[0].Count != 5 || s.Unresolved[3].Count != 4 || s.Unresolved[3].Class != domain.Classes()[0] {
		t.Errorf("groups: %+v", s.Unresolved)
	}
}

func TestAFilterSelectsByEveryField(t *testing.T) {
	r := newRig(t)
	for n := range 12 {
		r.produce(dead(n))
	}
	x := r.load(100)
	partition, offset := int32(2), int64(1)
	for name, c := range map[string]struct {
		filter index.Filter
		want   int
	}{
		"channel":     {index.Filter{Channels: []string{"sms"}}, 6},
		"class":       {index.Filter{Classes: []string{"invalid_event", "recipient_rejected"}}, 6},
		"code":        {index.Filter{Codes: []string{"provider.401"}}, 3},
		"id":          {index.Filter{IDs: []string{id(5)}}, 1},
		"partition":   {index.Filter{Partition: &partition}, 4},
		"place":       {index.Filter{Partition: &partition, Offset: &offset}, 1},
		"appointment": {index.Filter{Appointment: "a-1"}, 1},
		"text":        {index.Filter{Text: "PROVIDER.402"}, 3},
		"not values":  {index.Filter{Text: "mara"}, 0},
		"since":       {index.Filter{Since: start.Add(9 * time.Minute)}, 3},
		"until":       {index.Filter{Until: start.Add(9 * time.Minute)}, 9},
		"status":      {index.Filter{Statuses: []index.Status{index.StatusSent}}, 0},
		"all agree":   {index.Filter{Channels: []string{"sms"}, Classes: []string{"invalid_event"}}, 0},
	} {
		if got := len(x.Select(c.filter)); got != c.want {
			t.Errorf("%s: %d selected, want %d", name, got, c.want)
		}
	}
}

// Asked for one part after another, a search would spell out what is never shown.
func TestNoSearchSpellsOutARecipient(t *testing.T) {
	r := newRig(t)
	d := letter(0)
	d.Record.Key = []byte("for-mara@clinic.example")
	d.Record.Value = []byte(`{"appointment_id":"15550100001-7","email":"Mara@Clinic.example","phone_e164":"+15550100001"}`)
	r.produce(envelope.Record(dlq, d, "workers"))
	x := r.load(100)
	for text, want := range map[string]int{"for-m": 0, "mara": 0, "clinic.ex": 0, "155501": 0, "0001-7": 0, "provider.400": 1} {
		if got := len(x.Select(index.Filter{Text: text})); got != want {
			t.Errorf("%s: %d selected, want %d", text, got, want)
		}
	}
	if got := len(x.Select(index.Filter{Appointment: "15550100001-7"})); got != 1 {
		t.Errorf("by its whole id: %d selected", got)
	}
}

// An id may have 256 characters, of up to four bytes each.
func TestAnAppointmentOfTheLongestNameIsSelected(t *testing.T) {
	r := newRig(t)
	long := strings.Repeat("\U0001f4c5", 255)
	for n, last := range []string{"a", "b"} {
		d := letter(n)
		d.Record.Key = []byte(long + last)
		d.Record.Value = fmt.Appendf(nil, `{"appointment_id":%q}`, long+last)
		r.produce(envelope.Record(dlq, d, "workers"))
	}
	x := r.load(100)
	for n, last := range []string{"a", "b"} {
		if found := x.Select(index.Filter{Appointment: long + last}); len(found) != 1 || found[0].ID != id(n) || found[0].AppointmentID != long+last {
			t.Errorf("%d dead letters are selected", len(found))
		}
	}
}

func TestFollowingSeesWhatComesAndForgetsWhatGoes(t *testing.T) {
	r := newRig(t)
	r.produce(dead(0), dead(3))
	seen := make(chan string, 1)
	reader := r.reader(100, func(r *kgo.Record) { seen <- string(r.Key) })
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- reader.Follow(ctx) }()
	r.produce(dead(1))
	r.resolve(envelope.Resolution{ID: id(0), Status: envelope.ResolutionDiscarded})
	if key := <-seen; key != id(0) {
		t.Errorf("saw %s", key)
	}
	for len(statuses(reader.Index)) < 3 { // dead(1) comes from another partition
		if ctx.Err() != nil {
			t.Fatal("the new dead letter was not seen")
		}
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	reader.Index.Trim(map[int32]int64{0: 1})
	want := map[string]index.Status{id(3): index.StatusOpen, id(1): index.StatusOpen}
	if got := statuses(reader.Index); len(got) != 2 || got[id(3)] != want[id(3)] || got[id(1)] != want[id(1)] {
		t.Errorf("left: %v", got)
	}
}

func TestADeadLetterIsReadWholeOnDemand(t *testing.T) {
	r := newRig(t)
	r.produce(dead(0), dead(3), dead(6))
	record, err := index.Get(t.Context(), dlq, 0, 1, r.seed)
	if err != nil || string(record.Value) != string(letter(3).Record.Value) {
		t.Errorf("%v, %v", record, err)
	}
	for _, start := range []int64{2, 3} { // The second leaves nothing in the partition.
		if _, err := kadm.NewClient(r.client).DeleteRecords(t.Context(), kadm.Offsets{dlq: {0: {Topic: dlq, At: start}}}); err != nil {
			t.Fatal(err)
		}
		if _, err := index.Get(t.Context(), dlq, 0, 1, r.seed); !errors.Is(err, index.ErrGone) {
			t.Errorf("a deleted one: %v", err)
		}
	}
	if _, err := index.Get(t.Context(), dlq, 0, 99, r.seed); !errors.Is(err, index.ErrGone) {
		t.Errorf("one that never was: %v", err)
	}
}

func TestPagesAreTheListInParts(t *testing.T) {
	x := index.New(10_000)
	const letters = 3000
	for i := range letters {
		r := dead(i * 7 % letters)
		r.Offset = int64(i)
		x.AddDeadLetter(r)
	}
	all := x.Select(index.Filter{})
	var paged []index.Item
	for from := 0; ; from += 400 {
		p := x.Page(index.Filter{}, from, 400)
		if p.Total != letters || p.Held != letters {
			t.Fatalf("total %d, held %d", p.Total, p.Held)
		}
		if len(p.Items) == 0 {
			break
		}
		paged = append(paged, p.Items...)
	}
	if !slices.EqualFunc(all, paged, func(a, b index.Item) bool { return a.ID == b.ID }) {
		t.Errorf("%d in pages, %d in the list", len(paged), len(all))
	}
}
