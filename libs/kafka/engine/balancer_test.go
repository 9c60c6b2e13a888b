package engine

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"
)

// owned is what each member has: topic → partitions.
type owned map[string]map[string][]int32

// plan lets the balancer plan for members that have something already.
func plan(t *rapid.T, before owned, partitions int32) owned {
	b := newLaneBalancer("email", rigSource, rigReplay)
	topics := []string{rigReplay, rigSource}
	var members []kmsg.JoinGroupResponseMember
	for _, id := range slices.Sorted(maps.Keys(before)) {
		m := kmsg.NewJoinGroupResponseMember()
		m.MemberID = id
		m.ProtocolMetadata = b.JoinGroupMetadata(topics, before[id], 1)
		members = append(members, m)
	}
	balancer, _, err := b.MemberBalancer(members)
	if err != nil {
		t.Fatal(err)
	}
	balance, ok := balancer.(kgo.GroupMemberBalancerOrError)
	if !ok {
		t.Fatal("the balancer cannot say that it failed")
	}
	into, err := balance.BalanceOrError(map[string]int32{rigSource: partitions, rigReplay: partitions})
	if err != nil {
		t.Fatal(err)
	}
	after := owned{}
	for _, a := range into.IntoSyncAssignment() {
		var assignment kmsg.ConsumerMemberAssignment
		if err := assignment.ReadFrom(a.MemberAssignment); err != nil {
			t.Fatal(err)
		}
		after[a.MemberID] = map[string][]int32{}
		for _, topic := range assignment.Topics {
			after[a.MemberID][topic.Topic] = topic.Partitions
		}
	}
	return after
}

// lanes checks that every member's lanes are whole and its own, and that no lane is
// given away while its owner still has it. It returns how many each member has.
func lanes(t *rapid.T, before, after owned) (each []int) {
	owner, had := map[int32]string{}, map[place]string{}
	for id, topics := range before {
		for topic, partitions := range topics {
			for _, p := range partitions {
				had[place{topic: topic, partition: p}] = id
			}
		}
	}
	for id, topics := range after {
		source, replay := slices.Sorted(slices.Values(topics[rigSource])), slices.Sorted(slices.Values(topics[rigReplay]))
		if !slices.Equal(source, replay) {
			t.Fatalf("%s has %v of the source and %v of the replays", id, source, replay)
		}
		for _, p := range source {
			for _, topic := range []string{rigSource, rigReplay} {
				if was := had[place{topic: topic, partition: p}]; owner[p] != "" || was != "" && was != id {
					t.Fatalf("%s/%d goes to %s; it has gone to %q and is still %q's", topic, p, id, owner[p], was)
				}
			}
			owner[p] = id
		}
		each = append(each, len(source))
	}
	return each
}

func TestLanesAreAssignedWholeAndEvenly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		partitions := rapid.Int32Range(1, 12).Draw(t, "partitions")
		now := owned{}
		t.Repeat(map[string]func(*rapid.T){
			"join": func(t *rapid.T) {
				now[fmt.Sprintf("member-%d", rapid.IntRange(0, 99).Draw(t, "id"))] = nil
			},
			"leave": func(t *rapid.T) {
				if len(now) == 0 {
					t.Skip("nobody is there")
				}
				delete(now, rapid.SampledFrom(slices.Sorted(maps.Keys(now))).Draw(t, "member"))
			},
			"rebalance": func(t *rapid.T) {
				if len(now) == 0 {
					t.Skip("nobody is there")
				}
				var each []int
				for range 3 { // a lane is given up in one round, assigned in the next
					after := plan(t, now, partitions)
					each = lanes(t, now, after)
					now = after
				}
				assigned := 0
				for _, n := range each {
					assigned += n
				}
				if assigned != int(partitions) || slices.Max(each)-slices.Min(each) > 1 {
					t.Fatalf("after three rounds the members have %v of %d lanes", each, partitions)
				}
			},
		})
	})
}

// A member may come with half a lane: a lane is never planned by halves.
func TestALaneThatWasSplitIsMadeWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const partitions = 6
		now := owned{"a": {}, "b": {}, "c": {}}
		for p := range int32(partitions) {
			for _, topic := range []string{rigSource, rigReplay} {
				id := rapid.SampledFrom([]string{"a", "b", "c", ""}).Draw(t, "owner")
				if id != "" {
					now[id][topic] = append(now[id][topic], p)
				}
			}
		}
		for range 3 {
			after := plan(t, now, partitions)
			lanes(t, now, after)
			now = after
		}
		if each := lanes(t, now, plan(t, now, partitions)); slices.Min(each) != 2 || slices.Max(each) != 2 {
			t.Fatalf("in the end the members have %v lanes of %d", each, partitions)
		}
	})
}
