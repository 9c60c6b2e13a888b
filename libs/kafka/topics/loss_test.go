package topics_test

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

// refused wants a worker and the replayer to refuse to start, each with all of
// the words.
func refused(t *testing.T, adm *kadm.Client, c topics.Config, words ...string) {
	t.Helper()
	_, worker := topics.Check(t.Context(), adm, c, domain.SMS)
	_, replayer := topics.CheckReplayer(t.Context(), adm, c)
	for _, word := range words {
		if worker == nil || !strings.Contains(worker.Error(), word) || replayer == nil || !strings.Contains(replayer.Error(), word) {
			t.Errorf("not said: %q\nworker: %v\nreplayer: %v", word, worker, replayer)
		}
	}
}

func TestWhatWouldLoseDeadLettersOrReplaysIsRefusedAndMended(t *testing.T) {
	adm := cluster(t)
	ensure(t, adm, config())
	for _, name := range []string{"appointments.created.dlq", "appointments.created.replay.sms"} {
		alter(t, adm, name, "cleanup.policy", "compact")
		alter(t, adm, name, "retention.ms", "1000")
		alter(t, adm, name, "retention.bytes", "1000")
		refused(t, adm, config(), name+" has cleanup.policy=compact, wanted delete", name+" has retention.ms=1000, wanted",
			name+" has retention.bytes=1000, wanted -1", topics.EnsureCommand)
		ensure(t, adm, config())
	}
	if _, err := topics.Check(t.Context(), adm, config(), domain.SMS); err != nil {
		t.Error(err)
	}
}

func TestTopicsThatAreOnFewerBrokersThanWantedAreNamedWithTheFix(t *testing.T) {
	_, adm := brokers(t, 3)
	three := config()
	three.ReplicationFactor = 3
	create(t, adm, "appointments.created.dlq", 6, nil) // On one broker.
	const problem, fix = "appointments.created.dlq has replication factor 1, wanted 3", "kafka-reassign-partitions.sh"
	diff, err := topics.Ensure(t.Context(), adm, three)
	if err == nil || !strings.Contains(err.Error(), problem) || !strings.Contains(err.Error(), fix) || !strings.Contains(diff.String(), "! appointments.created.dlq") {
		t.Errorf("%v\n%s", err, diff)
	}
	// All else was done, on three brokers, and the settings of the topic too.
	wantSettings(t, adm, "appointments.created.dlq", 6, map[string]string{"retention.ms": days(30)})
	wantSettings(t, adm, "notifications.sms.ledger", 6, map[string]string{"min.insync.replicas": "2"})
	// A service that is not told the factor takes the source's for one.
	unsaid := config()
	unsaid.ReplicationFactor = 0
	if _, err := topics.Check(t.Context(), adm, unsaid, domain.SMS); err == nil || !strings.Contains(err.Error(), problem) {
		t.Errorf("a worker: %v", err)
	}
	if _, err := adm.DeleteTopic(t.Context(), "appointments.created.dlq"); err != nil {
		t.Fatal(err)
	}
	// So does ensure for what it creates.
	ensure(t, adm, config())
	if _, err := topics.Check(t.Context(), adm, unsaid, domain.SMS); err != nil {
		t.Error(err)
	}
}

func TestWritesThatNoQuorumAcknowledgesAreRefusedAndMended(t *testing.T) {
	_, adm := brokers(t, 3)
	three := config()
	three.ReplicationFactor = 3
	ensure(t, adm, three)
	alter(t, adm, "appointments.created.dlq", "min.insync.replicas", "1")
	refused(t, adm, three, "appointments.created.dlq has min.insync.replicas=1, wanted 2 or more")
	ensure(t, adm, three)

	one := cluster(t)
	ensure(t, one, config())
	alter(t, one, "appointments.created.dlq", "min.insync.replicas", "2")
	refused(t, one, config(), "appointments.created.dlq has min.insync.replicas=2, wanted 1 or less")
	ensure(t, one, config())
	for _, adm := range []*kadm.Client{adm, one} {
		if _, err := topics.Check(t.Context(), adm, config(), domain.SMS); err != nil {
			t.Error(err)
		}
	}
}

func TestASourceWithTheLargestLimitThereIsCanBeFollowed(t *testing.T) {
	adm := cluster(t)
	create(t, adm, "appointments.created", 6, map[string]string{"max.message.bytes": "2147483647"})
	ensure(t, adm, config())
	wantSettings(t, adm, "appointments.created.dlq", 6, map[string]string{"max.message.bytes": "2147483647"})
	if _, err := topics.Check(t.Context(), adm, config(), domain.SMS); err != nil {
		t.Error(err)
	}
}

func TestASourceThatIsMadeAnewGetsThePartitionsOfTheOthers(t *testing.T) {
	adm := cluster(t)
	twelve := config()
	twelve.Partitions = 12
	ensure(t, adm, twelve)
	if _, err := adm.DeleteTopic(t.Context(), "appointments.created"); err != nil {
		t.Fatal(err)
	}
	planned, err := topics.Plan(t.Context(), adm, config())
	if err != nil || !strings.Contains(planned.String(), "+ appointments.created                 partitions 12") {
		t.Errorf("%v\n%s", err, planned)
	}
	ensure(t, adm, config()) // It says 6.
	wantSettings(t, adm, "appointments.created", 12, nil)
	if _, err := topics.Check(t.Context(), adm, config(), domain.SMS); err != nil {
		t.Error(err)
	}
}

func TestOnePartitionAndReadableSettingsAreWanted(t *testing.T) {
	c, adm := brokers(t, 1)
	create(t, adm, topics.Resolutions, 2, nil)
	if _, err := topics.Ensure(t.Context(), adm, config()); err == nil {
		t.Error("two partitions of resolutions are no problem to ensure")
	}
	refused(t, adm, config(), topics.Resolutions+" has 2 partitions, wanted 1")
	hide := kfake.Fault{Keys: []kmsg.Key{kmsg.DescribeConfigs}, Resource: "appointments.created.dlq", Err: kerr.TopicAuthorizationFailed, Count: -1}
	defer c.Fault(hide).Remove()
	refused(t, adm, config(), "the settings of appointments.created.dlq cannot be read")
	alter(t, adm, "appointments.created.replay.sms", "retention.ms", "1000")
	diff, err := topics.Ensure(t.Context(), adm, config())
	if err == nil || !strings.Contains(err.Error(), "appointments.created.dlq: its settings cannot be read") {
		t.Errorf("%v\n%s", err, diff)
	}
	wantSettings(t, adm, "appointments.created.replay.sms", 6, map[string]string{"retention.ms": days(7)})
}
