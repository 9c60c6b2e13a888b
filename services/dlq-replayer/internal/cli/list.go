package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/query"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/view"
)

// output are the flags for the form of the output.
type output struct {
	Output string `short:"o" enum:"table,json" default:"table" help:"table or json."`
}

func (o output) json() bool { return o.Output == "json" }

type listCommand struct {
	connection
	filterFlags
	output
	Names  []string `arg:"" optional:"" name:"id" help:"Ids, beginnings of ids, or PARTITION:OFFSET."`
	Limit  int      `default:"50" help:"How many to show; 0 for all."`
	Reveal bool     `help:"Show recipients. Audited."`
}

// Run lists dead letters; without --status the unresolved ones.
func (c listCommand) Run(ctx context.Context, in *invocation) error {
	filter, err := c.filter(c.Names, time.Now())
	if err != nil {
		return err
	}
	if c.Limit < 0 {
		return usage(replay.ErrLimit)
	}
	filter, unresolved := query.Unresolved(filter)
	l, err := in.open(ctx, c.connection)
	if err != nil {
		return err
	}
	defer l.reader.Close()
	items := l.reader.Index.Select(l.reader.Index.Expand(filter))
	all := len(items)
	if c.Limit > 0 && all > c.Limit {
		items = items[:c.Limit]
	}
	if c.Reveal {
		if err := l.cfg.Reveal(ctx, c.who(), filter, len(items)); err != nil {
			return err
		}
	}
	held, _, _ := l.reader.Index.Size()
	return c.print(in, items, all, nothing(held, unresolved))
}

// nothing returns the reason why a list is empty.
func nothing(held int, unresolved bool) string {
	switch {
	case held == 0:
		return "No dead letters."
	case unresolved:
		return "No unresolved dead letter matches. --status all looks at the others as well."
	}
	return "No dead letter matches."
}

func (c listCommand) print(in *invocation, items []index.Item, all int, nothing string) error {
	viewer := view.New(c.Reveal)
	rows := make([]view.Row, len(items))
	for i, item := range items {
		rows[i] = viewer.Row(item)
	}
	if c.json() {
		return writeJSON(in.stdout, rows)
	}
	switch {
	case all == 0:
		fmt.Fprintln(in.stdout, nothing)
		return nil
	case len(rows) < all:
		in.note("the newest %d of %d; --limit 0 shows all", len(rows), all)
	}
	return writeRows(in.stdout, rows, time.Now())
}

// writeRows writes a table with one line per dead letter.
func writeRows(w io.Writer, rows []view.Row, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tAGE\tSTATUS\tCHANNEL\tCLASS\tCODE\tREPLAYS\tAPPOINTMENT\tPLACE\tMESSAGE")
	for _, r := range rows {
		class := r.Class
		if r.Fault != "" {
			class = string(r.Fault)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", r.ID[:min(12, len(r.ID))], age(now, r.FailedAt), r.Status,
			dash(r.Channel), dash(class), dash(clip(r.Code, 32)), r.ReplayCount, dash(clip(r.Appointment, 24)), r.Place(), clip(r.Message, 60))
	}
	return t.Flush()
}

func age(now, t time.Time) string { return view.Age(now, t) }

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func clip(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit-1]) + "…"
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}
