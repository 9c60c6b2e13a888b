// Package channel tests that a third channel needs a folder under services and
// one line where channels are listed, and nothing else in libs.
package channel

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// The one line, and the line of the table that it comes behind.
const (
	line   = `		{channel: "push", member: "device_token", grammar: "^[0-9a-f]{16}$", want: "must be 16 hexadecimal digits"},`
	behind = `		{channel: SMS, member: "phone_e164", grammar: phonePattern, want: phoneWant},`
)

// device is a recipient of the third channel.
const device = "00112233445566aa"

// TestAThirdChannelIsAFolderAndOneLine builds the worker in testdata in a copy
// of the repository and lets it send, with the topics and the event that
// notifyctl makes for it.
func TestAThirdChannelIsAFolderAndOneLine(t *testing.T) {
	root := t.TempDir()
	copyRepository(t, root)
	worker, notifyctl := build(t, root, "services/push-worker"), build(t, root, "tools/notifyctl")
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	beacon := &beacon{messages: map[string]string{}, sent: map[string]int{}, lose: true}
	server := httptest.NewServer(beacon)
	t.Cleanup(server.Close)
	settings := map[string]string{
		"KAFKA_BOOTSTRAP_SERVERS": kafka.ListenAddrs()[0], "HEALTH_ADDR": "127.0.0.1:0",
		"BEACON_TOKEN": "an-example-token", "BEACON_URL": server.URL,
		"RECONCILE_SETTLE_SECONDS": "1", "RECONCILE_VISIBILITY_SECONDS": "1",
	}
	run := func(args ...string) string {
		t.Helper()
		p := harness.Start(t, notifyctl, settings, args...)
		if code := p.Wait(time.Minute); code != 0 {
			t.Fatalf("notifyctl %s: exit code %d\n%s", args[0], code, p.Log())
		}
		return p.Log()
	}
	for _, topic := range []string{"notifications.push.ledger", "appointments.created.replay.push"} {
		if made := run("topics", "ensure"); !strings.Contains(made, topic) {
			t.Errorf("%s is not among the topics:\n%s", topic, made)
		}
	}
	for range 2 { // the relay writes it twice
		run("publish", "--id", "a-1", "--to", "push="+device)
	}
	run("publish", "--id", "a-2", "--to", "push="+device[1:]+"f")
	p := harness.Start(t, worker, settings)
	awaitCommits(t, kafka.ListenAddrs(), "notifications-push-worker", 3)
	if told := run("status", "--appointment", "a-1"); !strings.Contains(told, "push\n  SENT") {
		t.Errorf("the channel's ledger is not told:\n%s", told)
	}
	if code, _ := p.Terminate(time.Minute); code != 0 {
		t.Errorf("the worker ends with exit code %d", code)
	}
	if beacon.sent[device] != 1 || beacon.sent[device[1:]+"f"] != 1 || beacon.asked == 0 {
		t.Errorf("messages by device: %v, want one each; asked %d times about the lost answer", beacon.sent, beacon.asked)
	}
}

// copyRepository copies what the worker and notifyctl are built from, and adds
// the channel.
func copyRepository(t *testing.T, root string) {
	t.Helper()
	original := harness.Root(t)
	for _, folder := range []string{"libs", "services", "tools", "contracts"} {
		if err := os.CopyFS(filepath.Join(root, folder), os.DirFS(filepath.Join(original, folder))); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(root, "services", "push-worker"), os.DirFS("testdata/push-worker")); err != nil {
		t.Fatal(err)
	}
	table := filepath.Join(root, "libs", "domain", "channel.go")
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), behind, behind+"\n"+line, 1)
	if changed == string(text) {
		t.Fatalf("%s has no line\n%s", table, behind)
	}
	if err := os.WriteFile(table, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, root, "go", "work", "init", "./libs", "./tools",
		"./services/email-worker", "./services/sms-worker", "./services/dlq-replayer", "./services/push-worker")
}

func build(t *testing.T, root, pkg string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.Base(pkg))
	command(t, filepath.Join(root, pkg), "go", "build", "-o", path, ".")
	return path
}

func command(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=") // the copy's own
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// beacon is the provider. It loses its first answer after it has accepted the
// message, so that the worker has to ask.
type beacon struct {
	mu       sync.Mutex
	lose     bool
	messages map[string]string
	sent     map[string]int
	asked    int
}

// ServeHTTP implements http.Handler.
func (b *beacon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.Method == http.MethodGet {
		b.asked++
		if id := b.messages[strings.TrimPrefix(r.URL.Path, "/messages/")]; id != "" {
			reply(w, http.StatusOK, "message", id)
			return
		}
		reply(w, http.StatusNotFound, "error", "no_such_message")
		return
	}
	var m struct{ Reference, To, Text string }
	body, _ := io.ReadAll(r.Body)
	if json.Unmarshal(body, &m) != nil || r.Header.Get("Authorization") != "Bearer an-example-token" || m.Text == "" {
		reply(w, http.StatusBadRequest, "error", "bad_request")
		return
	}
	b.sent[m.To]++
	b.messages[m.Reference] = "m-" + m.Reference[:8]
	if b.lose {
		b.lose = false
		panic(http.ErrAbortHandler) // the connection breaks
	}
	reply(w, http.StatusCreated, "message", b.messages[m.Reference])
}

func reply(w http.ResponseWriter, status int, name, text string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{name: text})
}

// awaitCommits waits until a group has committed so many records.
func awaitCommits(t *testing.T, seeds []string, group string, want int64) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(seeds...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	admin, tick := kadm.NewClient(client), time.NewTicker(100*time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); ; <-tick.C {
		var committed int64
		offsets, err := admin.FetchOffsets(t.Context(), group)
		offsets.Each(func(o kadm.OffsetResponse) { committed += max(0, o.At) })
		if err == nil && committed == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d records are committed; %v", committed, want, err)
		}
	}
}
