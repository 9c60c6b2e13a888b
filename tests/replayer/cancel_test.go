package replayer

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// waits returns the name of a job that waits for a server.
func waits(r replayer) string {
	r.T.Helper()
	if code, out := r.run(r.repair("recipient_rejected", "--no-wait")...); code != 0 {
		r.T.Fatalf("exit code %d:\n%s", code, out)
	}
	return r.jobs()[0].ID
}

// died returns the name of a job whose process was killed in the middle.
func died(r replayer) string {
	r.T.Helper()
	p := r.start(r.repair("recipient_rejected", "--rate", "20")...)
	harness.Await(r.T, time.Minute, "some sent", func() bool { return len(r.Accepts()) > 5 })
	p.Kill()
	return r.jobs()[0].ID
}

// cancelled cancels the job.
func cancelled(r replayer, id string) {
	r.T.Helper()
	if code, out := r.run("replay", "--cancel", id); code != 0 || !strings.Contains(out, "is cancelled") {
		r.T.Errorf("cancel ended with %d:\n%s", code, out)
	}
}

// whileAnotherRuns cancels the job while the process of another holds the lock,
// so that only word can be left for it.
func whileAnotherRuns(r replayer, id string) {
	r.T.Helper()
	other := r.start(r.repair("retries_exhausted", "--rate", "10")...)
	harness.Await(r.T, time.Minute, "another job runs", func() bool {
		return slices.ContainsFunc(r.jobs(), func(j job) bool { return j.ID != id && j.State == "running" })
	})
	if code, out := r.run("replay", "--cancel", id); code != 0 || !strings.Contains(out, "is to end") {
		r.T.Errorf("cancel ended with %d:\n%s", code, out)
	}
	if code := other.Wait(time.Minute); code != 0 {
		r.T.Errorf("the other job ended with %d:\n%s", code, other.Log())
	}
}

// look returns the job with that id.
func (r replayer) look(id string) job {
	r.T.Helper()
	jobs := r.jobs()
	i := slices.IndexFunc(jobs, func(j job) bool { return j.ID == id })
	if i < 0 {
		r.T.Fatalf("there is no job %s: %+v", id, jobs)
	}
	return jobs[i]
}

// awaitState waits until the job is in that state.
func (r replayer) awaitState(id, state string) {
	r.T.Helper()
	harness.Await(r.T, time.Minute, "job "+id+" is "+state, func() bool { return r.look(id).State == state })
}

// TestACancelledJobStaysCancelledUntilItIsResumed: a server that takes up every
// job that no process runs takes up a later one and not the cancelled one.
func TestACancelledJobStaysCancelledUntilItIsResumed(t *testing.T) {
	for name, c := range map[string]struct {
		make   func(replayer) string
		cancel func(replayer, string)
	}{
		"waits":                     {waits, cancelled},
		"its process died":          {died, cancelled},
		"waits, while another runs": {waits, whileAnotherRuns},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReplayer(t, harness.Config{Partitions: 6})
			fill(r, 160)
			r.StartWorker(nil)
			id := c.make(r)
			c.cancel(r, id)
			r.start("serve")
			r.awaitState(id, "cancelled")
			replayed := r.look(id).Counts.Replayed
			if code, out := r.run(r.repair("message_rejected", "--no-wait")...); code != 0 {
				t.Fatalf("exit code %d:\n%s", code, out)
			}
			r.awaitState(r.jobs()[0].ID, "done")
			if j := r.look(id); j.State != "cancelled" || j.Counts.Replayed != replayed {
				t.Errorf("the cancelled job: %+v", j)
			}
			r.wantSum(r.look(id))
			if code, out := r.run("replay", "--resume", id, "--yes", "--reason", "no mistake"); code != 0 {
				t.Errorf("resume ended with %d:\n%s", code, out)
			}
			j := r.look(id)
			if j.State != "done" || j.Counts.Sent != 40 {
				t.Errorf("the resumed job: %+v", j)
			}
			r.wantSum(j)
			r.wantEachOnce()
		})
	}
}

// wantEachOnce fails the test unless nothing was sent twice and nothing that a
// job has replayed was lost.
func (r replayer) wantEachOnce() {
	r.T.Helper()
	r.awaitReplays(time.Minute)
	replayed := 0
	for _, j := range r.jobs() {
		replayed += j.Counts.Replayed
	}
	sent := map[string]int{}
	for _, a := range r.Accepts() {
		sent[a.Recipient]++
		if sent[a.Recipient] > 1 {
			r.T.Errorf("%s was sent %d times", a.AppointmentID, sent[a.Recipient])
		}
	}
	if len(sent) != replayed || len(r.Read(r.Replay)) != replayed {
		r.T.Errorf("%d replayed, %d sent, %d in the topic", replayed, len(sent), len(r.Read(r.Replay)))
	}
}
