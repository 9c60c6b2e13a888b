// Package cmdline is the environment of notifyctl's commands. A command is a struct
// with flags and a method
//
//	Run(ctx context.Context, in *cmdline.Invocation) error
//
// whose context ends on an interrupt. A returned error is printed and makes the
// exit code 1.
package cmdline

import (
	"io"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// Invocation is the environment of one command.
type Invocation struct {
	// Env holds the environment variables. Commands read only these.
	Env config.Env
	// Stdout takes the command's output, Stderr remarks about it.
	Stdout, Stderr io.Writer
}
