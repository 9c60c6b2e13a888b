package replayer

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// TestAJobTellsTheTruthHoweverOftenItsWorkerDies: while a job runs, its worker is
// killed with kill -9 again and again, answers are lost behind the accept, and a
// second worker joins and dies. Each dead letter is repaired once or fails once, and
// job, dead letters and provider say the same.
func TestAJobTellsTheTruthHoweverOftenItsWorkerDies(t *testing.T) {
	r := newReplayer(t, harness.Config{Partitions: 6})
	var repaired, refused []harness.Event
	for i, e := range fill(r, 1200) {
		if i > 0 && i%25 == 0 {
			refused = append(refused, e)
		} else {
			repaired = append(repaired, e)
		}
	}
	r.Script(sandbox.Rule{Match: sandbox.Match{Recipient: "dead-*00@*"}, Action: sandbox.Action{
		Type: script.Answer, Status: 400, Body: `{"message":"'to' parameter is not a valid address. please check documentation"}`,
	}})
	r.Script(sandbox.Rule{Match: sandbox.Match{Every: 40}, Action: sandbox.Action{Type: script.AcceptThen, Ending: script.EndReset}})
	r.Script(sandbox.Rule{Action: sandbox.Action{Type: script.Latency, Delay: 5 * time.Millisecond, DelayMax: 80 * time.Millisecond}})
	job := r.start(r.repair("recipient_rejected", "--rate", "50", "--patience", "2m")...)
	r.killWorkers(5)
	r.StartWorker(map[string]string{"KAFKA_GROUP_INSTANCE_ID": "worker-1"})
	if code := job.Wait(3 * time.Minute); code != 1 { // some failed again
		t.Errorf("the job ended with %d:\n%s", code, job.Log())
	}
	r.awaitReplays(time.Minute)
	if lost, doubled := r.Judge(repaired); lost != 0 || doubled != 0 {
		t.Errorf("lost %d, doubled %d", lost, doubled)
	}
	if n, all := len(r.Read(r.Replay)), len(repaired)+len(refused); n != all {
		t.Errorf("%d replays of %d dead letters", n, all)
	}
	if j := r.jobs()[0]; j.State != "done" || j.Counts.Sent != len(repaired) || j.Counts.Failed != len(refused) {
		t.Errorf("the job says %+v, want %d sent and %d failed", j, len(repaired), len(refused))
	}
	r.wantOpen("recipient_rejected", refused)
}

// killWorkers kills the worker at random moments, each time after another one has
// joined or has not.
func (r replayer) killWorkers(kills int) {
	seed := uint64(time.Now().UnixNano())
	r.T.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range kills {
		// A static member takes its partitions back at once.
		workers := []*harness.Process{r.StartWorker(map[string]string{"KAFKA_GROUP_INSTANCE_ID": "worker-1"})}
		if random.IntN(3) == 0 {
			workers = append(workers, r.StartWorker(nil))
		}
		before := len(r.Accepts())
		harness.Await(r.T, time.Minute, "some were sent", func() bool { return len(r.Accepts()) > before+random.IntN(20) })
		for _, w := range workers {
			w.Kill()
		}
	}
}

// wantOpen fails the test unless the events, and no others, have an open dead letter
// of that class, replayed once.
func (r replayer) wantOpen(class string, want []harness.Event) {
	r.T.Helper()
	p := r.start("list", "--limit", "0", "--class", class, "--channel", r.Channel, "-o", "json")
	var open []struct {
		Appointment string
		ReplayCount int `json:"replay_count"`
	}
	if code := p.Wait(time.Minute); code != 0 || json.Unmarshal([]byte(p.Log()), &open) != nil {
		r.T.Fatalf("list ended with %d:\n%s", code, p.Log())
	}
	counts, wanted := map[string]int{}, map[string]int{}
	for _, o := range open {
		counts[o.Appointment] = o.ReplayCount
	}
	for _, e := range want {
		wanted[e["appointment_id"].(string)] = 1
	}
	if !maps.Equal(counts, wanted) {
		r.T.Errorf("%d are open, want %d: %v", len(counts), len(wanted), counts)
	}
}
