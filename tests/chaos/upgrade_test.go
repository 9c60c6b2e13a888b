package chaos

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// Under load the old version makes room for the new one, runs beside it, and
// comes back. Where the ledger's version differs, Kafka lets only one of them
// into the group, and the way leads forward only.
//
// The old version is the one that UPGRADE_FROM names, a revision of this
// repository (`make upgrade-test FROM=v0.1.0`). Without it this version takes
// its place, which shows the hand-over alone.
func TestAnUpgradeLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	old := previous(t)
	s := newSystem(t, harness.Config{Partitions: 3})
	slow(s, 5*time.Millisecond, 60*time.Millisecond)
	l := startLoad(s, 200)
	before := harness.Start(t, old, s.Settings())
	sends(t, s)
	after := s.StartWorker(nil)
	if refused(t, s, after) {
		t.Log("the ledgers differ: the new version ends, and starts again when the old one has ended")
		if code := after.Wait(time.Minute); code != 1 {
			t.Errorf("the new version ended with %d", code)
		}
		sends(t, s)
		ends(t, before)
		s.StartWorker(nil)
		sends(t, s)
	} else {
		s.AssertWholeLanes()
		ends(t, before)
		sends(t, s)
		t.Log("upgraded; now back")
		back := harness.Start(t, old, s.Settings())
		s.AwaitMembers(2)
		ends(t, after)
		sends(t, s)
		s.StartWorker(nil)
		s.AwaitMembers(2)
		ends(t, back)
	}
	events := l.end()
	s.AwaitDone(2 * time.Minute)
	lost, doubled := s.Judge(events)
	t.Logf("published %d, lost %d, doubled %d", len(events), lost, doubled)
	if lost != 0 || doubled != 0 || len(s.DeadLetters()) != 0 {
		t.Errorf("lost %d, doubled %d, %d dead letters", lost, doubled, len(s.DeadLetters()))
	}
	s.JudgeOrder()
}

// previous builds the e-mail worker of the revision in UPGRADE_FROM.
func previous(t *testing.T) string {
	t.Helper()
	revision := os.Getenv("UPGRADE_FROM")
	if revision == "" {
		return binaries.Path(t, "services/email-worker")
	}
	dir := t.TempDir()
	command := exec.Command("sh", "-c", `git archive "$1" libs services | tar -x -C "$2" && cd "$2/services/email-worker" && GOWORK=off GOFLAGS=-buildvcs=false go build -o "$2/old" .`, "sh", revision, dir)
	command.Dir = harness.Root(t)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", revision, err, out)
	}
	return filepath.Join(dir, "old")
}

// sends waits until more has been sent than now.
func sends(t *testing.T, s *harness.System) {
	t.Helper()
	from := s.Sandbox.Stats().Email.Accepted
	harness.Await(t, time.Minute, "more is sent", func() bool { return s.Sandbox.Stats().Email.Accepted > from+100 })
}

func ends(t *testing.T, worker *harness.Process) {
	t.Helper()
	if code, _ := worker.Terminate(30 * time.Second); code != 0 {
		t.Errorf("SIGTERM ended with %d:\n%s", code, worker.Log())
	}
}

// refused waits until Kafka has let the worker into the group or has refused it.
func refused(t *testing.T, s *harness.System, worker *harness.Process) (refused bool) {
	t.Helper()
	harness.Await(t, time.Minute, "the new version is in the group, or refused", func() bool {
		refused = strings.Contains(worker.Log(), "INCONSISTENT_GROUP_PROTOCOL")
		return refused || members(t, s) == 2
	})
	return refused
}

func members(t *testing.T, s *harness.System) int {
	t.Helper()
	groups, err := s.Admin.DescribeGroups(t.Context(), s.Group)
	if err != nil {
		t.Fatal(err)
	}
	if groups[s.Group].State != "Stable" {
		return 0
	}
	return len(groups[s.Group].Members)
}
