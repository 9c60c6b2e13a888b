package doctorcmd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	emailworker "github.com/kafka-notifications/kafka-notifications/services/email-worker/settings"
	smsworker "github.com/kafka-notifications/kafka-notifications/services/sms-worker/settings"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cluster"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
)

const ensureFix = "run `" + topics.EnsureCommand + "`"

// kafka checks the brokers, then their topics and groups.
func (c Command) kafka(ctx context.Context, in *cmdline.Invocation) []finding {
	kafka, err := cluster.Connect(ctx, in, c.Patience)
	var faults config.Faults
	switch {
	case errors.As(err, &faults):
		return []finding{bad("repair the settings above first", "kafka was not asked: its settings are wrong")}
	case err != nil:
		return []finding{bad("start Kafka (`make kafka-up`, `docker compose up -d kafka`), or correct KAFKA_BOOTSTRAP_SERVERS and the KAFKA_SASL_ and KAFKA_TLS_ settings", "kafka: %v", err)}
	}
	defer kafka.Client.Close()
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	found := brokers(ctx, kafka.Admin)
	found = append(found, topicFindings(ctx, kafka)...)
	return append(found, groups(ctx, kafka, in.Env)...)
}

// brokers checks that every broker can be reached where it says it is. Clients
// connect to the bootstrap servers only to ask for these addresses.
func brokers(ctx context.Context, adm *kadm.Client) []finding {
	metadata, err := adm.BrokerMetadata(ctx)
	if err != nil {
		return []finding{bad("see the broker's log", "kafka: the brokers cannot be listed: %v", err)}
	}
	var found []finding
	for _, b := range metadata.Brokers {
		addr := net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port)))
		if err := dial(ctx, addr); err != nil {
			found = append(found, bad("give the broker an advertised.listeners address that this machine can reach",
				"kafka: broker %d calls itself %s, which does not answer: %v", b.NodeID, addr, err))
			continue
		}
		found = append(found, good("kafka: broker %d at %s", b.NodeID, addr))
	}
	return found
}

func dial(ctx context.Context, addr string) error {
	conn, err := (&net.Dialer{Timeout: 3 * time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return conn.Close()
}

// topicFindings checks what the services check when they start, and the other changes
// that `topics ensure` would make.
func topicFindings(ctx context.Context, kafka *cluster.Cluster) []finding {
	declared := kafka.Settings.Topics.Created(kafka.Settings.TopicCreation)
	problems, partitions, err := topicProblems(ctx, kafka.Admin, declared)
	if err != nil {
		return []finding{bad("the user needs the right to describe topics and their settings", "topics cannot be looked at: %v", err)}
	}
	var found []finding
	for _, p := range problems {
		found = append(found, bad(ensureFix, "topics: %s", p))
	}
	if len(problems) > 0 {
		return found
	}
	found = append(found, good("topics: all %d are there, %d lanes, what a ledger must remember is kept", len(declared.All()), partitions))
	diff, err := topics.Plan(ctx, kafka.Admin, declared)
	if err == nil && !diff.Empty() {
		found = append(found, remark("topics: `%s` would change settings; see it with --dry-run", topics.EnsureCommand))
	}
	return found
}

// topicProblems collects the problems on which any service would refuse to start.
func topicProblems(ctx context.Context, adm *kadm.Client, declared topics.Config) (problems []string, partitions int32, err error) {
	collect := func(err error) error {
		var mismatch *topics.MismatchError
		if errors.As(err, &mismatch) {
			problems = append(problems, mismatch.Problems...)
			return nil
		}
		return err
	}
	for _, ch := range domain.Channels() {
		layout, err := topics.Check(ctx, adm, declared, ch)
		if err := collect(err); err != nil {
			return nil, 0, err
		}
		partitions = max(partitions, layout.Partitions)
	}
	_, err = topics.CheckReplayer(ctx, adm, declared)
	if err := collect(err); err != nil {
		return nil, 0, err
	}
	slices.Sort(problems)
	return slices.Compact(problems), partitions, nil
}

// groups reports how far the workers are. They need not be running, so nothing
// here is a failure.
func groups(ctx context.Context, kafka *cluster.Cluster, env config.Env) []finding {
	var found []finding
	for name, group := range groupNames(env) {
		found = append(found, groupFindings(ctx, kafka.Admin, name, group)...)
	}
	slices.SortFunc(found, func(a, b finding) int { return strings.Compare(a.what, b.what) })
	return found
}

// groupNames returns the groups of the workers whose settings are valid.
func groupNames(env config.Env) map[string]string {
	names := map[string]string{}
	if s, _, err := config.Load[emailworker.EmailWorker](env); err == nil {
		names[s.Program().Name] = s.Kafka.Consumer.GroupID
	}
	if s, _, err := config.Load[smsworker.SMSWorker](env); err == nil && s.Twilio.Enabled {
		names[s.Program().Name] = s.Kafka.Consumer.GroupID
	}
	return names
}

func groupFindings(ctx context.Context, adm *kadm.Client, name, group string) []finding {
	lags, err := adm.Lag(ctx, group)
	if err == nil {
		err = lags.Error()
	}
	if errors.Is(err, kerr.GroupIDNotFound) {
		return []finding{remark("%s: there is no group %s, so it has never run", name, group)}
	}
	if err != nil {
		return []finding{remark("%s: its group %s cannot be looked at: %v", name, group, err)}
	}
	lag := lags[group]
	return append(expired(name, lag.Lag), membership(name, group, lag))
}

// expired reports events that were deleted before the group read them. It shows them
// only until the worker has counted and passed them.
func expired(name string, lag kadm.GroupLag) (found []finding) {
	gone := map[string]int64{}
	for _, l := range lag.Sorted() {
		if l.Start.Err == nil && l.Commit.At >= 0 && l.Start.Offset > l.Commit.At {
			gone[l.Topic] += l.Start.Offset - l.Commit.At
		}
	}
	for _, topic := range slices.Sorted(maps.Keys(gone)) {
		found = append(found, bad("publish those appointments again; docs/OPERATIONS.md, NotificationsEventsExpired, says how",
			"%s: %d record(s) of %s were deleted before it read them", name, gone[topic], topic))
	}
	return found
}

func membership(name, group string, lag kadm.DescribedGroupLag) finding {
	if len(lag.Members) == 0 {
		return remark("%s: group %s has no member, so it is not running; %s", name, group, backlog(lag.Lag.Total()))
	}
	return good("%s: group %s is %s with %d member(s); %s", name, group, lag.State, len(lag.Members), backlog(lag.Lag.Total()))
}

func backlog(n int64) string {
	if n == 0 {
		return "nothing waits"
	}
	return fmt.Sprintf("%d record(s) wait", n)
}
