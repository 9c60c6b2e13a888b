// Package statuscmd is `notifyctl status`: the history of one appointment as text or
// JSON. It shows no recipients, because package history returns none.
package statuscmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/history"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
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

// Run reads the topics and prints the history.
func (c Command) Run(ctx context.Context, in *cmdline.Invocation) error {
	kafka, err := cluster.Connect(ctx, in, c.Patience)
	if err != nil {
		return err
	}
	defer kafka.Client.Close()
	reader := &history.Reader{Client: kafka.Client, Topics: kafka.Settings.Topics.Declared()}
	read := reader.Read
	if c.All {
		read = reader.ReadAll
	}
	found, err := read(ctx, c.Appointment)
	if err != nil {
		return err
	}
	for _, missing := range found.Missing {
		fmt.Fprintf(in.Stderr, "notifyctl: warning: topic %s does not exist; run `%s`\n", missing, topics.EnsureCommand)
	}
	if c.Output == "json" {
		return writeJSON(in.Stdout, found)
	}
	writeText(in.Stdout, found)
	return nil
}

func writeJSON(w io.Writer, found *history.Appointment) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(found)
}
