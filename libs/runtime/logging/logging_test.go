package logging

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// written returns what a logger of the given settings writes.
func written(t *testing.T, cfg config.Service, terminal bool, lines int) string {
	t.Helper()
	var out bytes.Buffer
	log, err := newLogger(cfg, build.Info{Service: "email-worker", Version: "v1"}, &out, terminal)
	if err != nil {
		t.Fatal(err)
	}
	log.Debug("hidden")
	for range lines {
		log.Info("seen", Record(&ports.Record{Topic: "t", Partition: 1, Offset: 2}), Record(nil), Channel(domain.Email), Appointment("a-1"),
			Failure(&domain.Failure{Class: domain.ClassTransient, Code: "mailgun.429", Detail: "too many"}), zap.Duration("took", time.Second))
	}
	return out.String()
}

func TestALineIsJSONWithOneNamePerThing(t *testing.T) {
	out := written(t, config.Service{LogLevel: "info"}, false, 1)
	var line map[string]any
	if err := json.Unmarshal([]byte(out), &line); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := time.Parse("2006-01-02T15:04:05.000Z0700", line["time"].(string)); err != nil {
		t.Error(err)
	}
	delete(line, "time")
	want := map[string]any{
		"level": "info", "msg": "seen", "service": "email-worker", "version": "v1", "topic": "t", "partition": 1.0, "offset": 2.0,
		"channel": "email", "appointment_id": "a-1", "class": "transient", "code": "mailgun.429", "detail": "too many", "took": "1s",
	}
	for name, value := range want {
		if line[name] != value {
			t.Errorf("%s is %v, want %v", name, line[name], value)
		}
	}
	if len(line) != len(want) {
		t.Errorf("fields beyond those named: %v", line)
	}
}

func TestATerminalGetsTextUnlessAskedOtherwise(t *testing.T) {
	for _, c := range []struct {
		format    string
		terminal  bool
		wantsJSON bool
	}{{"", false, true}, {"", true, false}, {"json", true, true}, {"console", false, false}} {
		out := written(t, config.Service{LogLevel: "info", LogFormat: c.format}, c.terminal, 1)
		if got := strings.HasPrefix(out, "{"); got != c.wantsJSON {
			t.Errorf("format %q, terminal %v: %s", c.format, c.terminal, out)
		}
	}
}

func TestNothingIsSampledAway(t *testing.T) {
	if n := strings.Count(written(t, config.Service{LogLevel: "info"}, false, 5000), "\n"); n != 5000 {
		t.Errorf("%d of 5000 lines", n)
	}
}

// Publishers choose their ids, and some choose the patient's address.
func TestAnIDThatIsARecipientIsNotLogged(t *testing.T) {
	for id, want := range map[string]string{
		"a-7": "a-7", "48213": "48213", "3f0c9a52-5a64-4c0e-9a57-0f6f6f1f6f11": "3f0c9a52-5a64-4c0e-9a57-0f6f6f1f6f11",
		"ann@patient.example": "a***@p***.example", "user%40y.example": "u***@***.example", "+15550101000": "***00",
		"015512345678": "***78", "tel:+4915512345678": "tel:***78", "YW5uQHBhdGllbnQuZXhhbXBsZQ==": "***",
	} {
		if got := Appointment(id).String; got != want {
			t.Errorf("%s is logged as %s, want %s", id, got, want)
		}
	}
}
