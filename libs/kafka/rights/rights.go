// Package rights is the one declaration of the users and their rights on the brokers: a
// user per program and one for Django, each with only the rights that it needs. It
// creates what is missing (Ensure) and writes the table of docs/OPERATIONS.md.
package rights

import (
	"cmp"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/outcomelog"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

// The users other than the channels' workers. A channel's worker is called like its
// program: email-worker.
const (
	Django   = "django"
	Replayer = "dlq-replayer"
	// Operator is the user that runs `notifyctl topics ensure`.
	Operator = "notifyctl"
)

// replayerLock is the replayer's group and its transactional id.
const replayerLock = "dlq-replayer"

// cluster is the name that Kafka gives the cluster as a resource.
const cluster = "kafka-cluster"

// Config holds the settings that the names in the declaration depend on.
type Config struct {
	Topics topics.Config
	// Groups are the consumer groups of the channels' workers; a missing entry is the
	// default of KAFKA_GROUP_ID.
	Groups map[domain.Channel]string
	// DjangoGroup is the group in which Django reads the outcomes.
	DjangoGroup string
}

// Grant is one operation that a user may perform on a resource.
type Grant struct {
	Kind      kmsg.ACLResourceType
	Name      string
	Operation kadm.ACLOperation
}

// Identity is a user with all that it may do. Read and Write include Describe;
// it is granted all the same, so that the list is complete.
type Identity struct {
	User   string
	Grants []Grant
}

// The operations that go together.
type operations = []kadm.ACLOperation

// Identities lists all users.
func (c Config) Identities() []Identity {
	all := []Identity{c.django()}
	for _, ch := range domain.Channels() {
		all = append(all, c.worker(ch))
	}
	return append(all, c.replayer(), c.operator())
}

func (c Config) django() Identity {
	return Identity{Django, join(
		onTopics(operations{kadm.OpDescribe, kadm.OpWrite}, c.Topics.Source),
		onTopics(operations{kadm.OpDescribe, kadm.OpRead}, c.Topics.Outcomes),
		onGroups(c.DjangoGroup),
	)}
}

// worker returns the user of ch's worker. Of the topics that it reads it may write only
// the ledger and the outcomes.
func (c Config) worker(ch domain.Channel) Identity {
	group := cmp.Or(c.Groups[ch], "notifications-"+string(ch)+"-worker")
	own := operations{kadm.OpDescribe, kadm.OpDescribeConfigs, kadm.OpRead, kadm.OpWrite}
	return Identity{string(ch) + "-worker", join(
		onTopics(operations{kadm.OpDescribe, kadm.OpDescribeConfigs, kadm.OpRead}, c.Topics.Source, c.Topics.ReplayFor(ch)),
		onTopics(own, c.Topics.LedgerFor(ch), c.Topics.Outcomes),
		onTopics(operations{kadm.OpDescribe, kadm.OpDescribeConfigs, kadm.OpWrite}, c.Topics.DLQ, topics.Resolutions),
		onGroups(group, group+outcomelog.GroupSuffix),
	)}
}

// replayer returns the replayer's user. It includes the console, which reads events,
// ledgers and outcomes for the histories of appointments but may not write them.
func (c Config) replayer() Identity {
	look := operations{kadm.OpDescribe, kadm.OpDescribeConfigs}
	var replays, stories []string
	for _, ch := range domain.Channels() {
		replays = append(replays, c.Topics.ReplayFor(ch))
		stories = append(stories, c.Topics.LedgerFor(ch))
	}
	return Identity{Replayer, join(
		onTopics(append(slices.Clone(look), kadm.OpRead), c.Topics.DLQ),
		onTopics(append(slices.Clone(look), kadm.OpWrite), append(replays, topics.Audit)...),
		onTopics(append(slices.Clone(look), kadm.OpRead, kadm.OpWrite), topics.Resolutions),
		onTopics(operations{kadm.OpDescribe, kadm.OpRead}, append([]string{c.Topics.Source, c.Topics.Outcomes}, stories...)...),
		onGroups(replayerLock),
		grants(kmsg.ACLResourceTypeTransactionalId, operations{kadm.OpDescribe, kadm.OpWrite}, replayerLock),
	)}
}

func (c Config) operator() Identity {
	var names []string
	for _, t := range c.Topics.All() {
		names = append(names, t.Name)
	}
	return Identity{Operator, join(
		onTopics(operations{kadm.OpAlter, kadm.OpAlterConfigs, kadm.OpDescribe, kadm.OpDescribeConfigs}, names...),
		grants(kmsg.ACLResourceTypeCluster, operations{kadm.OpCreate}, cluster),
	)}
}

func onTopics(of operations, names ...string) []Grant {
	return grants(kmsg.ACLResourceTypeTopic, of, names...)
}

// onGroups lets a program be a member: read its offsets, commit, leave.
func onGroups(names ...string) []Grant {
	return grants(kmsg.ACLResourceTypeGroup, operations{kadm.OpRead}, names...)
}

func grants(kind kmsg.ACLResourceType, of operations, names ...string) (all []Grant) {
	for _, name := range names {
		for _, operation := range of {
			all = append(all, Grant{kind, name, operation})
		}
	}
	return all
}

// join returns each grant once: two settings may name the same topic.
func join(lists ...[]Grant) (all []Grant) {
	for _, g := range slices.Concat(lists...) {
		if !slices.Contains(all, g) {
			all = append(all, g)
		}
	}
	return all
}
