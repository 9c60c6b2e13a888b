package replay

import (
	"cmp"
	"errors"
	"slices"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// headerRoom is what a replay's headers may take more than its dead letter's,
// and the batch's own header.
const headerRoom = 1 << 10

// The reasons for leaving a dead letter that are not one of its statuses or
// faults.
const (
	LeftTooLarge    = "too_large"
	LeftGone        = "deleted_by_retention"
	LeftNoPartition = "no_such_partition"
	LeftLimit       = "limit"
)

// Plan is what a job would do.
type Plan struct {
	// Items are the dead letters that would be replayed, the oldest first.
	Items []index.Item
	// Left counts what the filter selects and the job would not replay, by reason.
	Left map[string]int
	// Bounds are the ends of the dead-letter topic that the plan is about.
	Bounds map[int32]int64
}

// Matched counts all that the filter selects.
func (p Plan) Matched() int { return len(p.Items) + sum(p.Left) }

// Plan returns what a job for o would replay of what is in x. Statuses that the
// filter names replace "open". What was sent or skipped is never replayed.
func (o Order) Plan(x *index.Index, bounds map[int32]int64, maxBytes int) Plan {
	p := Plan{Left: make(map[string]int), Bounds: bounds}
	everywhere := o.Filter
	everywhere.Statuses = nil
	for _, item := range x.Select(everywhere) {
		switch reason := o.refuse(item, maxBytes); {
		case item.Offset >= bounds[item.Partition]:
		case reason != "":
			p.Left[reason]++
		default:
			p.Items = append(p.Items, item)
		}
	}
	slices.SortFunc(p.Items, func(a, b index.Item) int {
		return cmp.Or(a.FailedAt.Compare(b.FailedAt), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	if o.Limit > 0 && len(p.Items) > o.Limit {
		p.Left[LeftLimit] = len(p.Items) - o.Limit
		p.Items = p.Items[:o.Limit]
	}
	return p
}

// refuse returns why the item is not replayed, or nothing.
func (o Order) refuse(item index.Item, maxBytes int) string {
	switch {
	case item.Fault != "":
		return string(item.Fault)
	case !o.wants(item.Status):
		return string(item.Status)
	case item.Bytes+headerRoom > maxBytes:
		return LeftTooLarge
	}
	return ""
}

func (o Order) wants(s index.Status) bool {
	switch {
	case s == index.StatusSent || s == index.StatusSkipped:
		return false
	case len(o.Filter.Statuses) > 0:
		return o.Filter.Wants(s)
	case len(o.Filter.IDs) > 0:
		return s.Unresolved()
	default:
		return s == index.StatusOpen
	}
}

// ErrNotSingle means that a second send was allowed for something else than one
// unknown outcome.
var ErrNotSingle = errors.New("a second send can be accepted only for one dead letter at a time, of class " +
	string(domain.ClassUnknownOutcome))

// Check tells whether o may be carried out as planned.
func (o Order) Check(p Plan) error {
	if !o.AcceptDuplicate {
		return nil
	}
	if len(p.Items) != 1 || p.Items[0].Class != domain.ClassUnknownOutcome {
		return ErrNotSingle
	}
	return nil
}
