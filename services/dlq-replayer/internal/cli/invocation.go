package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/logging"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/tracing"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/cluster"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/settings"
)

// invocation is the environment of one command.
type invocation struct {
	process        runtimefx.Process
	env            config.Env
	stdout, stderr io.Writer
	// terminal is set if stdout is a terminal.
	terminal bool
	// traces makes the command's tracers; nil before it has read its settings.
	traces *tracing.Traces
}

// connection are the flags of all commands that talk to Kafka.
type connection struct {
	Timeout time.Duration `default:"30s" help:"How long to try to reach the brokers and the dead letters."`
	As      string        `placeholder:"NAME" help:"Who is doing this, for the audit; user and host by default."`
}

// who returns the name of the person who runs the command.
func (c connection) who() string {
	if c.As != "" {
		return c.As
	}
	name := "somebody"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}

// jobs reads the settings and waits until a broker answers.
func (in *invocation) jobs(ctx context.Context) (replay.Config, error) {
	loaded, warnings, err := config.Load[settings.DLQReplayer](in.env)
	if err != nil {
		return replay.Config{}, err
	}
	for _, warning := range warnings {
		in.note("warning: %s", warning)
	}
	info := build.Read(loaded.Program().Name, in.process.Version)
	log, err := logging.New(loaded.Shared(), info)
	if err != nil {
		return replay.Config{}, err
	}
	cfg, err := cluster.Jobs(loaded, log)
	if err != nil {
		return replay.Config{}, err
	}
	if in.traces == nil {
		if in.traces, err = tracing.New(loaded.Tracing, info, log); err != nil {
			return replay.Config{}, err
		}
	}
	cfg.Tracer = in.traces.Later()
	return cfg, reach(ctx, cfg, loaded.Connection.BootstrapServers)
}

// flush sends what was traced.
func (in *invocation) flush() {
	if in.traces != nil {
		in.traces.Close(context.Background())
	}
}

// reach waits until a broker answers. It returns the last network error, which explains
// more than the deadline.
func reach(ctx context.Context, cfg replay.Config, servers []string) error {
	// One error at the end is clearer than a log line for each try.
	quiet := kgo.WithLogger(kgo.BasicLogger(io.Discard, kgo.LogLevelNone, nil))
	client, err := kgo.NewClient(append(append([]kgo.Opt(nil), cfg.Opts...), quiet)...)
	if err != nil {
		return fmt.Errorf("make a Kafka client: %w", err)
	}
	defer client.Close()
	var last error
	for {
		err := client.Ping(ctx)
		if err == nil {
			return nil
		}
		if last == nil || ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("cannot reach Kafka at %s: %w", strings.Join(servers, ","), last)
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// letters holds the dead letters for commands that only read.
type letters struct {
	cfg    replay.Config
	reader *index.Reader
	book   *replay.Book
}

// open reads the dead letters and warns of those that retention is about to delete.
func (in *invocation) open(ctx context.Context, c connection) (*letters, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	cfg, err := in.jobs(ctx)
	if err != nil {
		return nil, err
	}
	reader, book, err := cfg.Open(ctx)
	if err != nil {
		return nil, explain(err)
	}
	in.warn(ctx, reader)
	return &letters{cfg: cfg, reader: reader, book: book}, nil
}

func (in *invocation) warn(ctx context.Context, reader *index.Reader) {
	retention, err := reader.Retention(ctx)
	if err != nil {
		in.note("warning: %v", err)
	}
	if text := reader.Index.Expiring(retention, time.Now()).String(); text != "" {
		in.note("warning: %s", text)
	}
	if text := reader.Index.Overflow(index.Filter{}); text != "" {
		in.note("warning: %s", text)
	}
}

// explain adds the command that creates missing topics.
func explain(err error) error {
	if errors.Is(err, kerr.UnknownTopicOrPartition) {
		return fmt.Errorf("%w. Run `%s`", err, topics.EnsureCommand)
	}
	return err
}
