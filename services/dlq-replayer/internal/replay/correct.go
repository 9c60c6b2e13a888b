package replay

import (
	"context"
	"errors"
	"fmt"

	"github.com/kafka-notifications/kafka-notifications/libs/delivery"
	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// Correction is a dead letter's event with another recipient. It is recorded only in
// the replay itself: neither a job nor the audit contains a recipient.
type Correction struct {
	// ID is the dead letter's.
	ID string
	// Verdict is how its replay would end.
	Verdict Verdict
	value   []byte
}

// Errors of refused corrections.
var (
	// ErrNotOneCorrection: a correction was ordered for more or less than one dead
	// letter.
	ErrNotOneCorrection = errors.New("a recipient is corrected for one dead letter at a time, named by its whole id and nothing else")
	// ErrCorrectsDoubt: the message may have been accepted for the old recipient.
	ErrCorrectsDoubt = errors.New("it may have been sent to the recipient that it has: look it up at the provider first")
	// ErrSameRecipient: the correction changes nothing.
	ErrSameRecipient = errors.New("that is the recipient that it has already")
	// ErrNoCorrection: the corrected recipient of a job is lost.
	ErrNoCorrection = errors.New("the corrected recipient is gone with the process that had it, and nothing was sent: order it again")
)

// Correct returns the correction of the one dead letter that p selects. It is refused
// with one of the errors above, index.ErrGone, or the *domain.Failure of a breach of
// the contract. It reads the ledger, because a doubt is recorded under the delivery key
// of the old recipient: under the new key the provider would not be asked about it.
func (c Config) Correct(ctx context.Context, p Plan, recipient string) (*Correction, error) {
	if len(p.Items) != 1 {
		return nil, ErrNotOneCorrection
	}
	item := p.Items[0]
	if item.Class == domain.ClassUnknownOutcome {
		return nil, ErrCorrectsDoubt
	}
	record, err := index.Get(ctx, c.Topics.DLQ, item.Partition, item.Offset, c.Opts...)
	if err != nil {
		return nil, err
	}
	old, ok := p.Order.prospect(domain.NewDecoder(), pick{item, record})
	if !ok {
		return nil, fmt.Errorf("%w: its headers cannot be read", index.ErrGone)
	}
	value, err := domain.Correct(record.Value, item.Channel, recipient)
	if err != nil {
		return nil, err
	}
	changed := *record
	changed.Value = value
	corrected, _ := p.Order.prospect(domain.NewDecoder(), pick{item, &changed})
	verdict, err := c.judgeCorrection(ctx, old, corrected)
	return &Correction{ID: item.ID, Verdict: verdict, value: value}, err
}

func (c Config) judgeCorrection(ctx context.Context, old, corrected prospect) (Verdict, error) {
	ledgers, err := c.readLedgers(ctx, []prospect{old, corrected})
	if err != nil {
		return "", err
	}
	known := ledgers[old.lane()]
	rules := delivery.Config{Channel: old.item.Channel}
	before, after := delivery.Foresee(rules, old.task, known), delivery.Foresee(rules, corrected.task, known)
	switch {
	case before.Doubt:
		return "", ErrCorrectsDoubt
	case before.Key == after.Key:
		return "", ErrSameRecipient
	}
	return c.judge(corrected, known, make(map[domain.Key]bool)), nil
}
