// Package sms holds the end-to-end tests of the SMS channel: the real worker on
// a real Kafka against a stand-in for Twilio.
package sms

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

var (
	broker   *kafkatest.Broker
	binaries *harness.Binaries
)

func TestMain(m *testing.M) { harness.Main(m, &broker, &binaries) }

func newSystem(t *testing.T, cfg harness.Config) *harness.System {
	t.Helper()
	cfg.Channel = sandbox.SMS
	return harness.New(t, broker, binaries, cfg)
}
