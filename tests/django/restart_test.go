package django

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// TestRelayAndConsumerOutliveARestartOfTheDatabase restarts PostgreSQL under
// them: they go on by themselves.
func TestRelayAndConsumerOutliveARestartOfTheDatabase(t *testing.T) {
	broker.RequireReal(t)
	database := startPostgres(t)
	p := newProject(t, database.settings(), map[string]string{"EVENT_BUILDER": "tests.clinic.events.numbered"})
	relay, consumer := p.relay(), p.manage("consume_outcomes")
	p.StartWorker(nil)
	change := func(accepted int) {
		t.Helper()
		if code := p.manage("change_appointments", "--threads", "1", "--appointments", "3", "--changes", "3", "--seconds", "0").Wait(time.Minute); code != 0 {
			t.Fatalf("the writer ended with %d", code)
		}
		harness.Await(t, 2*time.Minute, "every change is an e-mail", func() bool { return len(p.Accepts()) == accepted })
	}
	change(6)
	database.stop()
	pause(t, 3*time.Second)
	database.start()
	change(12)
	harness.Await(t, 2*time.Minute, "every outcome is stored", func() bool { return p.manage("count_outcomes", "12").Wait(time.Minute) == 0 })
	for _, process := range []*harness.Process{relay, consumer} {
		if code, _ := process.Terminate(30 * time.Second); code != 0 {
			t.Errorf("ended with %d after SIGTERM", code)
		}
	}
}
