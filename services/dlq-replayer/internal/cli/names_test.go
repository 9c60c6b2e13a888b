package cli_test

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/cli"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replaytest"
)

func TestAnAmbiguousNameActsOnNothingAndTheCandidatesAreListed(t *testing.T) {
	s := newShell(t)
	for i, id := range []string{"abcd-1", "abcd-2", "efgh-1"} {
		record := envelope.Record(s.Config.Topics.DLQ, replaytest.Letter(i, domain.SMS, domain.ClassRecipientRejected), "workers")
		for j, h := range record.Headers {
			if h.Key == envelope.HeaderID {
				record.Headers[j] = kgo.RecordHeader{Key: h.Key, Value: []byte(id)}
			}
		}
		s.Produce(record)
	}
	for _, command := range []string{"replay abcd", "discard abcd", "replay abcd --yes --reason x", "discard efgh abcd --yes --reason x", "show abcd"} {
		out, stderr := s.run(cli.ExitUsage, strings.Fields(command)...)
		if !strings.Contains(out+stderr, "abcd-1, abcd-2") {
			t.Errorf("%s: %s%s", command, out, stderr)
		}
	}
	if _, stderr := s.run(cli.ExitUsage, "discard", "nothing", "--yes", "--reason", "x"); !strings.Contains(stderr, "no dead letter nothing") {
		t.Error(stderr)
	}
	for _, topic := range []string{topics.Resolutions, s.Config.Topics.ReplayFor(domain.SMS)} {
		if n := len(s.Read(topic)); n != 0 {
			t.Errorf("%d records in %s", n, topic)
		}
	}
	if out, _ := s.run(cli.ExitOK, "list", "abcd"); strings.Count(out, "abcd-") != 2 {
		t.Error(out)
	}
	if out, _ := s.run(cli.ExitOK, "discard", "efgh", "--yes", "--reason", "x"); !strings.Contains(out, "1 marked") {
		t.Error(out)
	}
}
