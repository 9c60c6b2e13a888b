package bench

import (
	"os"
	"os/exec"
	"path/filepath"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// size builds the services as their images do.
func size(l *lab) {
	for _, service := range []string{"email-worker", "sms-worker", "dlq-replayer"} {
		dir := filepath.Join(harness.Root(l), "services", service)
		if _, err := os.Stat(filepath.Join(dir, "main.go")); err != nil {
			continue
		}
		path := filepath.Join(l.TempDir(), service)
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", path, ".")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			l.Fatalf("%v\n%s", err, out)
		}
		stat, err := os.Stat(path)
		if err != nil {
			l.Fatal(err)
		}
		l.report.atMost("binary, stripped: "+service, 25, " MB", float64(stat.Size())/1e6, "")
	}
}
