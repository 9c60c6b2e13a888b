// Package sms holds the end-to-end tests of the SMS channel: the real worker on
// a real Kafka against a stand-in for Twilio.
package sms

import (
	"os"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

var (
	broker   *kafkatest.Broker
	binaries *harness.Binaries
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "binaries")
	if err != nil {
		panic(err)
	}
	binaries = harness.NewBinaries(dir)
	kafkatest.Main(m, &broker)
}

func newSystem(t *testing.T, cfg harness.Config) *harness.System {
	t.Helper()
	cfg.Channel = sandbox.SMS
	return harness.New(t, broker, binaries, cfg)
}
