package django

import (
	"testing"
	"time"
)

// TestWhatIsPublishedAgainIsSentOnce publishes again what was sent, as if no
// outcome had come of it: the workers know it by its revision.
func TestWhatIsPublishedAgainIsSentOnce(t *testing.T) {
	broker.RequireReal(t)
	p := newProject(t, sqlite(t), map[string]string{"EVENT_BUILDER": "tests.clinic.events.numbered"})
	p.StartWorker(nil)
	run := func(args ...string) {
		t.Helper()
		if code := p.manage(args...).Wait(2 * time.Minute); code != 0 {
			t.Fatalf("%v ended with %d", args, code)
		}
	}
	run("change_appointments", "--threads", "1", "--appointments", "3", "--changes", "2", "--seconds", "0")
	run("relay_notifications", "--once")
	p.AwaitDone(time.Minute)
	run("notifications_republish", "--since", time.Now().Add(-time.Hour).Format(time.RFC3339), "--yes")
	run("relay_notifications", "--once")
	p.AwaitDone(time.Minute)
	if records, sent := len(p.Read(p.Source)), len(p.Accepts()); records != 8 || sent != 5 {
		t.Errorf("%d records and %d e-mails, not 5 changes of 3 appointments and each one's last again", records, sent)
	}
}
