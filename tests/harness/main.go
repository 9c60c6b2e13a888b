package harness

import (
	"fmt"
	"os"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

// Main starts a broker and a folder for binaries, stores both, runs the tests
// of the package, removes both and ends the process with the tests' exit code.
// For TestMain.
func Main(m *testing.M, broker **kafkatest.Broker, binaries **Binaries) {
	os.Exit(run(m, broker, binaries))
}

func run(m *testing.M, broker **kafkatest.Broker, binaries **Binaries) int {
	dir, err := os.MkdirTemp("", "binaries")
	if err != nil {
		fmt.Fprintln(os.Stderr, "harness:", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	*binaries = NewBinaries(dir)
	return kafkatest.Run(m, broker)
}
