package replay

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// Verdict is how the replay of a dead letter would end.
type Verdict string

// The verdicts other than skips, which have the name of their reason.
const (
	VerdictSend  Verdict = "to_send"
	VerdictDoubt Verdict = "in_doubt"
	// VerdictFail: it would be dead-lettered again without any call.
	VerdictFail Verdict = "dead_letter_again"
	VerdictGone Verdict = LeftGone
)

// maxProspects bounds how many dead letters are judged at a time. Each takes about a
// kilobyte while it is judged.
const maxProspects = 10_000

// Forecast is the forecast of a plan, from the ledgers.
type Forecast struct {
	// Of holds the verdict on each dead letter, by id.
	Of map[string]Verdict
	// Unseen counts the dead letters without a verdict, because the time ran out.
	Unseen int
	// Older counts the dead letters to send whose event was published before the ledgers
	// begin: what was sent, moved or cancelled until then is not known any more.
	Older int
}

// Counts counts the verdicts.
func (f Forecast) Counts() map[string]int {
	counts := make(map[string]int)
	for _, v := range f.Of {
		counts[string(v)]++
	}
	return counts
}

// Foresee forecasts, from the ledgers, how the replay of p's dead letters would end. It
// reads the dead letters and their ledgers whole, and writes nothing. A large plan is
// judged in parts; Foresee returns the parts that it reached before ctx's deadline.
func (c Config) Foresee(ctx context.Context, p Plan) (Forecast, error) {
	f := Forecast{Of: make(map[string]Verdict, len(p.Items)), Unseen: len(p.Items)}
	// Of two dead letters with the same key the first is sent, and the second finds
	// that. Both are in the same partition, in which the order of the plan is kept.
	sent := make(map[domain.Key]bool)
	for part := range p.parts() {
		verdicts, older, err := c.foresee(ctx, p.Order, part, sent)
		switch {
		case err != nil && len(f.Of) > 0 && errors.Is(ctx.Err(), context.DeadlineExceeded):
			return f, nil
		case err != nil:
			return Forecast{}, err
		}
		maps.Copy(f.Of, verdicts)
		f.Unseen -= len(part)
		f.Older += older
	}
	return f, nil
}

// parts ranges over the plan's dead letters, partition by partition, in parts that are
// judged at a time. Only a part is copied: an item is large.
func (p Plan) parts() iter.Seq[[]index.Item] {
	order := make([]int, len(p.Items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.Items[a].Partition, p.Items[b].Partition) })
	return func(yield func([]index.Item) bool) {
		for places := range slices.Chunk(order, maxProspects) {
			part := make([]index.Item, len(places))
			for i, at := range places {
				part[i] = p.Items[at]
			}
			if !yield(part) {
				return
			}
		}
	}
}

// foresee judges a part of a plan; sent are the keys that an earlier part sends. older
// is Forecast.Older for the part.
func (c Config) foresee(ctx context.Context, o Order, items []index.Item, sent map[domain.Key]bool) (of map[string]Verdict, older int, err error) {
	of = make(map[string]Verdict, len(items))
	prospects, err := c.prospects(ctx, o, items, of)
	if err != nil {
		return nil, 0, err
	}
	ledgers, err := c.readLedgers(ctx, prospects)
	if err != nil {
		return nil, 0, err
	}
	for _, q := range prospects {
		l := ledgers[q.lane()]
		v := c.judge(q, l, sent)
		if of[q.item.ID] = v; v == VerdictSend && l.beginsAfter(q.item.Origin) {
			older++
		}
	}
	return of, older, nil
}

func (c Config) judge(q prospect, l *knownLedger, sent map[domain.Key]bool) Verdict {
	rules := delivery.Config{Channel: q.item.Channel, MaxEventAge: c.MaxEventAges[q.item.Channel], Allowlist: c.Allowlist}
	p := delivery.Foresee(rules, q.task, l)
	switch {
	case sent[p.Key] && (p.Outcome == nil || p.Doubt):
		return Verdict(domain.SkipAlreadySent)
	case p.Doubt:
		return VerdictDoubt
	case p.Outcome == nil:
		sent[p.Key] = true
		return VerdictSend
	case p.Outcome.Status == domain.StatusSkipped:
		return Verdict(p.Outcome.Reason)
	}
	return VerdictFail
}

// prospect holds the parts of a dead letter that its worker would need to judge it.
type prospect struct {
	item index.Item
	task delivery.Task
}

func (q prospect) lane() lane { return lane{q.item.Channel, q.item.Origin.Partition} }

// prospects reads the dead letters, in the order of items. Dead letters that the topic
// no longer holds get their verdict in of.
func (c Config) prospects(ctx context.Context, o Order, items []index.Item, of map[string]Verdict) (prospects []prospect, err error) {
	picker, err := newPicker(c.Topics.DLQ, items, c.Opts...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	picks, failed := make(chan pick, maxBatch), make(chan error, 1)
	go func() {
		if err := picker.run(ctx, picks); err != nil {
			failed <- err
		}
	}()
	decoder := domain.NewDecoder()
	for {
		select {
		case p, open := <-picks:
			if !open {
				slices.SortFunc(prospects, inOrderOf(items))
				return prospects, nil
			}
			if q, ok := o.prospect(decoder, p); ok {
				prospects = append(prospects, q)
			} else {
				of[p.item.ID] = VerdictGone
			}
		case err := <-failed:
			return nil, err
		}
	}
}

func inOrderOf(items []index.Item) func(a, b prospect) int {
	place := make(map[string]int, len(items))
	for i, item := range items {
		place[item.ID] = i
	}
	return func(a, b prospect) int { return cmp.Compare(place[a.item.ID], place[b.item.ID]) }
}

func (o Order) prospect(decoder *domain.Decoder, p pick) (prospect, bool) {
	if p.record == nil {
		return prospect{}, false
	}
	e, err := envelope.Decode(envelope.FromKafka(p.record.Headers))
	if err != nil {
		return prospect{}, false
	}
	e = e.ReplayedBy("", o.acceptsSecondSend(e.ID, e.Class))
	task := delivery.NewTask(decoder, &ports.Record{
		Topic: p.record.Topic, Partition: p.record.Partition, Offset: p.record.Offset, Timestamp: p.record.Timestamp,
		Key: p.record.Key, Value: p.record.Value, Replay: &ports.Replay{
			DeadLetterID: e.ID, Count: e.ReplayCount, Class: string(e.Class), AcceptDuplicate: e.AcceptDuplicate,
			Origin: e.Origin, FirstFailedAt: e.FirstFailedAt,
		},
	})
	task.Record.Key, task.Record.Value = nil, nil
	return prospect{p.item, task}, true
}

// readLedgers reads the ledgers of the prospects' lanes.
func (c Config) readLedgers(ctx context.Context, prospects []prospect) (map[lane]*knownLedger, error) {
	ledgers := make(map[lane]*knownLedger)
	for _, q := range prospects {
		if ledgers[q.lane()] == nil {
			ledgers[q.lane()] = newKnownLedger()
		}
		if q.task.Event != nil {
			ledgers[q.lane()].wanted[q.task.Event.AppointmentID] = true
		}
	}
	if len(ledgers) == 0 {
		return ledgers, nil
	}
	client, err := kgo.NewClient(c.Opts...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	for _, at := range slices.SortedFunc(maps.Keys(ledgers), lane.compare) {
		if err := ledgers[at].read(ctx, client, c.Topics.LedgerFor(at.channel), at.partition); err != nil {
			return nil, errors.Join(ErrNoForecast, err)
		}
	}
	return ledgers, nil
}

// ErrNoForecast means that the ledgers cannot be read.
var ErrNoForecast = errors.New("the ledgers cannot be read, so it is not known what was sent already")
