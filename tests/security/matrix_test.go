package security

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	scramsha "github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/rights"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

// declaredFor is the declaration for the topics of workerSettings.
func declaredFor(source string) []rights.Identity {
	return rights.Config{
		Topics: topics.Config{
			Source: source, DLQ: source + ".dlq", Outcomes: source + ".outcomes",
			Replay: source + ".replay.{channel}", Ledger: source + ".ledger.{channel}",
		},
		Groups:      map[domain.Channel]string{domain.Email: source, domain.SMS: source + "-sms"},
		DjangoGroup: source + "-django",
	}.Identities()
}

// TestEachIdentityMayDoWhatIsDeclaredAndNothingElse lets each user try every
// operation on everything that any user has rights on.
func TestEachIdentityMayDoWhatIsDeclaredAndNothingElse(t *testing.T) {
	t.Parallel()
	source := kafkatest.Unique(t, "m")
	all := workerSettings(t, source)
	if code, said := notifyctl(t, all, "topics", "ensure"); code != 0 {
		t.Fatalf("topics ensure ended with %d:\n%s", code, said)
	}
	grant(t, source)
	identities := declaredFor(source)
	everything := map[rights.Grant]bool{}
	for _, identity := range identities {
		for _, g := range identity.Grants {
			for _, operation := range tried(g.Kind) {
				everything[rights.Grant{Kind: g.Kind, Name: g.Name, Operation: operation}] = true
			}
		}
	}
	fill(t, identities)
	for _, identity := range identities {
		t.Run(identity.User, func(t *testing.T) {
			t.Parallel()
			p := newProbe(t, identity.User)
			allowed := 0
			for g := range everything {
				err := p.try(g)
				want := mayDo(identity, g)
				switch {
				case err != nil && !isDenied(err):
					t.Errorf("%s %s: %v", g.Operation, g.Name, err)
				case (err == nil) != want:
					t.Errorf("%s may %s %s: %t, declared %t", identity.User, g.Operation, g.Name, err == nil, want)
				case want:
					allowed++
				}
			}
			t.Logf("%d of %d allowed", allowed, len(everything))
		})
	}
}

// tried lists the operations that are tried on a kind of resource. No user has Delete.
func tried(kind kmsg.ACLResourceType) []kadm.ACLOperation {
	switch kind {
	case kmsg.ACLResourceTypeTopic:
		return []kadm.ACLOperation{kadm.OpDescribe, kadm.OpDescribeConfigs, kadm.OpRead, kadm.OpWrite, kadm.OpAlter, kadm.OpAlterConfigs, kadm.OpDelete}
	case kmsg.ACLResourceTypeGroup:
		return []kadm.ACLOperation{kadm.OpRead}
	case kmsg.ACLResourceTypeTransactionalId:
		return []kadm.ACLOperation{kadm.OpWrite}
	default:
		return []kadm.ACLOperation{kadm.OpCreate}
	}
}

// mayDo reports whether the declaration allows g, with what Kafka includes in
// other operations.
func mayDo(identity rights.Identity, g rights.Grant) bool {
	by := []kadm.ACLOperation{g.Operation}
	switch g.Operation {
	case kadm.OpDescribe:
		by = append(by, kadm.OpRead, kadm.OpWrite, kadm.OpDelete, kadm.OpAlter)
	case kadm.OpDescribeConfigs:
		by = append(by, kadm.OpAlterConfigs)
	}
	return slices.ContainsFunc(identity.Grants, func(have rights.Grant) bool {
		return have.Kind == g.Kind && have.Name == g.Name && slices.Contains(by, have.Operation)
	})
}

func isDenied(err error) bool {
	var denied *kadm.AuthError
	return errors.As(err, &denied) || errors.Is(err, kerr.TopicAuthorizationFailed) || errors.Is(err, kerr.GroupAuthorizationFailed) ||
		errors.Is(err, kerr.TransactionalIDAuthorizationFailed) || errors.Is(err, kerr.ClusterAuthorizationFailed)
}

// fill writes one record to partition 0 of each topic, for the readers.
func fill(t *testing.T, identities []rights.Identity) {
	t.Helper()
	client, err := broker.admin(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, identity := range identities {
		for _, g := range identity.Grants {
			if g.Kind == kmsg.ACLResourceTypeTopic && g.Operation == kadm.OpRead {
				if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: g.Name, Key: []byte("m"), Value: []byte("for the matrix")}).FirstErr(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// probe tries operations as one user.
type probe struct {
	*testing.T
	user   string
	client *kgo.Client
	admin  *kadm.Client
}

func newProbe(t *testing.T, user string) *probe {
	p := &probe{T: t, user: user}
	p.client = p.connect(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableIdempotentWrite())
	p.admin = kadm.NewClient(p.client)
	return p
}

func (p *probe) connect(more ...kgo.Opt) *kgo.Client {
	p.Helper()
	mechanism := scramsha.Auth{User: p.user, Pass: passwordOf(p.user)}.AsSha512Mechanism()
	client, err := kgo.NewClient(append(more, kgo.SeedBrokers(broker.saslPlain), kgo.SASL(mechanism))...)
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(client.Close)
	return client
}

// try does the operation in the smallest way there is; nil means that it was
// allowed.
func (p *probe) try(g rights.Grant) error {
	ctx, cancel := context.WithTimeout(p.Context(), 30*time.Second)
	defer cancel()
	switch g.Operation {
	case kadm.OpDescribe:
		found, err := p.admin.ListTopics(kadm.WithAuthorizedOps(ctx), g.Name)
		return errors.Join(err, found.Error())
	case kadm.OpDescribeConfigs:
		_, err := p.admin.DescribeTopicConfigs(ctx, g.Name)
		return err
	case kadm.OpAlter:
		return p.grow(ctx, g.Name)
	case kadm.OpAlterConfigs:
		validated, err := p.admin.ValidateAlterTopicConfigs(ctx, []kadm.AlterConfig{{Name: "retention.ms", Value: kadm.StringPtr("1000000000")}}, g.Name)
		for _, v := range validated {
			err = errors.Join(err, v.Err)
		}
		return err
	case kadm.OpDelete:
		var nothing kadm.Offsets
		nothing.AddOffset(g.Name, 0, 0, -1)
		deleted, err := p.admin.DeleteRecords(ctx, nothing)
		return errors.Join(err, deleted.Error())
	case kadm.OpCreate:
		created, err := p.admin.ValidateCreateTopics(ctx, 1, 1, nil, "matrix-"+p.user)
		return errors.Join(err, created.Error())
	case kadm.OpRead:
		if g.Kind == kmsg.ACLResourceTypeGroup {
			return p.beat(ctx, g.Name)
		}
		return p.read(ctx, g.Name)
	default:
		if g.Kind == kmsg.ACLResourceTypeTransactionalId {
			return p.begin(ctx, g.Name)
		}
		return p.client.ProduceSync(ctx, &kgo.Record{Topic: g.Name, Key: []byte("m"), Value: []byte("for the matrix")}).FirstErr()
	}
}

// grow asks whether partitions could be added.
func (p *probe) grow(ctx context.Context, topic string) error {
	request := kmsg.NewPtrCreatePartitionsRequest()
	request.ValidateOnly = true
	t := kmsg.NewCreatePartitionsRequestTopic()
	t.Topic, t.Count = topic, 99
	request.Topics = append(request.Topics, t)
	response, err := request.RequestWith(ctx, p.client)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(response.Topics[0].ErrorCode)
}

// beat sends a heartbeat of a member that does not exist.
func (p *probe) beat(ctx context.Context, group string) error {
	request := kmsg.NewPtrHeartbeatRequest()
	request.Group, request.MemberID = group, "matrix"
	response, err := request.RequestWith(ctx, p.client)
	if err != nil {
		return err
	}
	err = kerr.ErrorForCode(response.ErrorCode)
	if errors.Is(err, kerr.UnknownMemberID) {
		return nil
	}
	return err
}

// begin takes over the transactional id.
func (p *probe) begin(ctx context.Context, id string) error {
	request := kmsg.NewPtrInitProducerIDRequest()
	request.TransactionalID, request.TransactionTimeoutMillis = kmsg.StringPtr(id), 1000
	response, err := request.RequestWith(ctx, p.client)
	if err != nil {
		return err
	}
	err = kerr.ErrorForCode(response.ErrorCode)
	if errors.Is(err, kerr.ConcurrentTransactions) { // Another user's attempt is being ended.
		return nil
	}
	return err
}

func (p *probe) read(ctx context.Context, topic string) error {
	client := p.connect(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {0: kgo.NewOffset().AtStart()}}))
	defer client.Close()
	fetches := client.PollFetches(ctx)
	if err := fetches.Err(); err != nil {
		return err
	}
	if fetches.NumRecords() == 0 {
		return errors.New("nothing was read")
	}
	return nil
}
