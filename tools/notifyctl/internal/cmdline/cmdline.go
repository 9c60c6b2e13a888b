// Package cmdline is what every command of notifyctl gets besides its flags.
// A command is a struct with flags and a method
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

// Invocation is the surrounding of one command.
type Invocation struct {
	// Env holds the environment variables. Commands read no other.
	Env config.Env
	// Stdout takes what the command was asked for, Stderr remarks about it.
	Stdout, Stderr io.Writer
}
