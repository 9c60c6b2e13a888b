package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"
)

// startTimeout bounds one start of the broker. It takes about four seconds on two idle cores, and was seen to take a
// minute on busy ones.
const startTimeout = 4 * time.Minute

const fallbackNotice = `
************************************************************************************************
NOT TESTED AGAINST A REAL KAFKA: these tests run on an embedded imitation, and those that need a
real broker are skipped. Reason: %v
"make test" sets up Docker and the Kafka image where it can (root on Debian).
************************************************************************************************
`

// Main starts a broker, stores it in *broker, runs the tests of the package, removes the broker and ends the process
// with the tests' exit code. With CI=true it fails the package where no real Kafka can be had. For TestMain.
func Main(m *testing.M, broker **Broker) {
	os.Exit(Run(m, broker))
}

// Run does what Main does and returns the exit code, for a TestMain that has more to tidy up.
func Run(m *testing.M, broker **Broker) int {
	b, err := open(context.Background(), Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "kafkatest:", err)
		return 1
	}
	*broker = b
	code := m.Run()
	if err := b.close(); err != nil {
		fmt.Fprintln(os.Stderr, "kafkatest:", err)
		return 1
	}
	return code
}

// Options shape a broker that a test has for itself. They are of no effect on the embedded one.
type Options struct {
	// DiskSize bounds the broker's disk, in bytes; 0 leaves it unbounded.
	DiskSize int64
}

// New starts a broker for one test and removes it when the test ends. The test fails where none can be had.
func New(t testing.TB) *Broker { t.Helper(); return NewWith(t, Options{}) }

// NewWith is New with options.
func NewWith(t testing.TB, opts Options) *Broker {
	t.Helper()
	b, err := open(t.Context(), opts)
	if err != nil {
		t.Fatalf("kafkatest: %v", err)
	}
	t.Cleanup(func() {
		if err := b.close(); err != nil {
			t.Errorf("kafkatest: %v", err)
		}
	})
	return b
}

// open starts real Kafka. Only a machine that has no Docker engine or no image, and is no CI machine, gets the
// imitation: a broker that is there but does not start is an error everywhere.
func open(ctx context.Context, opts Options) (*Broker, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	b, err := startContainer(ctx, opts)
	if !errors.Is(err, errUnavailable) {
		return b, err
	}
	if InCI() {
		return nil, fmt.Errorf("with CI=true the tests must run against a real Kafka: %w", err)
	}
	fmt.Fprintf(os.Stderr, fallbackNotice, err)
	return startEmbedded()
}

// InCI reports whether the tests run in CI, where what is missing is a failure.
func InCI() bool {
	switch os.Getenv("CI") {
	case "", "0", "false":
		return false
	}
	return true
}
