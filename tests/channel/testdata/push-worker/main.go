// Command push-worker turns `appointments.created` events into push messages
// through Beacon. It runs until SIGTERM; its settings are environment variables.
package main

import (
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
	"github.com/kafka-notifications/kafka-notifications/services/push-worker/internal/app"
)

// version is stamped by the linker: -ldflags "-X main.version=v1.2.3".
var version string

func main() { runtimefx.Main(version, app.Options) }
