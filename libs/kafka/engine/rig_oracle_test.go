package engine

import (
	"fmt"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// oracle stands beside the broker and checks each commit and each assignment in
// the moment in which it arrives, and in the end what the provider accepted.
type oracle struct {
	provider *provider
	names    map[[16]byte]string

	mu      sync.Mutex
	records map[place]*expected
	next    map[place]int64
	dead    map[death]bool
	// told and resolved are the deliveries and replays of which something was told.
	told     map[death]bool
	resolved map[answered]bool
	commits  map[place]int64
	against  []string
}

// place is a record, or with offset 0 a partition.
type place struct {
	topic     string
	partition int32
	offset    int64
}

// death is a dead letter: of an event, after it was replayed count times.
type death struct {
	origin place
	count  int
}

// expected is a record that must come to an outcome.
type expected struct {
	death
	// replayed is set on a replay, silent on an event that asks for nothing.
	replayed answered
	silent   bool
	// event is the key without the permission for a second send.
	event, key domain.Key
	skipped    bool
}

func watch(r *rig) *oracle {
	o := &oracle{
		provider: r.provider, names: map[[16]byte]string{},
		records: map[place]*expected{}, next: map[place]int64{}, dead: map[death]bool{},
		told: map[death]bool{}, resolved: map[answered]bool{}, commits: map[place]int64{},
	}
	topics, err := r.admin.ListTopics(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	for name, topic := range topics {
		o.names[topic.ID] = name
	}
	r.cluster.Fault(kfake.Fault{
		Keys: []kmsg.Key{kmsg.OffsetCommit, kmsg.SyncGroup, kmsg.Produce}, Count: -1, Observe: true,
		When: func(req kmsg.Request) bool { o.see(req); return true },
	})
	return o
}

// see runs on the broker's goroutine.
func (o *oracle) see(req kmsg.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch req := req.(type) {
	case *kmsg.OffsetCommitRequest:
		for _, t := range req.Topics {
			for _, p := range t.Partitions {
				o.committed(place{o.name(t.Topic, t.TopicID), p.Partition, p.Offset})
			}
		}
	case *kmsg.SyncGroupRequest:
		o.planned(req)
	case *kmsg.ProduceRequest:
		if req.Acks != -1 {
			o.object("a write asks for %d acknowledgements, not for all", req.Acks)
		}
		for _, t := range req.Topics {
			for _, p := range t.Partitions {
				o.wrote(o.name(t.Topic, t.TopicID), p.Records)
			}
		}
	}
}

func (o *oracle) name(topic string, id [16]byte) string {
	if topic != "" {
		return topic
	}
	return o.names[id]
}

func (o *oracle) object(format string, args ...any) {
	if len(o.against) < 10 {
		o.against = append(o.against, fmt.Sprintf(format, args...))
	}
}

// expect notes records that are about to be written.
func (o *oracle) expect(recs ...*kgo.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, rec := range recs {
		partition := place{topic: rec.Topic, partition: rec.Partition}
		o.expectAt(rec, o.next[partition])
		o.next[partition]++
	}
}

func (o *oracle) expectAt(rec *kgo.Record, offset int64) {
	at := place{rec.Topic, rec.Partition, offset}
	record := &ports.Record{Topic: rec.Topic, Partition: rec.Partition, Offset: at.offset, Key: rec.Key, Value: rec.Value}
	e := &expected{death: death{origin: at}}
	if replay, _, err := envelope.Replay(domain.Email, envelope.FromKafka(rec.Headers)); rec.Topic == rigReplay && err == nil {
		record.Replay = replay
		origin := record.Origin()
		e.death = death{place{origin.Topic, origin.Partition, origin.Offset}, record.Replay.Count}
		e.replayed = answered{replay.DeadLetterID, replay.Count}
	}
	if task := delivery.NewTask(domain.NewDecoder(), record); task.Event != nil {
		e.silent = !task.Event.Requested(domain.Email)
		if recipient, err := task.Event.Recipient(domain.Email); err == nil {
			e.key = domain.NewKey(task.Event, domain.Email, recipient)
		}
		e.event = e.key
		if record.Replay != nil && record.Replay.AcceptDuplicate {
			e.key = e.key.ForAcceptedDuplicate(record.Replay.DeadLetterID)
		}
	}
	o.records[at] = e
}

// written checks that they went where they were expected.
func (o *oracle) written(recs ...*kgo.Record) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, rec := range recs {
		if o.records[place{rec.Topic, rec.Partition, rec.Offset}] == nil {
			o.object("a record of %s/%d went to offset %d", rec.Topic, rec.Partition, rec.Offset)
		}
	}
}

// finished is told by workers. Only skips are taken from them: for everything
// else there are witnesses.
func (o *oracle) finished(f ports.Finish) {
	if f.Outcome.Status != domain.StatusSkipped || f.Outcome.Reason == domain.SkipAlreadySent {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if e := o.records[place{f.Record.Topic, f.Record.Partition, f.Record.Offset}]; e != nil {
		e.skipped = true
	}
}

// done reports whether a record has come to an outcome: accepted by the provider,
// in the DLQ, or skipped.
func (o *oracle) done(e *expected) bool {
	return e.skipped || o.dead[e.death] || o.provider.accepted(e.key)
}

// committed checks a commit: every record below it has an outcome, of which those who
// wait for it were told.
func (o *oracle) committed(c place) {
	partition := place{topic: c.topic, partition: c.partition}
	for offset := o.commits[partition]; offset < c.offset; offset++ {
		e := o.records[place{c.topic, c.partition, offset}]
		if e != nil && !o.done(e) {
			o.object("offset %d of %s/%d was committed although %d has no outcome", c.offset, c.topic, c.partition, offset)
		}
		if e != nil && (!e.silent && !o.told[e.death] || e.replayed != answered{} && !o.resolved[e.replayed]) {
			o.object("offset %d of %s/%d was committed although nothing is told of %d", c.offset, c.topic, c.partition, offset)
		}
	}
	o.commits[partition] = max(o.commits[partition], c.offset)
}

// planned checks a plan of the group: lanes are whole and have one owner.
func (o *oracle) planned(req *kmsg.SyncGroupRequest) {
	owner := map[int32]string{}
	for _, m := range req.GroupAssignment {
		var a kmsg.ConsumerMemberAssignment
		if err := a.ReadFrom(m.MemberAssignment); err != nil {
			o.object("an assignment cannot be read: %v", err)
			continue
		}
		halves := map[string][]int32{}
		for _, t := range a.Topics {
			halves[t.Topic] = slices.Sorted(slices.Values(t.Partitions))
		}
		if !slices.Equal(halves[rigSource], halves[rigReplay]) {
			o.object("a member is given %v of the source and %v of the replays", halves[rigSource], halves[rigReplay])
		}
		for _, p := range halves[rigSource] {
			if owner[p] != "" {
				o.object("lane %d is given to two members", p)
			}
			owner[p] = m.MemberID
		}
	}
}
