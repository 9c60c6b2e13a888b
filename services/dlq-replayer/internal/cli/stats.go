package cli

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

type statsCommand struct {
	connection
	filterFlags
	output
}

// Run counts dead letters.
func (c statsCommand) Run(ctx context.Context, in *invocation) error {
	filter, err := c.filter(nil, time.Now())
	if err != nil {
		return err
	}
	l, err := in.open(ctx, c.connection)
	if err != nil {
		return err
	}
	defer l.reader.Close()
	stats := l.reader.Index.Stats(filter)
	for i := range stats.Unresolved {
		stats.Unresolved[i].Code = mask.Text(stats.Unresolved[i].Code)
	}
	if c.json() {
		return writeJSON(in.stdout, stats)
	}
	return writeStats(in.stdout, stats, time.Now())
}

func writeStats(w io.Writer, s index.Stats, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(s.Unresolved) > 0 {
		fmt.Fprintln(t, "COUNT\tOLDEST\tCHANNEL\tCLASS\tCODE")
	}
	for _, g := range s.Unresolved {
		fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\n", g.Count, age(now, g.Oldest), dash(string(g.Channel)), dash(string(g.Class)), dash(g.Code))
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	fmt.Fprintf(w, "%d unresolved", s.Depth())
	if s.LeftOut > 0 {
		fmt.Fprintf(w, " (up to %d of them younger than those in the full index)", s.LeftOut)
	}
	if !s.Oldest.IsZero() {
		fmt.Fprintf(w, ", the oldest %s old", age(now, s.Oldest))
	}
	for _, status := range index.Statuses() {
		if n := s.ByStatus[status]; n > 0 && status != index.StatusOpen {
			fmt.Fprintf(w, ", %d %s", n, status)
		}
	}
	_, err := fmt.Fprintf(w, ". The index holds %d of at most %d.\n", s.Held, s.Limit)
	return err
}
