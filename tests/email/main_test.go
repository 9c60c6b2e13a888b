// Package email holds the end-to-end tests of the e-mail channel: the real
// worker on a real Kafka against a stand-in for Mailgun.
package email

import (
	"os"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "binaries")
	if err != nil {
		panic(err)
	}
	binaries = harness.NewBinaries(dir)
	kafkatest.Main(m, &broker)
}

var (
	broker   *kafkatest.Broker
	binaries *harness.Binaries
)

func newSystem(t *testing.T, cfg harness.Config) *harness.System {
	t.Helper()
	return harness.New(t, broker, binaries, cfg)
}
