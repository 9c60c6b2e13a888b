// Package statuscmd is `notifyctl status`: what became of one appointment, told
// from Kafka alone. It shows no recipient: neither the values of events nor the
// handles of the ledgers, which may hold one, are printed.
package statuscmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cluster"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
)

// Command is `notifyctl status`.
type Command struct {
	cluster.Patience
	Appointment string `required:"" help:"The appointment's id." placeholder:"ID"`
	All         bool   `help:"Search all partitions, not only the one that the id belongs to. Done by itself when nothing is found there."`
	Output      string `short:"o" enum:"text,json" default:"text" help:"text or json."`
}

// Run reads the topics and prints what they say.
func (c Command) Run(ctx context.Context, in *cmdline.Invocation) error {
	kafka, err := cluster.Connect(ctx, in, c.Patience)
	if err != nil {
		return err
	}
	defer kafka.Client.Close()
	report, err := c.search(ctx, &reader{cluster: kafka})
	if err != nil {
		return err
	}
	for _, missing := range report.Missing {
		fmt.Fprintf(in.Stderr, "notifyctl: warning: topic %s does not exist; run `notifyctl topics ensure`\n", missing)
	}
	if c.Output == "json" {
		return writeJSON(in.Stdout, report)
	}
	writeText(in.Stdout, report)
	return nil
}

// search looks where the id belongs first, and everywhere when nothing is
// there: a producer with another partitioner may have put it anywhere.
func (c Command) search(ctx context.Context, r *reader) (*Report, error) {
	if !c.All {
		report, err := collect(ctx, r, c.Appointment, false)
		if err != nil || !report.empty() {
			return report, err
		}
	}
	return collect(ctx, r, c.Appointment, true)
}

func writeJSON(w io.Writer, report *Report) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(report)
}
