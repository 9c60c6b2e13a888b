package obs

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// watched is the demo, with Django beside it, and the Prometheus that scrapes them.
type watched struct {
	*server
	demo string // its page
}

func watch(t *testing.T) watched {
	t.Helper()
	notifyctl := harness.NewBinaries(t.TempDir()).Path(t, "tools/notifyctl")
	demo := harness.StartIn(t, harness.Root(t), notifyctl, nil, "demo", "--rate", "5", "--addr", "127.0.0.1:0")
	harness.Await(t, 5*time.Minute, "the demo runs", func() bool {
		if !demo.Running() {
			t.Fatal("the demo has ended")
		}
		return strings.Contains(demo.Log(), "Ctrl-C ends the demo")
	})
	said := func(pattern string) string {
		found := regexp.MustCompile(pattern).FindStringSubmatch(demo.Log())
		if found == nil {
			t.Fatalf("the demo does not say %s", pattern)
		}
		return found[1]
	}
	targets := django(t, said(`Kafka +(\S+)`))
	for _, program := range []string{"email-worker", "sms-worker", "dlq-replayer"} {
		targets = append(targets, target{program, said(program + ` +http://(\S+)/status`)})
	}
	return watched{startPrometheus(t, targets), said(`Inbox and controls +(http://\S+)/`)}
}

// django runs the relay and the consumer of the example, which books an appointment.
func django(t *testing.T, kafka string) (targets []target) {
	t.Helper()
	root := harness.Root(t)
	settings := map[string]string{
		"DATA_FOLDER": t.TempDir(), "PYTHONPATH": filepath.Join(root, "clients/django/src"), "PYTHONDONTWRITEBYTECODE": "1",
		"KAFKA_BOOTSTRAP_SERVERS": kafka,
	}
	python := filepath.Join(root, ".build/venv/bin/python")
	if _, err := os.Stat(python); err != nil {
		t.Fatalf("run tools/testenv/django: %v", err)
	}
	manage := func(args ...string) *harness.Process {
		return harness.Start(t, python, settings, append([]string{filepath.Join(root, "clients/django/example/manage.py")}, args...)...)
	}
	const book = `from clinic.models import Appointment; from django.utils import timezone; from datetime import timedelta
Appointment.objects.create(patient="Mara Lind", starts_at=timezone.now() + timedelta(days=2), email="mara.lind@patients.example")`
	for _, step := range [][]string{{"migrate"}, {"shell", "-v0", "-c", book}} {
		if code := manage(step...).Wait(2 * time.Minute); code != 0 {
			t.Fatalf("manage.py %s ended with %d", step[0], code)
		}
	}
	for program, command := range map[string]string{"django-relay": "relay_notifications", "django-outcomes": "consume_outcomes"} {
		address := freeAddress(t)
		manage(command, "--health-addr", address)
		targets = append(targets, target{program, address})
	}
	return targets
}

// press presses a button of the demo's page.
func (w watched) press(button string) {
	w.Helper()
	answer, err := http.Post(w.demo+"/_demo/"+button, "application/json", nil)
	if err != nil || answer.Body.Close() != nil || answer.StatusCode != http.StatusOK {
		w.Fatalf("the button %s: %v %v", button, answer, err)
	}
}

// shown is a query of a panel, with the variables put in.
type shown struct{ panel, expr string }

// await waits until each query has had something to show.
func (w watched) await(queries []shown) {
	w.Helper()
	queries = slices.Clone(queries)
	defer func() {
		for _, q := range queries {
			w.Logf("nothing to show: %s: %s", q.panel, q.expr)
		}
	}()
	harness.Await(w.T, 3*time.Minute, "every query of the dashboard has something to show", func() bool {
		queries = slices.DeleteFunc(queries, func(q shown) bool { return w.shows(q.expr) })
		return len(queries) == 0
	})
}

// alerts returns what was about to fire since Prometheus was started, and what has
// fired, with its code where it has one.
func (w watched) alerts() (pending, fired []string) {
	w.Helper()
	for _, one := range w.over("sum by (alertname, alertstate, code) (ALERTS)") {
		name := strings.TrimSpace(one.Metric["alertname"] + " " + one.Metric["code"])
		if one.Metric["alertstate"] == "firing" {
			fired = append(fired, name)
		} else {
			pending = append(pending, name)
		}
	}
	return pending, fired
}

// atMost fails the test where there were other alerts than these. Most of them wait
// for minutes, in which the demo is over.
func (w watched) atMost(when string, alerts ...string) {
	w.Helper()
	pending, fired := w.alerts()
	for _, name := range append(pending, fired...) {
		if !slices.Contains(alerts, name) {
			w.Errorf("%s: %s", when, name)
		}
	}
	for _, name := range fired {
		if !slices.Contains(onPurpose, name) && !slices.Contains(slow, name) {
			w.Errorf("%s: %s fires", when, name)
		}
	}
}

var (
	// onPurpose: one event in twelve of the demo is bad and one in seventeen has an
	// address that is refused; one message in thirteen bounces.
	onPurpose = []string{"NotificationsManyDeadLetters", "NotificationsUndelivered"}
	// atFirst nothing has been committed or read yet, and no lease taken.
	atFirst = []string{"NotificationsNotMoving", "NotificationsOutcomesNotRead", "NotificationsNoRelay"}
	// slow: on a busy machine an answer may take longer than the second that a
	// scrape, or the three that a provider has here, and a look-up longer than the
	// half second that the demo takes for half of V.
	slow = []string{
		"NotificationsProgramDown", "NotificationsProviderOutage", "NotificationsInDoubt", "NotificationsVisibilityBroken",
		"NotificationsAlert promise.visibility",
	}
)

// faults are the demo's buttons, and what Prometheus notices of each.
var faults = []struct{ button, alert string }{
	{"down", "NotificationsProviderOutage"},
	{"lose", "NotificationsInDoubt"},
}

// haltedPanel has something to show only while sending is halted.
const haltedPanel = "Why sending is halted"

func queries(b board) (calm, halted []shown) {
	for _, p := range b.panels {
		for _, q := range p.queries {
			for _, channels := range []string{allChannels, bothChannels} {
				if one := (shown{*p.Title, query(q.Expr, channels)}); one.panel == haltedPanel {
					halted = append(halted, one)
				} else {
					calm = append(calm, one)
				}
			}
		}
	}
	return calm, halted
}

func TestTheDemoOnTheDashboard(t *testing.T) {
	calm, halted := queries(load(t))
	w := watch(t)
	w.await(calm)
	w.atMost("without a fault", slices.Concat(onPurpose, atFirst, slow)...)

	w.press("approve")
	for _, fault := range faults {
		w.press(fault.button)
		harness.Await(t, 2*time.Minute, fault.alert, func() bool {
			pending, _ := w.alerts()
			return slices.Contains(pending, fault.alert)
		})
		w.press(fault.button)
	}
	w.await(halted)
	w.atMost("with faults", slices.Concat(onPurpose, atFirst, slow)...) // slow names what the faults raise, too.

	var channels []string // What the dashboard lets choose from.
	if w.ask(&channels, "label/channel/values", "match[]", "notifications_total"); !slices.Equal(channels, []string{"email", "sms"}) {
		t.Errorf("one may choose among %v", channels)
	}
	w.selectsWhatExists()
	w.hasAPanelForEach(append(calm, halted...))
}

// hasAPanelForEach looks for each metric of ours in the queries of the dashboard.
func (w watched) hasAPanelForEach(queries []shown) {
	w.Helper()
	var names []string
	w.ask(&names, "label/__name__/values")
	ours := regexp.MustCompile(`^(?:appointment_)?(?:notifications?|provider)_`)
	part := regexp.MustCompile(`_(?:bucket|sum|count)$`)
	for _, name := range names {
		name = part.ReplaceAllString(name, "")
		used := regexp.MustCompile(`\b` + name + `(?:_bucket)?\b`)
		if ours.MatchString(name) && !slices.ContainsFunc(queries, func(q shown) bool { return used.MatchString(q.expr) }) {
			w.Errorf("no panel shows %s", name)
		}
	}
}

// selectsWhatExists evaluates each rule, and each of its selectors by itself: a
// rule about a metric or a label that is not there never fires.
func (w watched) selectsWhatExists() {
	w.Helper()
	rules := w.rules()
	if len(rules) < 25 {
		w.Errorf("%d rules are loaded", len(rules))
	}
	for _, r := range rules {
		if r.Health != "ok" {
			w.Errorf("%s: %s", r.Name, r.LastError)
		}
		for _, selector := range w.selectors(r.Query) {
			if !w.shows(selector) {
				w.Errorf("%s selects %s, and there is no such series", r.Name, selector)
			}
		}
	}
}
