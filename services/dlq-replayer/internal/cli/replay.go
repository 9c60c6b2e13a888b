package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// change are the flags of commands that change the state of dead letters.
type change struct {
	Yes    bool   `help:"Do it. Without this the command shows what it would do."`
	Reason string `placeholder:"TEXT" help:"Why, for the audit; required with --yes."`
}

func (c change) check() error {
	if c.Yes && c.Reason == "" {
		return usageError("--yes wants a --reason: it is kept in the audit")
	}
	return nil
}

type replayCommand struct {
	connection
	filterFlags
	output
	change
	Names           []string      `arg:"" optional:"" name:"id" help:"Ids, beginnings of ids, or PARTITION:OFFSET."`
	Rate            *float64      `placeholder:"N" help:"How many in a second, at most: 50 for a new job; a resumed one keeps its own unless this gives another."`
	Limit           int           `help:"How many, the oldest; all by default."`
	AcceptDuplicate bool          `help:"Send one unknown outcome again although it may have been sent. Wants its whole id and no filter."`
	SetRecipient    string        `placeholder:"ADDRESS" help:"Replay one dead letter with this address or number instead of its own. Wants its whole id and no filter. The original stays as it is; the audit says that it was corrected, not to what."`
	Wait            bool          `default:"true" negatable:"" help:"Follow the job to its end. With --no-wait it is left to a running server."`
	Patience        time.Duration `default:"1m" help:"How long to wait for the next outcome before the rest is reported as pending."`
	Resume          string        `placeholder:"JOB" xor:"job" help:"Go on with a job that was interrupted, stopped or cancelled; 'last' for the latest. Wants --yes and a --reason of its own."`
	Cancel          string        `placeholder:"JOB" xor:"job" help:"End a job; 'last' for the latest. What was replayed stays so. Only --resume takes it back."`
}

// Run plans, runs, resumes or cancels a job.
func (c replayCommand) Run(ctx context.Context, in *invocation) error {
	order, err := c.order()
	if err != nil {
		return err
	}
	switch {
	case c.Cancel != "":
		return c.cancel(ctx, in, order)
	case c.Resume != "":
		return c.resume(ctx, in, order)
	case !c.Yes:
		return c.preview(ctx, in, order)
	case !c.Wait:
		return c.submit(ctx, in, order)
	default:
		return c.execute(ctx, in, order)
	}
}

// preview shows what a job would do.
func (c replayCommand) preview(ctx context.Context, in *invocation, o replay.Order) error {
	l, err := in.open(ctx, c.connection)
	if err != nil {
		return err
	}
	defer l.reader.Close()
	layout, err := l.cfg.Check(ctx)
	if err != nil {
		return err
	}
	plan := o.Plan(l.reader.Index, l.reader.Bounds(), int(layout.MaxRecordBytes))
	if err := check(o, plan); err != nil {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	forecast, err := c.foresee(asking, l.cfg, plan)
	if o.Corrects && err != nil {
		return usage(err)
	}
	if err != nil {
		in.note("warning: %v", err)
	}
	return in.printPlan(c.output, "replay", plan, forecast)
}

// foresee asks the ledgers how the replay would end, with the corrected recipient if
// there is one.
func (c replayCommand) foresee(ctx context.Context, cfg replay.Config, p replay.Plan) (replay.Forecast, error) {
	if !p.Order.Corrects || len(p.Items) == 0 {
		return cfg.Foresee(ctx, p)
	}
	correction, err := cfg.Correct(ctx, p, c.SetRecipient)
	if err != nil {
		return replay.Forecast{}, err
	}
	return replay.Forecast{Of: map[string]replay.Verdict{correction.ID: correction.Verdict}}, nil
}

// submit leaves the job to a running server.
func (c replayCommand) submit(ctx context.Context, in *invocation, o replay.Order) error {
	l, err := in.open(ctx, c.connection)
	if err != nil {
		return err
	}
	defer l.reader.Close()
	if job, _, busy := l.book.Unfinished(); busy {
		return fmt.Errorf("%w: %s. Wait for it, or end it with `dlq-replayer replay --cancel %s`", errUnfinished, describe(job), job.ID)
	}
	layout, err := l.cfg.Check(ctx)
	if err != nil {
		return err
	}
	plan := o.Plan(l.reader.Index, l.reader.Bounds(), int(layout.MaxRecordBytes))
	if err := check(o, plan); err != nil {
		return err
	}
	if len(plan.Items) == 0 {
		return in.printPlan(c.output, "replay", plan, replay.Forecast{})
	}
	job, err := replay.NewJob(plan, time.Now())
	if err != nil {
		return err
	}
	if err := l.cfg.Submit(ctx, job); err != nil {
		return err
	}
	in.note("job %s waits for a running `dlq-replayer serve`; `dlq-replayer jobs` shows how it goes", job.ID)
	return nil
}

// cancel ends a job, or asks the process that runs it to end it.
func (c replayCommand) cancel(ctx context.Context, in *invocation, o replay.Order) error {
	l, err := in.open(ctx, c.connection)
	if err != nil {
		return err
	}
	defer l.reader.Close()
	job, err := pickJob(l.book, c.Cancel)
	if err != nil {
		return err
	}
	if job.State.Over() {
		in.note("job %s is %s already", job.ID, job.State)
		return nil
	}
	if job, err = l.cfg.Cancel(ctx, job.ID, o.Who, o.Reason); err != nil {
		return err
	}
	if !job.State.Over() {
		in.note("job %s is to end: whichever process runs it, or takes it up, ends it as cancelled; what was replayed stays so", job.ID)
		return nil
	}
	in.note("job %s is %s: %s; what was replayed stays so", job.ID, job.State, account(job))
	return nil
}

// pickJob returns the job with that id, or the latest.
func pickJob(book *replay.Book, id string) (replay.Job, error) {
	if id == "last" {
		jobs := book.Jobs()
		if len(jobs) == 0 {
			return replay.Job{}, errors.New("there is no job")
		}
		id = jobs[0].ID
	}
	job, ok := book.Job(id)
	if !ok {
		return replay.Job{}, fmt.Errorf("there is no job %s", id)
	}
	return job, nil
}
