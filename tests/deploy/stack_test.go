package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

var stacks atomic.Int32

// stack is one Compose project with ports of its own, all on loopback.
type stack struct {
	*testing.T
	project string
	tree    string
	env     []string
	kafka   string // host:port
	inbox   string // URL of the sandbox
	metrics string // URL of Prometheus
	client  *kgo.Client
}

func newStack(t *testing.T) *stack {
	t.Helper()
	s := &stack{T: t, tree: tree, project: fmt.Sprintf("%s-%d", version, stacks.Add(1))}
	ports := freePorts(t, 7)
	s.kafka, s.inbox, s.metrics = "127.0.0.1:"+ports[0], "http://127.0.0.1:"+ports[4], "http://127.0.0.1:"+ports[6]
	s.env = environment("KAFKA_PORT="+ports[0], "EMAIL_WORKER_PORT="+ports[1], "SMS_WORKER_PORT="+ports[2],
		"DLQ_REPLAYER_PORT="+ports[3], "SANDBOX_PORT="+ports[4], "CONSOLE_PORT="+ports[5], "PROMETHEUS_PORT="+ports[6])
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s", s.try("logs", "--no-color", "--tail", "30").output)
		}
		s.tree = tree // the test's own may be gone by now
		if r := s.tryWith([]string{"--profile", "*"}, "down", "-v", "--remove-orphans", "-t", "1"); r.err != nil {
			t.Errorf("docker compose down: %v\n%s", r.err, r.output)
		}
	})
	return s
}

// freePorts returns ports that nothing listens on.
func freePorts(t *testing.T, n int) (ports []string) {
	t.Helper()
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }()
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		ports = append(ports, port)
	}
	return ports
}

type result struct {
	output string
	err    error
}

// try runs `docker compose` with all profiles of a trial.
func (s *stack) try(args ...string) result {
	return s.tryWith([]string{"--profile", "sandbox", "--profile", "sms"}, args...)
}

func (s *stack) tryWith(profiles []string, args ...string) result {
	cmd := exec.Command("docker", append(append([]string{"compose", "-p", s.project}, profiles...), args...)...)
	cmd.Dir, cmd.Env = s.tree, s.env
	out, err := cmd.CombinedOutput()
	return result{string(out), err}
}

// compose runs `docker compose` and fails the test when that fails.
func (s *stack) compose(args ...string) string {
	s.Helper()
	return s.done(s.try(args...), args)
}

// whole is compose with every profile: what only stops, removes or lists.
func (s *stack) whole(args ...string) string {
	s.Helper()
	return s.done(s.tryWith([]string{"--profile", "*"}, args...), args)
}

func (s *stack) done(r result, args []string) string {
	s.Helper()
	if r.err != nil {
		s.Fatalf("docker compose %s: %v\n%s", strings.Join(args, " "), r.err, r.output)
	}
	return r.output
}

// publish writes events from this machine, as Django would.
func (s *stack) publish(events []harness.Event) {
	s.Helper()
	if s.client == nil {
		client, err := kgo.NewClient(kgo.SeedBrokers(s.kafka))
		if err != nil {
			s.Fatal(err)
		}
		s.Cleanup(client.Close)
		s.client = client
	}
	records := make([]*kgo.Record, len(events))
	for i, e := range events {
		records[i] = &kgo.Record{Topic: "appointments.created", Key: []byte(fmt.Sprint(e["appointment_id"])), Value: harness.JSON(e)}
	}
	if err := s.client.ProduceSync(s.Context(), records...).FirstErr(); err != nil {
		s.Fatal(err)
	}
}

// bothChannels returns n events that ask for an e-mail and an SMS.
func bothChannels(prefix string, first, n int) []harness.Event {
	events := harness.Events(prefix, n)
	for i, e := range events {
		e["phone_e164"] = fmt.Sprintf("+1555%07d", 100_0000+first+i)
		e["notify"] = map[string]bool{"email": true, "sms": true}
	}
	return events
}

// accepted counts what the sandbox accepted on a channel, by recipient.
func (s *stack) accepted(channel string) map[string]int {
	s.Helper()
	answer, err := http.Get(s.inbox + "/_sandbox/accepts?kind=send&channel=" + channel)
	if err != nil {
		s.Fatal(err)
	}
	defer answer.Body.Close()
	var list struct{ Entries []sandbox.Entry }
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
		s.Fatal(err)
	}
	times := map[string]int{}
	for _, e := range list.Entries {
		times[e.Recipient]++
	}
	return times
}

// await waits until the channel has sent the events, each once, and returns how
// long that took.
func (s *stack) await(channel, field string, events []harness.Event, limit time.Duration) time.Duration {
	s.Helper()
	begin := time.Now()
	var times map[string]int
	harness.Await(s, limit, channel+" for all events", func() bool {
		times = s.accepted(channel)
		for _, e := range events {
			if times[fmt.Sprint(e[field])] == 0 {
				return false
			}
		}
		return true
	})
	for recipient, n := range times {
		if n != 1 {
			s.Errorf("%s was sent %d times on %s", recipient, n, channel)
		}
	}
	return time.Since(begin)
}

// inspect asks docker about an object.
func inspect(t *testing.T, into any, args ...string) {
	t.Helper()
	out, err := exec.Command("docker", append([]string{"inspect"}, args...)...).Output()
	if err != nil {
		t.Fatalf("docker inspect %v: %v", args, err)
	}
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(into); err != nil {
		t.Fatal(err)
	}
}
