// Command dlq-replayer repairs dead letters: `dlq-replayer --help` lists its
// commands. `dlq-replayer serve` is the container's command. Settings are
// environment variables (see .env.example).
package main

import (
	"os"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/cli"
)

// version is stamped by the linker: -ldflags "-X main.version=v1.2.3".
var version string

func main() {
	os.Exit(cli.Run(runtimefx.Process{
		Args: os.Args[1:], Env: config.Process(), Version: version, Stdout: os.Stdout, Stderr: os.Stderr,
	}))
}
