// Command email-worker turns `appointments.created` events into e-mails through
// Mailgun. It runs until SIGTERM; its settings are environment variables (see
// .env.example).
package main

import (
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
	"github.com/kafka-notifications/kafka-notifications/services/email-worker/internal/app"
)

// version is stamped by the linker: -ldflags "-X main.version=v1.2.3".
var version string

func main() { runtimefx.Main(version, app.Options) }
