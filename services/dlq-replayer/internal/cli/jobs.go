package cli

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"
)

type jobsCommand struct {
	connection
	output
}

// Run lists jobs.
func (c jobsCommand) Run(ctx context.Context, in *invocation) error {
	l, err := in.open(ctx, c.connection)
	if err != nil {
		return err
	}
	defer l.reader.Close()
	jobs := l.book.Jobs()
	for i := range jobs {
		jobs[i] = shown(jobs[i].Heard(l.reader.Index))
	}
	if c.json() {
		return writeJSON(in.stdout, jobs)
	}
	if len(jobs) == 0 {
		fmt.Fprintln(in.stdout, "No jobs.")
		return nil
	}
	t := tabwriter.NewWriter(in.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "JOB\tAGE\tSTATE\tTOTAL\tREPLAYED\tSENT\tFAILED\tSKIPPED\tLEFT\tPENDING\tWHO\tREASON\tNOTE")
	now := time.Now()
	for _, j := range jobs {
		k := j.Counts
		by := j.Actor()
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\n", j.ID, age(now, j.CreatedAt), j.State, j.Total,
			k.Replayed, k.Sent, k.Failed, k.Outcomes()-k.Sent-k.Failed, k.Passed()-k.Replayed, j.Total-k.Outcomes()-(k.Passed()-k.Replayed),
			by.Who, clip(by.Reason, 40), j.Note)
	}
	return t.Flush()
}
