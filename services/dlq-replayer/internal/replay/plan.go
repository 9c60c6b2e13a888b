package replay

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// headerRoom is how much larger a replay may be than its dead letter, because of its
// headers and the batch's own header.
const headerRoom = 1 << 10

// Further reasons for leaving a dead letter, in addition to its statuses and faults.
const (
	LeftTooLarge    = "too_large"
	LeftGone        = "deleted_by_retention"
	LeftNoPartition = "no_such_partition"
	LeftLimit       = "limit"
	// LeftNotAccepted: the job allows the second send of another dead letter.
	LeftNotAccepted = "second_send_not_accepted"
	// LeftNotCorrected: the job corrects another dead letter.
	LeftNotCorrected = "not_corrected"
)

// Plan is what an order would do.
type Plan struct {
	// Order is the order that was planned, with whole ids in place of names.
	Order Order
	// Items are the dead letters that would be acted on, the oldest first.
	Items []index.Item
	// Left counts the selected dead letters that the order would leave, by reason.
	Left map[string]int
	// LeftOut counts the younger dead letters that the full index does not hold
	// and that the filter may select.
	LeftOut int64
	// Bounds are the ends of the dead-letter topic for which the plan was made.
	Bounds map[int32]int64
	// Err is the reason why the order must not be carried out: a *index.NameError for
	// each name that does not identify exactly one dead letter.
	Err error
}

// Matched counts all dead letters that the filter selects.
func (p Plan) Matched() int { return len(p.Items) + sum(p.Left) }

// Digest is the same for two plans that act on the same dead letters, none of
// which was replayed in between.
func (p Plan) Digest() string {
	h := sha256.New()
	for _, item := range p.Items {
		fmt.Fprintf(h, "%s/%d\n", item.ID, item.ReplayCount)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Plan returns the plan of a job for o on the dead letters in x. Statuses that the
// filter names replace "open". Dead letters that were sent or skipped are never
// replayed.
func (o Order) Plan(x *index.Index, bounds map[int32]int64, maxBytes int) Plan {
	return o.plan(x, bounds, func(o Order, item index.Item) string { return o.refuse(item, maxBytes) })
}

// PlanDiscard returns the plan of a discard for o. Statuses that the filter names
// replace "open" and "parked". Dead letters with a final outcome are never marked, and
// those being replayed only if o asks for it.
func (o Order) PlanDiscard(x *index.Index, bounds map[int32]int64) Plan {
	return o.plan(x, bounds, func(o Order, item index.Item) string {
		if o.wantsDiscarded(item.Status) {
			return ""
		}
		return string(item.Status)
	})
}

// plan makes all plans: names become ids, refuse decides which dead letters are left,
// and the limit takes the oldest of the others.
func (o Order) plan(x *index.Index, bounds map[int32]int64, refuse func(Order, index.Item) string) Plan {
	p := Plan{Left: make(map[string]int), LeftOut: x.LeftOut(o.Filter), Bounds: bounds}
	p.Order, p.Err = o.named(x)
	if len(o.Filter.IDs) > 0 && len(p.Order.Filter.IDs) == 0 {
		return p // without ids the filter would select dead letters that were not named
	}
	everywhere := p.Order.Filter
	everywhere.Statuses = nil
	for _, item := range x.Select(everywhere) {
		switch reason := refuse(p.Order, item); {
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

// named returns o with the ids of the named dead letters. A job keeps the ids, which
// later dead letters cannot make ambiguous.
func (o Order) named(x *index.Index) (Order, error) {
	var ids []string
	var faults []error
	for _, name := range o.Filter.IDs {
		id, err := x.Name(name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		ids = append(ids, id)
	}
	o.Filter.IDs = ids
	if err := x.Place(o.Filter.Partition, o.Filter.Offset); err != nil {
		faults = append(faults, err)
	}
	return o, errors.Join(faults...)
}

// refuse returns the reason why the item is not replayed, or an empty text.
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
		return s.Open()
	default:
		return s == index.StatusOpen
	}
}

func (o Order) wantsDiscarded(s index.Status) bool {
	switch {
	case s == index.StatusSent || s == index.StatusSkipped || s == index.StatusDiscarded:
		return false
	case s == index.StatusReplaying && !o.Replaying:
		return false // a mark does not stop its send, so it needs an explicit order
	case len(o.Filter.Statuses) > 0:
		return o.Filter.Wants(s)
	default:
		return s.Open() || s == index.StatusReplaying
	}
}
