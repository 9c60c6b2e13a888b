package email

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

func TestEveryFaultInTheSettingsIsReportedAtOnceWithoutItsValue(t *testing.T) {
	t.Parallel()
	settings := map[string]string{
		"KAFKA_BOOTSTRAP_SERVERS": "http://broker:9092", "MAILGUN_API_KEY": "key-very-secret",
		"MAILGUN_DOMAIN": "not a domain", "DELIVERY_CONCURRENCY": "many", "MAILGUN_TIMEOUT_SECONDS": "-4",
		"KAFKA_PRODUCER_ACKS": "1", "LOG_LEVEL": "loud", "DISPLAY_TIMEZONE": "Europe/Atlantis",
	}
	p := harness.Start(t, binaries.Path(t, "services/email-worker"), settings)
	if code := p.Wait(10 * time.Second); code != 1 {
		t.Errorf("exit code %d", code)
	}
	for _, name := range []string{
		"KAFKA_BOOTSTRAP_SERVERS", "MAILGUN_DOMAIN", "MAILGUN_FROM_EMAIL", "DELIVERY_CONCURRENCY",
		"MAILGUN_TIMEOUT_SECONDS", "KAFKA_PRODUCER_ACKS", "LOG_LEVEL", "DISPLAY_TIMEZONE",
	} {
		if !strings.Contains(p.Log(), name) {
			t.Errorf("%s is not reported", name)
		}
	}
	if strings.Contains(p.Log(), "very-secret") || strings.Contains(p.Log(), "Atlantis") {
		t.Errorf("a value is shown:\n%s", p.Log())
	}
}

func TestAMissingTopicEndsTheWorkerAndNamesTheCommand(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{})
	p := s.StartWorker(map[string]string{"KAFKA_TOPIC_APPOINTMENTS_CREATED": s.Source + ".typo"})
	if code := p.Wait(30 * time.Second); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if log := p.Log(); !strings.Contains(log, "notifyctl topics ensure") || !strings.Contains(log, s.Source+".typo") {
		t.Errorf("the log names neither command nor topic:\n%s", log)
	}
}

func TestAnUnreachableBrokerIsNamedAndTriedAgain(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{})
	p := s.StartWorker(map[string]string{"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"})
	harness.Await(t, 60*time.Second, "two complaints", func() bool {
		return strings.Count(p.Log(), "cannot reach Kafka, trying again") >= 2
	})
	if !p.Running() || !strings.Contains(p.Log(), "127.0.0.1:1") {
		t.Errorf("running %t, log:\n%s", p.Running(), p.Log())
	}
	if code, _ := p.Terminate(15 * time.Second); code != 0 {
		t.Errorf("SIGTERM while waiting ended with %d", code)
	}
}

func TestHealthTellsWhatTheWorkerDoes(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 2})
	p := s.StartWorker(nil)
	var url string
	address := regexp.MustCompile(`"address":"([^"]+)"`)
	harness.Await(t, 20*time.Second, "a health address", func() bool {
		if m := address.FindStringSubmatch(p.Log()); m != nil {
			url = "http://" + m[1]
		}
		return url != ""
	})
	harness.Await(t, 30*time.Second, "ready", func() bool { return get(t, url+"/readyz").code == http.StatusOK })
	s.Publish(harness.Events("health", 10)...)
	s.AwaitDone(30 * time.Second)
	if live := get(t, url+"/livez"); live.code != http.StatusOK {
		t.Errorf("/livez %d", live.code)
	}
	if status := get(t, url+"/status").body; !strings.Contains(status, `"channel": "email"`) || !strings.Contains(status, `"lanes"`) {
		t.Errorf("/status: %s", status)
	}
	metrics := get(t, url+"/metrics").body
	if !regexp.MustCompile(`notifications_total\{[^}]*channel="email"[^}]*status="sent"[^}]*\} 10`).MatchString(metrics) {
		t.Error("/metrics does not count 10 sent")
	}
	if strings.Contains(metrics, "@") {
		t.Error("/metrics shows an address")
	}
	if code, took := p.Terminate(15 * time.Second); code != 0 {
		t.Errorf("SIGTERM ended with %d after %s", code, took)
	}
}

type answer struct {
	code int
	body string
}

func get(t *testing.T, url string) answer {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		return answer{}
	}
	defer func() { _ = resp.Body.Close() }()
	body, _ := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, string(body)}
}

func TestSwitchedOffDeadLettersStopTheWorkerAtTheFirstOne(t *testing.T) {
	t.Parallel()
	s := newSystem(t, harness.Config{Partitions: 1})
	bad := harness.NewEvent("bad")
	delete(bad, "email")
	p := s.StartWorker(map[string]string{"KAFKA_DLQ_ENABLED": "false"})
	s.Publish(harness.NewEvent("good"))
	s.AwaitDone(30 * time.Second)
	s.Publish(bad, harness.NewEvent("behind"))
	if code := p.Wait(30 * time.Second); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(p.Log(), "KAFKA_DLQ_ENABLED") {
		t.Error("the log does not name the setting")
	}
	if lag := s.Lag(); lag != 2 {
		t.Errorf("lag %d: nothing from the bad event on may be committed", lag)
	}
}
