// Package cli is the replayer's command line. The rules it follows are those of
// packages index and replay.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/app"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// The exit codes.
const (
	// ExitOK: done, or a dry run, or nothing to do.
	ExitOK = 0
	// ExitFailed: it failed, stopped by itself or was cancelled, or a replay failed again.
	ExitFailed = 1
	// ExitUsage: wrong usage, or a name that does not identify exactly one dead letter.
	ExitUsage = 2
	// ExitBusy: another job is not over.
	ExitBusy = 3
	// ExitPending: the job is done and nothing failed, but some of its replays have no
	// outcome yet. Their workers finish them.
	ExitPending = 4
)

const description = `Repairs dead letters: lists them, replays them to the channel that failed, or marks them as discarded.

Settings come from environment variables (.env.example lists them). Recipients are masked; --reveal shows them and is audited. What changes something is a dry run until --yes, which wants a --reason; only --cancel acts at once.

Exit codes: 0 done, a dry run or nothing to do; 1 failed, stopped by itself or cancelled, or a replay failed again; 2 wrong usage, or a name that does not stand for one dead letter; 3 another job is not over; 4 done, but some replays have no outcome yet.`

// commands are all commands with their flags.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Keep the index, serve health and metrics, and resume an interrupted job. Runs until SIGTERM."`
	List    listCommand    `cmd:"" help:"List dead letters, the newest first."`
	Show    showCommand    `cmd:"" help:"Show one dead letter with its headers and payload."`
	Stats   statsCommand   `cmd:"" help:"Count dead letters by channel, class and code."`
	Replay  replayCommand  `cmd:"" help:"Replay dead letters to the channel that failed."`
	Discard discardCommand `cmd:"" help:"Mark dead letters as not to be repaired. Nothing is deleted: retention does that."`
	Jobs    jobsCommand    `cmd:"" help:"List replay jobs, the latest first."`
	Health  healthCommand  `cmd:"" name:"healthcheck" help:"Ask the one that serves with the same HEALTH_ADDR whether it is alive."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// usageError is an error that makes the exit code ExitUsage.
type usageError string

// Error returns the text.
func (e usageError) Error() string { return string(e) }

// errUnfinished means that a new job cannot be left to a server, because an
// earlier one has not ended.
var errUnfinished = errors.New("another job is not over")

// exitCode is an error that has been reported already.
type exitCode int

// Error names the code.
func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// Run executes one command line and returns the exit code.
func Run(p runtimefx.Process) int {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	in := &invocation{process: p, env: p.Env, stdout: p.Stdout, stderr: p.Stderr, terminal: isTerminal(p.Stdout)}
	code := -1
	parser, err := kong.New(new(commands), kong.Name("dlq-replayer"), kong.Description(description),
		kong.Writers(p.Stdout, p.Stderr),
		kong.Exit(func(c int) { code = c }), // --help ends the program in the middle of parsing.
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(in),
	)
	if err != nil {
		fmt.Fprintln(p.Stderr, "dlq-replayer:", err)
		return ExitFailed
	}
	command, err := parser.Parse(p.Args)
	switch {
	case code >= 0:
		return code
	case err != nil:
		return in.exit(usageError(err.Error()))
	}
	if err := checkValues(command); err != nil {
		return in.exit(err)
	}
	defer in.flush()
	return in.exit(command.Run())
}

// exit prints the error and returns the exit code.
func (in *invocation) exit(err error) int {
	var told exitCode
	var usage usageError
	var name *index.NameError
	var faults config.Faults
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, &told):
		return int(told)
	case errors.As(err, &faults):
		for _, fault := range faults {
			in.note("%s", fault)
		}
		return ExitFailed
	case errors.As(err, &usage):
		in.note("%s\nRun `dlq-replayer --help` for the commands and their flags.", usage)
		return ExitUsage
	case errors.As(err, &name):
		for line := range strings.Lines(err.Error()) { // one for each name
			in.note("%s", strings.TrimSuffix(line, "\n"))
		}
		return ExitUsage
	case errors.Is(err, replay.ErrHeld) || errors.Is(err, errUnfinished):
		in.note("%v", err)
		return ExitBusy
	default:
		in.note("%v", err)
		return ExitFailed
	}
}

// note writes a remark to standard error, apart from the command's output.
func (in *invocation) note(format string, args ...any) {
	fmt.Fprintf(in.stderr, "dlq-replayer: "+format+"\n", args...)
}

// interrupts is closed at the first SIGINT or SIGTERM. The second ends the
// process as usual.
func interrupts() (stop <-chan struct{}, release func()) {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, cancel)
	return ctx.Done(), cancel
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

type serveCommand struct{}

// Run serves until a signal.
func (serveCommand) Run(in *invocation) error {
	return code(runtimefx.Serve(in.process, app.Options))
}

type healthCommand struct{}

// Run asks the running server.
func (healthCommand) Run(in *invocation) error { return in.builtin("healthcheck") }

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(in *invocation) error { return in.builtin("version") }

// builtin runs a command that all programs have.
func (in *invocation) builtin(command string) error {
	p := in.process
	p.Args = []string{command}
	return code(runtimefx.Run(p, app.Options))
}

func code(c int) error {
	if c == ExitOK {
		return nil
	}
	return exitCode(c)
}
