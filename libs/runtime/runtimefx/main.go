package runtimefx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.uber.org/fx"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/health"
)

// The exit codes of a program.
const (
	// ExitOK: done, or stopped by a signal.
	ExitOK = 0
	// ExitFailed: could not start, could not go on, or is not healthy.
	ExitFailed = 1
	// ExitUsage: called with arguments that it does not know.
	ExitUsage = 2
)

// probeTimeout is below the shortest timeout of a container's health check.
const probeTimeout = 3 * time.Second

// Settings are the settings of a program that runs until it is stopped:
// they embed config.Service.
type Settings interface {
	config.Settings
	Shared() config.Service
}

// Process holds the arguments and streams that a program is started with.
type Process struct {
	// Args are the arguments without the program's name.
	Args []string
	Env  config.Env
	// Version is the version that the linker stamped, or empty.
	Version        string
	Stdout, Stderr io.Writer
}

// Main runs a program in this process and ends the process with its exit code.
func Main[T Settings](version string, options func(T) fx.Option) {
	os.Exit(Run(Process{
		Args: os.Args[1:], Env: config.Process(), Version: version, Stdout: os.Stdout, Stderr: os.Stderr,
	}, options))
}

// Run runs the command that the arguments name and returns the exit code. Without
// arguments it runs the program itself, see Serve.
func Run[T Settings](p Process, options func(T) fx.Option) int {
	var settings T
	program := settings.Program()
	command := ""
	if len(p.Args) == 1 {
		command = p.Args[0]
	}
	switch {
	case len(p.Args) == 0:
		return Serve(p, options)
	case command == "healthcheck":
		return healthcheck(p, program)
	case command == "version" || command == "--version":
		_, _ = fmt.Fprintln(p.Stdout, build.Read(program.Name, p.Version))
		return ExitOK
	case command == "help" || command == "--help" || command == "-h":
		usage(p.Stdout, program)
		return ExitOK
	}
	usage(p.Stderr, program)
	return ExitUsage
}

func usage(w io.Writer, program config.Program) {
	_, _ = fmt.Fprintf(w, `Usage: %s [command]

Without a command it runs until it gets SIGTERM. Its settings are environment
variables; .env.example lists them.

Commands:
  healthcheck  ask the one that runs with the same HEALTH_ADDR whether it is alive
  version      print the version
  help         print this
`, program.Name)
}

// healthcheck asks the running program whether it is alive. Only the address of all
// settings must be valid.
func healthcheck(p Process, program config.Program) int {
	service, err := config.LoadService(program, p.Env)
	if err != nil {
		return refuse(p.Stderr, program, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	if err := health.Probe(ctx, service.HealthAddr); err != nil {
		_, _ = fmt.Fprintln(p.Stderr, "healthcheck:", err)
		return ExitFailed
	}
	return ExitOK
}

// refuse prints the faults of the settings, one line each.
func refuse(w io.Writer, program config.Program, err error) int {
	_, _ = fmt.Fprintf(w, "%s: cannot start, settings are missing or wrong:\n", program.Name)
	var faults config.Faults
	if !errors.As(err, &faults) {
		_, _ = fmt.Fprintln(w, err)
		return ExitFailed
	}
	for _, fault := range faults {
		_, _ = fmt.Fprintln(w, fault)
	}
	return ExitFailed
}
