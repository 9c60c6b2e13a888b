package engine

import (
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
)

// laneBalancer assigns lanes instead of partitions: partition p of the source
// and of the replay topic always go to the same member, because one ledger and
// one queue per appointment serve both.
//
// It plans the source with cooperative-sticky, copies the plan to the replay
// topic and lets the cooperative adjustment take back what another member still
// owns. Plain cooperative-sticky spreads the two topics independently.
type laneBalancer struct {
	kgo.GroupBalancer
	name           string
	source, replay string
}

// newLaneBalancer returns the balancer of one channel's group. The channel and the
// version of the ledger are part of the protocol's name, so that Kafka itself refuses a
// member of another channel, and a member that could not read the others' ledger
// records (INCONSISTENT_GROUP_PROTOCOL).
func newLaneBalancer(channel, source, replay string) *laneBalancer {
	return &laneBalancer{
		GroupBalancer: kgo.CooperativeStickyBalancer(),
		name:          fmt.Sprintf("lanes-cooperative-sticky-%s-ledger-%d", channel, ledger.Version), source: source, replay: replay,
	}
}

// ProtocolName implements kgo.GroupBalancer.
func (l *laneBalancer) ProtocolName() string { return l.name }

// MemberBalancer implements kgo.GroupBalancer.
func (l *laneBalancer) MemberBalancer(members []kmsg.JoinGroupResponseMember) (kgo.GroupMemberBalancer, map[string]struct{}, error) {
	b, err := kgo.NewConsumerBalancer(l, members)
	return b, b.MemberTopics(), err
}

// Balance implements kgo.ConsumerBalancerBalance.
func (l *laneBalancer) Balance(b *kgo.ConsumerBalancer, topics map[string]int32) kgo.IntoSyncAssignment {
	sticky, ok := l.GroupBalancer.(kgo.ConsumerBalancerBalance)
	if !ok {
		panic("franz-go's cooperative-sticky balancer is no ConsumerBalancerBalance any more")
	}
	// A partition that exists in only one of the topics is not a lane yet.
	lanes := min(topics[l.source], topics[l.replay])
	plan, ok := sticky.Balance(b, map[string]int32{l.source: lanes}).(*kgo.BalancePlan)
	if !ok {
		panic("franz-go's cooperative-sticky balancer returns no BalancePlan any more")
	}
	members := plan.AsMemberIDMap()
	for _, assigned := range members {
		assigned[l.replay] = slices.Clone(assigned[l.source])
	}
	plan.AdjustCooperative(b)
	for _, assigned := range members {
		l.keepWhole(assigned)
	}
	return plan
}

// keepWhole drops halves of lanes. The adjustment takes a half away only where
// another member owns it and will give it up and rejoin, so the lane is planned
// again, whole, in the next round.
func (l *laneBalancer) keepWhole(assigned map[string][]int32) {
	whole := func(p int32) bool {
		return slices.Contains(assigned[l.source], p) && slices.Contains(assigned[l.replay], p)
	}
	lanes := slices.DeleteFunc(slices.Clone(assigned[l.source]), func(p int32) bool { return !whole(p) })
	assigned[l.source], assigned[l.replay] = lanes, slices.Clone(lanes)
}
