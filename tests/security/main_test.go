// Package security tests the connection settings against a real broker that
// accepts no connection without them: TLS with an authority of its own, SCRAM and
// PLAIN.
package security

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

var (
	binaries *harness.Binaries
	broker   *secureBroker
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if out, err := exec.Command("docker", "info").CombinedOutput(); err != nil {
		return unavailable(out)
	}
	dir, err := os.MkdirTemp("", "securitytest")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binaries = harness.NewBinaries(dir)
	started, err := startBroker(filepath.Join(dir, "certificates"))
	if started != nil {
		defer started.close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "security tests:", err)
		return 1
	}
	broker = started
	return m.Run()
}

// unavailable skips the tests on a developer's machine without Docker and fails
// them everywhere else.
func unavailable(out []byte) int {
	fmt.Fprintf(os.Stderr, "NOT TESTED: TLS and SASL; no Docker engine answers (`make testenv` sets one up):\n%s\n", out)
	switch os.Getenv("CI") {
	case "", "0", "false":
		return 0
	}
	return 1
}
