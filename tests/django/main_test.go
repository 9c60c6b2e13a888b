// Package django holds the end-to-end tests of clients/django: its own suite
// on both databases, and its relay and consumer as processes beside the real
// e-mail worker on a real Kafka.
package django

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

func TestMain(m *testing.M) { harness.Main(m, &broker, &binaries) }

var (
	broker   *kafkatest.Broker
	binaries *harness.Binaries
)

// python is the interpreter that tools/testenv/django sets up.
func python(t testing.TB) string {
	t.Helper()
	path := filepath.Join(harness.Root(t), ".build/venv/bin/python")
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("run tools/testenv/django: %v", err)
	}
	return path
}

// client returns the folder of the Django package.
func client(t testing.TB) string { return filepath.Join(harness.Root(t), "clients/django") }

// databases are the ones that everything here runs on.
var databases = map[string]func(testing.TB) map[string]string{"SQLite": sqlite, "PostgreSQL": postgres}

// sqlite names a database in a folder of its own.
func sqlite(t testing.TB) map[string]string {
	return map[string]string{"TEST_DATABASE": "sqlite", "TEST_DATABASE_FOLDER": t.TempDir()}
}

// merged returns the settings of all layers; later ones win.
func merged(layers ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, layer := range layers {
		maps.Copy(all, layer)
	}
	return all
}

// TestSuite runs the package's own tests.
func TestSuite(t *testing.T) {
	broker.RequireReal(t)
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			suite := harness.Start(t, python(t), merged(database(t), map[string]string{
				"KAFKA_BOOTSTRAP_SERVERS": broker.Addr(), "PYTHONDONTWRITEBYTECODE": "1",
			}), "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", client(t), "-c", filepath.Join(client(t), "pyproject.toml"), client(t))
			if code := suite.Wait(10 * time.Minute); code != 0 {
				t.Errorf("pytest ended with %d", code)
			}
		})
	}
}
