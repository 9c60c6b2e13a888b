package topics_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

func config() topics.Config {
	return topics.Config{
		Source: "appointments.created", DLQ: "appointments.created.dlq",
		Replay: "appointments.created.replay.{channel}", Ledger: "notifications.{channel}.ledger",
		Outcomes:        "notifications.outcomes",
		LedgerRetention: 216 * time.Hour, Partitions: 6, ReplicationFactor: 1,
	}
}

// cluster starts a broker of its own for the test.
func cluster(t *testing.T) *kadm.Client {
	t.Helper()
	_, adm := brokers(t, 1)
	return adm
}

func brokers(t *testing.T, n int) (*kfake.Cluster, *kadm.Client) {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(n))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return c, kadm.NewClient(client)
}

func ensure(t *testing.T, adm *kadm.Client, c topics.Config) topics.Diff {
	t.Helper()
	diff, err := topics.Ensure(t.Context(), adm, c)
	if err != nil {
		t.Fatalf("ensure: %v\n%s", err, diff)
	}
	return diff
}

func create(t *testing.T, adm *kadm.Client, name string, partitions int32, settings map[string]string) {
	t.Helper()
	configs := make(map[string]*string)
	for key, value := range settings {
		configs[key] = kadm.StringPtr(value)
	}
	if _, err := adm.CreateTopic(t.Context(), partitions, 1, configs, name); err != nil {
		t.Fatal(err)
	}
}

func alter(t *testing.T, adm *kadm.Client, name, key, value string) {
	t.Helper()
	config := kadm.AlterConfig{Op: kadm.SetConfig, Name: key, Value: kadm.StringPtr(value)}
	if _, err := adm.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{config}, name); err != nil {
		t.Fatal(err)
	}
}

// settings returns the partition count and the settings of a topic.
func settings(t *testing.T, adm *kadm.Client, name string) (int, map[string]string) {
	t.Helper()
	details, err := adm.ListTopics(kadm.WithAuthorizedOps(t.Context()), name) // not from the cache
	if err != nil {
		t.Fatal(err)
	}
	described, err := adm.DescribeTopicConfigs(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string]string)
	for _, c := range described[0].Configs {
		values[c.Key] = c.MaybeValue()
	}
	return len(details[name].Partitions), values
}

func wantSettings(t *testing.T, adm *kadm.Client, name string, partitions int, want map[string]string) {
	t.Helper()
	count, have := settings(t, adm, name)
	if count != partitions {
		t.Errorf("%s has %d partitions, want %d", name, count, partitions)
	}
	for key, value := range want {
		if have[key] != value {
			t.Errorf("%s has %s=%s, want %s", name, key, have[key], value)
		}
	}
}

func days(n int) string { return strconv.Itoa(n * 24 * 3600 * 1000) }

func TestEnsureCreatesTheContractsTopicsOnce(t *testing.T) {
	adm := cluster(t)
	planned, err := topics.Plan(t.Context(), adm, config())
	if err != nil {
		t.Fatal(err)
	}
	diff := ensure(t, adm, config())
	if diff.String() != planned.String() || strings.Count(diff.String(), "+ ") != len(config().All()) {
		t.Errorf("planned\n%sdone\n%s", planned, diff)
	}
	const larger = "1114124" // 1 MiB + 12 + 64 KiB
	wantSettings(t, adm, "appointments.created", 6, map[string]string{"retention.ms": days(7), "segment.ms": days(1), "cleanup.policy": "delete"})
	wantSettings(t, adm, "appointments.created.dlq", 6, map[string]string{"retention.ms": days(30), "max.message.bytes": larger})
	for _, channel := range domain.Channels() {
		wantSettings(t, adm, "appointments.created.replay."+string(channel), 6,
			map[string]string{"retention.ms": days(7), "segment.ms": days(1), "max.message.bytes": larger})
		wantSettings(t, adm, "notifications."+string(channel)+".ledger", 6,
			map[string]string{"retention.ms": days(9), "segment.ms": days(1), "cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime"})
	}
	wantSettings(t, adm, topics.Resolutions, 1, map[string]string{"cleanup.policy": "compact", "min.compaction.lag.ms": days(2)})
	wantSettings(t, adm, "notifications.outcomes", 6, map[string]string{"retention.ms": days(30), "cleanup.policy": "delete"})
	wantSettings(t, adm, topics.Audit, 1, map[string]string{"retention.ms": days(90), "cleanup.policy": "delete"})
	if again := ensure(t, adm, config()); !again.Empty() {
		t.Errorf("a second time something is left to do:\n%s", again)
	}
	for _, ch := range domain.Channels() {
		layout, err := topics.Check(t.Context(), adm, config(), ch)
		if err != nil || layout.Partitions != 6 || layout.MaxRecordBytes != 1114124 {
			t.Errorf("%s: %+v, %v", ch, layout, err)
		}
		for topic, want := range map[string]int32{config().DLQ: 1114124, config().LedgerFor(ch): 1048588, topics.Resolutions: 1048588} {
			if got := layout.MaxBatchBytes[topic]; got != want {
				t.Errorf("a batch to %s may have %d bytes, want %d", topic, got, want)
			}
		}
	}
	if _, err := topics.CheckReplayer(t.Context(), adm, config()); err != nil {
		t.Error(err)
	}
}

func TestAnExistingSourceIsTheMeasureAndIsNotTouched(t *testing.T) {
	adm := cluster(t)
	mine := map[string]string{"retention.ms": days(20), "segment.ms": days(3), "max.message.bytes": "2000000"}
	create(t, adm, "appointments.created", 2, mine)
	ensure(t, adm, config())
	wantSettings(t, adm, "appointments.created", 2, mine)
	wantSettings(t, adm, "appointments.created.dlq", 2, map[string]string{"max.message.bytes": "2065536"})
	wantSettings(t, adm, "notifications.sms.ledger", 2, map[string]string{"retention.ms": days(24)})

	alter(t, adm, "appointments.created", "retention.ms", "-1")
	if _, err := adm.UpdatePartitions(t.Context(), 4, "appointments.created"); err != nil {
		t.Fatal(err)
	}
	if _, err := topics.Check(t.Context(), adm, config(), domain.SMS); err == nil {
		t.Error("a worker starts although the ledger is shorter and smaller than the source")
	}
	diff := ensure(t, adm, config())
	wantSettings(t, adm, "notifications.sms.ledger", 4, map[string]string{"retention.ms": "-1"})
	if !strings.Contains(diff.String(), "partitions 2 -> 4, retention.ms "+days(24)+" -> -1") {
		t.Errorf("diff:\n%s", diff)
	}
}

func TestNothingThatAnOperatorKeepsForLongerIsShortened(t *testing.T) {
	adm := cluster(t)
	ensure(t, adm, config())
	alter(t, adm, "appointments.created.dlq", "retention.ms", days(365))
	alter(t, adm, "appointments.created.dlq", "max.message.bytes", "9000000")
	alter(t, adm, "notifications.sms.ledger", "cleanup.policy", "compact")
	diff := ensure(t, adm, config())
	wantSettings(t, adm, "appointments.created.dlq", 6, map[string]string{"retention.ms": days(365), "max.message.bytes": "9000000"})
	wantSettings(t, adm, "notifications.sms.ledger", 6, map[string]string{"cleanup.policy": "delete"})
	if strings.Count(diff.String(), "~ ") != 1 {
		t.Errorf("diff:\n%s", diff)
	}
}

func TestWhatCannotBeRepairedIsNamedAndTheRestIsDone(t *testing.T) {
	adm := cluster(t)
	create(t, adm, "appointments.created", 6, nil)
	create(t, adm, "appointments.created.dlq", 9, nil)
	create(t, adm, topics.Resolutions, 3, nil)
	diff, err := topics.Ensure(t.Context(), adm, config())
	for _, name := range []string{"appointments.created.dlq", topics.Resolutions} {
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(diff.String(), "! "+name) {
			t.Errorf("%s is not named: %v\n%s", name, err, diff)
		}
	}
	wantSettings(t, adm, "notifications.sms.ledger", 6, nil)
}

func TestOneNameForTwoPurposesIsRefused(t *testing.T) {
	c := config()
	c.DLQ = c.Source
	if _, err := topics.Ensure(t.Context(), cluster(t), c); err == nil || !strings.Contains(err.Error(), c.Source) {
		t.Errorf("error: %v", err)
	}
}

func TestAWorkerNamesEveryProblemAndTheCommand(t *testing.T) {
	adm := cluster(t)
	create(t, adm, "appointments.created", 6, nil)
	create(t, adm, "appointments.created.dlq", 6, nil)
	create(t, adm, "appointments.created.replay.sms", 5, map[string]string{"max.message.bytes": "2000000"})
	create(t, adm, "notifications.sms.ledger", 6, map[string]string{"retention.ms": days(8), "cleanup.policy": "compact"})
	create(t, adm, "notifications.outcomes", 5, map[string]string{"retention.ms": days(29), "cleanup.policy": "compact"})
	_, err := topics.Check(t.Context(), adm, config(), domain.SMS)
	var mismatch *topics.MismatchError
	if !errors.As(err, &mismatch) {
		t.Fatalf("error: %v", err)
	}
	for _, want := range []string{
		"notifications.dlq.resolutions (resolutions) does not exist",
		"appointments.created.dlq has max.message.bytes=1048588, wanted 1114124 or more",
		"appointments.created.replay.sms has 5 partitions, appointments.created has 6",
		"notifications.sms.ledger has cleanup.policy=compact, wanted delete",
		"notifications.outcomes has 5 partitions, appointments.created has 6",
		"notifications.outcomes has cleanup.policy=compact, wanted delete",
		"notifications.outcomes has retention.ms=" + days(29) + ", wanted " + days(30) + " or more",
		"notifications.sms.ledger has retention.ms=" + days(8) + ", wanted " + days(15) + " or more",
		"notifications.sms.ledger has message.timestamp.type=CreateTime, wanted LogAppendTime",
		"notifyctl topics ensure",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not said: %q\nin %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "email") {
		t.Errorf("the other channel's topics are none of this worker's business: %v", err)
	}
}

func TestAnUnreachableBrokerIsNoMismatch(t *testing.T) {
	client, err := kgo.NewClient(kgo.SeedBrokers("127.0.0.1:1"), kgo.RequestRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var mismatch *topics.MismatchError
	if _, err := topics.Check(ctx, kadm.NewClient(client), config(), domain.SMS); err == nil || errors.As(err, &mismatch) {
		t.Errorf("error: %v", err)
	}
}
