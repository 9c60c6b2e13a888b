package django

import (
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/browser"
	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// example is clients/django/example as its three processes, beside the worker.
type example struct {
	*harness.System
	settings map[string]string
	url      string
}

func startExample(t *testing.T) *example {
	t.Helper()
	s := harness.New(t, broker, binaries, harness.Config{})
	port := freePort(t)
	e := &example{s, merged(s.Settings(), map[string]string{
		"DATA_FOLDER": t.TempDir(), "PYTHONPATH": filepath.Join(client(t), "src"), "PYTHONDONTWRITEBYTECODE": "1",
	}), "http://127.0.0.1:" + port}
	for _, step := range []string{"migrate", "make_clerk"} {
		if code := e.manage(step).Wait(time.Minute); code != 0 {
			t.Fatalf("%s ended with %d", step, code)
		}
	}
	e.manage("runserver", "--noreload", "--insecure", "127.0.0.1:"+port)
	e.manage("relay_notifications")
	e.manage("consume_outcomes")
	s.StartWorker(map[string]string{"RECEIPTS_POLL_SECONDS": "1"})
	harness.Await(t, time.Minute, "the admin answers", func() bool {
		response, err := http.Get(e.url)
		if err != nil {
			return false
		}
		return response.Body.Close() == nil && response.StatusCode == http.StatusOK
	})
	return e
}

func (e *example) manage(args ...string) *harness.Process {
	e.T.Helper()
	return harness.Start(e.T, python(e.T), e.settings, append([]string{filepath.Join(client(e.T), "example/manage.py")}, args...)...)
}

func freePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}

// save saves the form of the admin and waits for the list that follows.
func save(p *browser.Page) {
	p.Click("//input[@name='_save']")
	p.Await("the list after it was saved", "document.querySelector('.messagelist .success')?.innerText")
}

// TestExampleInTheBrowser books, moves and cancels an appointment as a clerk
// does, and sees what became of each message.
func TestExampleInTheBrowser(t *testing.T) {
	broker.RequireReal(t)
	e := startExample(t)
	appointments := e.url + "/clinic/appointment/"
	p := browser.Open(t, e.url+"/login/?next=/")
	p.Fill("username", "clerk", "password", "clerk")
	p.Click("//input[@type='submit']")
	p.Await("the front page", "document.body?.innerText.includes('Appointments')")

	p.Open(appointments + "add/")
	soon := time.Now().Add(48 * time.Hour)
	p.Fill("patient", "Mara Lind", "email", "no address", "starts_at_0", soon.Format(time.DateOnly), "starts_at_1", "09:30")
	p.Click("//input[@name='_save']")
	p.Await("the clerk sees that the address is none", "document.querySelector('.errorlist')?.innerText.includes('email')")

	p.Fill("email", "mara.lind@patients.example")
	save(p)
	p.Shows(appointments, "e-mail: delivered")

	// The sandbox's mailboxes of this name take nothing.
	p.Open(appointments + "1/change/")
	p.Fill("starts_at_1", "11:00", "email", "bounce@patients.example")
	save(p)
	p.Shows(appointments, "e-mail: undelivered (mailgun.550)")
	// The project's own receiver of the signal has put the patient on the list of calls.
	p.Shows(e.url+"/clinic/call/", "email undelivered (mailgun.550), revision 2")

	p.Open(appointments + "1/change/")
	p.Fill("status", "cancelled")
	save(p)
	harness.Await(t, time.Minute, "the cancellation is sent", func() bool { return len(e.Accepts()) == 3 })

	var subjects []string
	for _, a := range e.Accepts() {
		subjects = append(subjects, strings.ToLower(a.Subject))
	}
	for i, word := range []string{"confirmed", "moved", "cancelled"} {
		if !strings.Contains(subjects[i], word) {
			t.Errorf("e-mail %d is called %q", i, subjects[i])
		}
	}
}
