package deploy

import (
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/browser"
)

// TestTheDjangoExampleRunsInContainers does what clients/django/README.md says:
// one command, then an appointment that is booked in the browser.
func TestTheDjangoExampleRunsInContainers(t *testing.T) {
	s := newStack(t)
	port := freePorts(t, 1)[0]
	s.env = append(s.env, "DJANGO_PORT="+port)
	django := []string{"--profile", "sandbox", "--profile", "django"}
	t.Cleanup(func() { s.tryWith(django, "down", "-v", "-t", "1") })
	if r := s.tryWith(django, "up", "-d", "--build", "--wait", "--wait-timeout", "240"); r.err != nil {
		t.Fatalf("%v\n%s", r.err, r.output)
	}
	url := "http://127.0.0.1:" + port
	p := browser.Open(t, url+"/login/?next=/clinic/appointment/add/")
	p.Fill("username", "clerk", "password", "clerk")
	p.Click("//input[@type='submit']")
	p.Fill("patient", "Mara Lind", "email", "mara.lind@patients.example",
		"starts_at_0", time.Now().Add(48*time.Hour).Format(time.DateOnly), "starts_at_1", "09:30")
	p.Click("//input[@name='_save']")
	p.Await("the appointment is booked", "document.querySelector('.messagelist .success')?.innerText")
	p.Shows(url+"/clinic/appointment/", "e-mail: delivered")
}
