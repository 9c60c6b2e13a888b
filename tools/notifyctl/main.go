// Command notifyctl is the operator's and the developer's tool: topics, test
// events, checks and demonstrations. Every command is a package of its own
// below internal; to add one, add a field here.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/channeldemo"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/democmd"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/doctorcmd"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/flowdemo"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/messagescmd"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/previewcmd"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/publishcmd"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/rightscmd"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/statuscmd"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/topicscmd"
)

// commands are all commands with their flags.
type commands struct {
	Demo    democmd.Command    `cmd:"" help:"Run the whole system here: no Docker, no accounts."`
	Topics  topicscmd.Command  `cmd:"" help:"Create and align the Kafka topics."`
	Rights  rightscmd.Command  `cmd:"" help:"Create the Kafka users and grant their rights."`
	Publish publishcmd.Command `cmd:"" help:"Publish test events."`
	Doctor  doctorcmd.Command  `cmd:"" help:"Check settings, Kafka, topics, providers and clock, and say how to repair what is wrong."`
	Status  statuscmd.Command  `cmd:"" help:"Tell what became of an appointment, without its recipients."`

	Preview  previewcmd.Command  `cmd:"" help:"Show what patients get, in each language and for each status."`
	Messages messagescmd.Command `cmd:"" help:"Texts of your own: write the files, check them."`

	ChannelDemo      channeldemo.Command `cmd:"" help:"Show the delivery rules on a handful of events, without Kafka."`
	ConsumerFlowDemo flowdemo.Command    `cmd:"" help:"Show the way of records through the workers, a crash included, on an embedded broker."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], config.Process(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes one command line and returns the exit code: 0 done, 1 failed,
// 2 wrong usage.
func run(ctx context.Context, args []string, env config.Env, stdout, stderr io.Writer) int {
	code := -1
	parser, err := kong.New(new(commands),
		kong.Name("notifyctl"),
		kong.Description("Tool for the appointment notifications. Settings come from the same environment variables as the services'."),
		kong.Writers(stdout, stderr),
		// --help ends the program in the middle of parsing.
		kong.Exit(func(c int) { code = c }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&cmdline.Invocation{Env: env, Stdout: stdout, Stderr: stderr}),
	)
	if err != nil {
		fmt.Fprintln(stderr, "notifyctl:", err)
		return 1
	}
	command, err := parser.Parse(args)
	switch {
	case code >= 0:
		return code
	case err != nil:
		fmt.Fprintf(stderr, "notifyctl: %v\nRun `notifyctl --help` for the commands and their flags.\n", err)
		return 2
	}
	return exit(command.Run(), stderr)
}

func exit(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	var faults config.Faults
	if errors.As(err, &faults) {
		for _, fault := range faults {
			fmt.Fprintln(stderr, "notifyctl:", fault)
		}
		return 1
	}
	fmt.Fprintln(stderr, "notifyctl:", err)
	return 1
}
