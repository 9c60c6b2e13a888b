package django

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// project is a Django project on one database beside a system.
type project struct {
	*harness.System
	settings map[string]string
}

// newProject makes a system, and a project with an empty database.
func newProject(t *testing.T, database map[string]string, settings map[string]string) *project {
	t.Helper()
	s := harness.New(t, broker, binaries, harness.Config{})
	p := &project{s, merged(s.Settings(), database, map[string]string{
		"OUTCOMES_GROUP": s.Source + "-django", "PYTHONDONTWRITEBYTECODE": "1",
	}, settings)}
	if code := p.manage("migrate", "--run-syncdb", "-v0").Wait(time.Minute); code != 0 {
		t.Fatalf("migrate ended with %d", code)
	}
	return p
}

// manage starts a command of the tests' Django project.
func (p *project) manage(args ...string) *harness.Process {
	p.T.Helper()
	return harness.Start(p.T, python(p.T), p.settings, append([]string{filepath.Join(client(p.T), "tests/manage.py")}, args...)...)
}

// TestKillMinusNineLosesNothingDoublesNothingAndKeepsTheOrder kills relays and
// e-mail worker at random moments while eight threads change 200 appointments
// 2,000 times, and takes the broker away once. DJANGO_KILLS and DJANGO_OUTAGE
// say how often and for how long.
func TestKillMinusNineLosesNothingDoublesNothingAndKeepsTheOrder(t *testing.T) {
	broker.RequireReal(t)
	for name, database := range databases {
		t.Run(name, func(t *testing.T) { killAll(t, database(t)) })
	}
}

func killAll(t *testing.T, database map[string]string) {
	kills, outage := fromEnvironment(t, "DJANGO_KILLS", 10), time.Duration(fromEnvironment(t, "DJANGO_OUTAGE", 10))*time.Second
	p := newProject(t, database, map[string]string{
		"EVENT_BUILDER": "tests.clinic.events.numbered", "LEASE_SECONDS": "2", "DELIVERY_TIMEOUT_SECONDS": "5",
		// A static member takes its partitions back at once.
		"KAFKA_GROUP_INSTANCE_ID": "worker-1",
	})
	p.Script(sandbox.Rule{Action: sandbox.Action{Type: script.Latency, Delay: 5 * time.Millisecond, DelayMax: 80 * time.Millisecond}})
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	begin := time.Now()
	writers := p.manage("change_appointments", "--seconds", strconv.Itoa(kills*2+int(outage.Seconds())))
	start := []func() *harness.Process{p.relay, p.relay, func() *harness.Process { return p.StartWorker(p.settings) }}
	running := []*harness.Process{start[0](), start[1](), start[2]()}
	for n := range kills {
		if n == kills/2 {
			broker.Stop(t)
			pause(t, outage)
			broker.Start(t)
		}
		pause(t, 500*time.Millisecond+time.Duration(random.IntN(2500))*time.Millisecond)
		// Every second kill is the worker's.
		victim := []int{0, 2, 1, 2}[n%4]
		running[victim].Kill()
		running[victim] = start[victim]()
	}
	if code := writers.Wait(3 * time.Minute); code != 0 {
		t.Fatalf("the writers ended with %d", code)
	}
	want := p.changes(writers.Log())
	p.judge(want, running, begin, kills)
}

// relay starts a relay.
func (p *project) relay() *harness.Process { return p.manage("relay_notifications") }

// changes reads what the writers printed: the last revision of each appointment.
func (p *project) changes(printed string) map[string]int {
	p.T.Helper()
	last := map[string]int{}
	if err := json.Unmarshal([]byte(printed), &last); err != nil {
		p.T.Fatalf("%v: %s", err, printed)
	}
	return last
}

// judge waits until all is told and fails the test for whatever is lost,
// doubled or out of order.
func (p *project) judge(want map[string]int, running []*harness.Process, begin time.Time, kills int) {
	t := p.T
	var events []harness.Event
	for key, last := range want {
		for revision := 1; revision <= last; revision++ {
			events = append(events, harness.Event{"email": fmt.Sprintf("a%s.%06d@patients.example", key, revision)})
		}
	}
	harness.Await(t, 4*time.Minute, "every e-mail accepted", func() bool { return len(p.Accepts()) >= len(events) })
	p.AwaitDone(4 * time.Minute)
	for _, relay := range running[:2] {
		if code, _ := relay.Terminate(time.Minute); code != 0 {
			t.Errorf("a relay ended with %d after SIGTERM", code)
		}
	}
	records := p.Read(p.Source)
	lost, doubled := p.Judge(events)
	t.Logf("%d kills in %s: %d events, %d records (%d published twice), %d e-mails lost, %d doubled",
		kills, time.Since(begin).Round(time.Second), len(events), len(records), len(records)-len(events), lost, doubled)
	if lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	p.JudgeOrder()
	judgeRecords(t, records, want)
}

// judgeRecords fails the test unless each revision is in the topic, the first
// occurrences of an appointment's rise, and each lies where Java puts its key.
func judgeRecords(t testing.TB, records []*kgo.Record, want map[string]int) {
	t.Helper()
	java := kgo.StickyKeyPartitioner(nil).ForTopic("")
	seen := map[string]int{}
	for _, r := range records {
		var event struct {
			AppointmentID string `json:"appointment_id"`
			Revision      int    `json:"revision"`
		}
		if err := json.Unmarshal(r.Value, &event); err != nil {
			t.Fatal(err)
		}
		key := string(r.Key)
		if next := seen[key] + 1; event.Revision > next {
			t.Errorf("revision %d of %s comes before %d", event.Revision, key, next)
		}
		seen[key] = max(seen[key], event.Revision)
		if place := java.Partition(r, 6); int32(place) != r.Partition || event.AppointmentID != key {
			t.Errorf("%s of %s is on partition %d, not %d", key, event.AppointmentID, r.Partition, place)
		}
	}
	if !maps.Equal(seen, want) {
		t.Errorf("of %d appointments with %d changes, %d are complete in the topic", len(want), sum(want), sum(seen))
	}
}

func sum(counts map[string]int) (n int) {
	for _, count := range slices.Collect(maps.Values(counts)) {
		n += count
	}
	return n
}

// pause waits: for a moment that is random on purpose, or for an outage to last.
func pause(t testing.TB, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

func fromEnvironment(t testing.TB, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
