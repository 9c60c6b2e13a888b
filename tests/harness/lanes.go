package harness

import (
	"slices"
	"time"
)

// AssertWholeLanes fails the test when the coordinator has assigned the two
// halves of a lane to different members, or one half to two.
func (s *System) AssertWholeLanes() {
	s.T.Helper()
	groups, err := s.Admin.DescribeGroups(s.T.Context(), s.Group)
	if err != nil {
		s.T.Fatal(err)
	}
	owner := map[int32]string{}
	for _, member := range groups[s.Group].Members {
		assigned, ok := member.Assigned.AsConsumer()
		if !ok {
			continue
		}
		halves := map[string][]int32{}
		for _, topic := range assigned.Topics {
			halves[topic.Topic] = topic.Partitions
			slices.Sort(halves[topic.Topic])
		}
		if !slices.Equal(halves[s.Source], halves[s.Replay]) {
			s.T.Errorf("%s has split lanes: %v", member.MemberID, halves)
		}
		for _, p := range halves[s.Source] {
			if owner[p] != "" {
				s.T.Errorf("lane %d belongs to %s and to %s", p, owner[p], member.MemberID)
			}
			owner[p] = member.MemberID
		}
	}
}

// AwaitMembers waits until the group is stable and has n members, each with
// partitions.
func (s *System) AwaitMembers(n int) {
	s.T.Helper()
	Await(s.T, 30*time.Second, "members of the group", func() bool {
		groups, err := s.Admin.DescribeGroups(s.T.Context(), s.Group)
		if err != nil || groups[s.Group].State != "Stable" || len(groups[s.Group].Members) != n {
			return false
		}
		for _, m := range groups[s.Group].Members {
			if assigned, ok := m.Assigned.AsConsumer(); !ok || len(assigned.Topics) == 0 {
				return false
			}
		}
		return true
	})
}
