package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/view"
)

type discardCommand struct {
	connection
	filterFlags
	output
	change
	Replaying bool     `help:"Also those that are being replayed. The mark does not stop their send."`
	Limit     int      `help:"How many, the oldest; all by default."`
	Names     []string `arg:"" optional:"" name:"id" help:"Ids, beginnings of ids, or PARTITION:OFFSET."`
}

// Run shows which dead letters would be marked as discarded, or marks them.
func (c discardCommand) Run(ctx context.Context, in *invocation) error {
	filter, err := c.filter(c.Names, time.Now())
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return err
	}
	order := replay.Order{Filter: filter, Who: c.who(), Reason: mask.Text(c.Reason), Limit: c.Limit, Replaying: c.Replaying}
	if err := order.ValidDiscard(); err != nil {
		return usage(err)
	}
	if c.Yes {
		return c.discard(ctx, in, order)
	}
	l, err := in.open(ctx, c.connection)
	if err != nil {
		return err
	}
	defer l.reader.Close()
	plan := order.PlanDiscard(l.reader.Index, l.reader.Bounds())
	if err := check(order, plan); err != nil {
		return err
	}
	in.warnOfSends(plan)
	return in.printPlan(c.output, "discard", plan, replay.Forecast{})
}

func (c discardCommand) discard(ctx context.Context, in *invocation, o replay.Order) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	s, err := in.start(ctx, c.connection)
	if err != nil {
		return err
	}
	defer s.Close()
	plan := s.PlanDiscard(o)
	if err := check(o, plan); err != nil {
		return err
	}
	in.warnOfSends(plan)
	if len(plan.Items) == 0 {
		return in.printPlan(c.output, "discard", plan, replay.Forecast{})
	}
	done, err := s.Discard(ctx, o, plan)
	if err != nil {
		return fmt.Errorf("%d of %d are marked: %w", done.Marked, len(plan.Items), err)
	}
	if text := s.Index().Overflow(o.Filter); text != "" {
		in.note("warning: %s", text)
	}
	if c.json() {
		return writeJSON(in.stdout, done)
	}
	fmt.Fprintln(in.stdout, view.DiscardedText(done))
	return nil
}

// warnOfSends warns that a mark does not stop a replay that is on its way.
func (in *invocation) warnOfSends(p replay.Plan) {
	replaying := 0
	for _, item := range p.Items {
		if item.Status == index.StatusReplaying {
			replaying++
		}
	}
	if replaying > 0 {
		in.note("%d of them are being replayed: a discard does not stop their send, and what the worker says of it stands", replaying)
	}
	if left := p.Left[string(index.StatusReplaying)]; left > 0 {
		in.note("%d are being replayed and are left: a discard does not stop their send. --replaying marks them all the same", left)
	}
}
