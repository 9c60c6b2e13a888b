// Package chaos breaks the system on purpose, on a real Kafka, and lets the
// provider's journal decide whether anything was lost or doubled.
package chaos

import (
	"os"
	"strconv"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

var (
	broker   *kafkatest.Broker
	binaries *harness.Binaries
)

func TestMain(m *testing.M) { harness.Main(m, &broker, &binaries) }

func newSystem(t *testing.T, cfg harness.Config) *harness.System {
	t.Helper()
	broker.RequireReal(t)
	return harness.New(t, broker, binaries, cfg)
}

// times returns how often a test repeats what it does: n, or what the
// environment variable says (`make chaos KILLS=100`).
func times(variable string, n int) int {
	if v, err := strconv.Atoi(os.Getenv(variable)); err == nil && v > 0 {
		return v
	}
	return n
}
