package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// shell runs command lines against a broker of its own.
type shell struct {
	*testing.T
	env config.Env
}

func newShell(t *testing.T) shell {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return shell{t, config.Env{"KAFKA_BOOTSTRAP_SERVERS": cluster.ListenAddrs()[0]}}
}

func (s shell) run(want int, line string) (stdout, stderr string) {
	s.Helper()
	var out, errs strings.Builder
	if code := run(s.Context(), strings.Fields(line), s.env, &out, &errs); code != want {
		s.Fatalf("notifyctl %s: exit code %d, want %d\n%s%s", line, code, want, &out, &errs)
	}
	return out.String(), errs.String()
}

func TestTopicsEnsureMayBeRepeated(t *testing.T) {
	s := newShell(t)
	dry, _ := s.run(0, "topics ensure --dry-run")
	done, _ := s.run(0, "topics ensure")
	if dry != done || strings.Count(done, "+ ") != 5+2*len(domain.Channels()) {
		t.Errorf("dry run\n%sensure\n%s", dry, done)
	}
	again, _ := s.run(0, "topics ensure")
	if strings.Count(again, "= ") != 5+2*len(domain.Channels()) {
		t.Errorf("a second time\n%s", again)
	}
}

func TestTopicsEnsureShowsWhatItAlignsAndLeavesTheSourceAlone(t *testing.T) {
	s := newShell(t)
	s.run(0, "topics ensure")
	const ledger, source = "notifications.email.ledger", "appointments.created"
	s.setRetention(ledger, "1000")
	s.setRetention(source, "86400000")
	dry, _ := s.run(0, "topics ensure --dry-run")
	if !strings.Contains(dry, "~ "+ledger) || !strings.Contains(dry, "retention.ms 1000 -> ") || strings.Contains(dry, "~ "+source+" ") {
		t.Errorf("the drift is not shown:\n%s", dry)
	}
	done, _ := s.run(0, "topics ensure") // A dry run has done nothing.
	again, _ := s.run(0, "topics ensure")
	if done != dry || strings.Count(again, "= ") != 5+2*len(domain.Channels()) {
		t.Errorf("dry run\n%sensure\n%sa second time\n%s", dry, done, again)
	}
}

// setRetention is what an operator does by hand.
func (s shell) setRetention(topic, value string) {
	s.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(s.env["KAFKA_BOOTSTRAP_SERVERS"]))
	if err != nil {
		s.Fatal(err)
	}
	defer client.Close()
	altered, err := kadm.NewClient(client).AlterTopicConfigs(s.Context(), []kadm.AlterConfig{{Name: "retention.ms", Value: &value}}, topic)
	if err == nil {
		_, err = altered.On(topic, func(r *kadm.AlterConfigsResponse) error { return r.Err })
	}
	if err != nil {
		s.Fatal(err)
	}
}

func TestPublishedEventsStandWhereTheCommandSaid(t *testing.T) {
	s := newShell(t)
	s.run(0, "topics ensure")
	out, _ := s.run(0, "publish --email mara.lind@clinic.example --phone +15550100001 --sms --id a-7 --count 3 --revision 2 --status cancelled --time 2031-05-04T09:30:00+02:00")
	client, err := kgo.NewClient(kgo.SeedBrokers(s.env["KAFKA_BOOTSTRAP_SERVERS"]), kgo.ConsumeTopics("appointments.created"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var seen int
	for seen < 3 {
		fetches := client.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			seen++
			want := fmt.Sprintf("%s partition %d offset %d appointment %s\n", r.Topic, r.Partition, r.Offset, r.Key)
			if !strings.Contains(out, want) {
				t.Errorf("%q is not in\n%s", want, out)
			}
			var e map[string]any
			if err := json.Unmarshal(r.Value, &e); err != nil || e["appointment_id"] != string(r.Key) || e["revision"] != 2.0 || e["status"] != "cancelled" {
				t.Errorf("%s: %v", r.Value, err)
			}
		})
	}
}

func TestAnEventThatAWorkerWouldRefuseIsNotPublished(t *testing.T) {
	s := newShell(t) // without topics: anything that reached the broker would fail otherwise
	for line, want := range map[string]string{
		"publish --email nobody":                             "event.email",
		"publish --email a@clinic.example --time 2031-05-04": "event.time",
		"publish --sms":                                      "event.phone_e164",
		"publish --email a@clinic.example --status moved":    "event.status",
		"publish": "--email",
	} {
		if _, stderr := s.run(1, line); !strings.Contains(stderr, want) || strings.Contains(stderr, "nobody") {
			t.Errorf("%s: %s", line, stderr)
		}
	}
}

func TestFaultsSayWhatIsWrong(t *testing.T) {
	s := newShell(t)
	if _, stderr := s.run(2, "publish --nonsense"); !strings.Contains(stderr, "--nonsense") {
		t.Error(stderr)
	}
	if _, stderr := s.run(1, "publish --email mara.lind@clinic.example"); !strings.Contains(stderr, "notifyctl topics ensure") {
		t.Error(stderr)
	}
	s.env = config.Env{"KAFKA_TOPIC_PARTITIONS": "many"}
	_, stderr := s.run(1, "topics ensure")
	for _, name := range []string{"KAFKA_BOOTSTRAP_SERVERS", "KAFKA_TOPIC_PARTITIONS"} {
		if !strings.Contains(stderr, name) {
			t.Errorf("%s is not named in %s", name, stderr)
		}
	}
	s.env = config.Env{"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
	if _, stderr := s.run(1, "topics ensure --timeout 1s"); !strings.Contains(stderr, "127.0.0.1:1") {
		t.Error(stderr)
	}
}
