package cluster

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

// fault is one way in which a cluster fails.
type fault struct {
	name string
	// do breaks something and returns what mends it.
	do func(*run) (mend func())
	// atLeast and atMost are how long it stays broken.
	atLeast, atMost time.Duration
	// room is how much of the test's time must be left for it to begin.
	room time.Duration
}

// The brokers' own limits are Kafka's defaults: a controller takes one for dead
// that says nothing for 9 seconds. Faults last shorter and longer than that.
const short, long = 2 * time.Second, 14 * time.Second

// faults are all that is tried. The role is looked up when the fault begins.
func faults() []fault {
	killed := func(victim func(*run) int32) func(*run) func() {
		return func(r *run) func() {
			node := r.cluster.Node(victim(r))
			node.Kill(r.t)
			return func() { node.Start(r.t) }
		}
	}
	linked := func(part func(*run) kafkatest.Link, how func(*run, kafkatest.Link)) func(*run) func() {
		return func(r *run) func() {
			link := part(r)
			how(r, link)
			return link.Mend
		}
	}
	cut := func(r *run, l kafkatest.Link) { l.Cut(r.t) }
	return chosen([]fault{
		{name: "leader killed", do: killed((*run).leader), atLeast: short, atMost: long},
		{name: "group coordinator killed", do: killed((*run).coordinator), atLeast: short, atMost: long},
		{name: "controller killed", do: killed((*run).controller), atLeast: short, atMost: long},
		{name: "broker frozen", do: frozen, atLeast: short, atMost: long},
		{name: "broker cut off from the workers", do: linked((*run).toClients, cut), atLeast: short, atMost: long},
		{name: "broker cut off from the others", do: linked((*run).around, cut), atLeast: short, atMost: long},
		{name: "followers cannot reach their leader", do: linked((*run).toLeader, cut), atLeast: short, atMost: long},
		{name: "slow disk", do: linked((*run).everywhere, slow), atLeast: long / 2, atMost: long},
		{name: "rolling restart", do: rolling, room: 90 * time.Second},
		{name: "leaders moved", do: moved},
	})
}

// chosen leaves those whose name holds CLUSTER_ONLY, to look at one of them.
func chosen(all []fault) []fault {
	return slices.DeleteFunc(all, func(f fault) bool { return !strings.Contains(f.name, os.Getenv("CLUSTER_ONLY")) })
}

// frozen stops the process of any broker; its connections stay open.
func frozen(r *run) func() {
	node := r.cluster.Node(r.any())
	node.Pause(r.t)
	return func() { node.Resume(r.t) }
}

// slow is what a slow disk looks like from outside: everything that a broker
// answers, its copies of others' partitions included, comes late.
func slow(r *run, l kafkatest.Link) { l.Slow(r.t, 300*time.Millisecond) }

// rolling restarts the brokers one after another, the next one when the cluster
// is whole, as the operator of one does.
func rolling(r *run) func() {
	for _, node := range r.cluster.Nodes {
		node.Restart(r.t)
		r.cluster.AwaitWhole(r.t, r.email.Admin)
	}
	return func() {}
}

// moved makes the next copy of each partition the preferred one and elects it.
func moved(r *run) func() {
	r.rotateReplicas()
	r.electPreferred()
	return func() {}
}
