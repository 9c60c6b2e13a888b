// Package email holds the end-to-end tests of the e-mail channel: the real
// worker on a real Kafka against a stand-in for Mailgun.
package email

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

func TestMain(m *testing.M) { harness.Main(m, &broker, &binaries) }

var (
	broker   *kafkatest.Broker
	binaries *harness.Binaries
)

func newSystem(t *testing.T, cfg harness.Config) *harness.System {
	t.Helper()
	return harness.New(t, broker, binaries, cfg)
}
