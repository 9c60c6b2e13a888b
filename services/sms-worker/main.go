// Command sms-worker turns `appointments.created` events into text messages
// through Twilio, once SMS_WORKER_ENABLED is true. It runs until SIGTERM; its
// settings are environment variables (see .env.example).
package main

import (
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/app"
)

// version is stamped by the linker: -ldflags "-X main.version=v1.2.3".
var version string

func main() { runtimefx.Main(version, app.Options) }
