// Package topicscmd is `notifyctl topics`.
package topicscmd

import (
	"context"
	"fmt"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cluster"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
)

// Command holds the commands about topics.
type Command struct {
	Ensure Ensure `cmd:"" help:"Create the topics that are missing and align the settings of our own. May be repeated at any time."`
}

// Ensure is `notifyctl topics ensure`.
type Ensure struct {
	cluster.Patience
	DryRun bool `help:"Show what would be done and do nothing."`
}

// Run prints one line per topic: + created, ~ altered, = as it should be,
// ! failed.
func (e Ensure) Run(ctx context.Context, in *cmdline.Invocation) error {
	kafka, err := cluster.Connect(ctx, in, e.Patience)
	if err != nil {
		return err
	}
	defer kafka.Client.Close()
	declared := kafka.Settings.Topics.Created(kafka.Settings.TopicCreation)
	do := topics.Ensure
	if e.DryRun {
		do = topics.Plan
	}
	diff, err := do(ctx, kafka.Admin, declared)
	fmt.Fprint(in.Stdout, diff)
	return err
}
