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
		{"leader killed", killed((*run).leader), short, long},
		{"group coordinator killed", killed((*run).coordinator), short, long},
		{"controller killed", killed((*run).controller), short, long},
		{"broker frozen", frozen, short, long},
		{"broker cut off from the workers", linked((*run).toClients, cut), short, long},
		{"broker cut off from the others", linked((*run).around, cut), short, long},
		{"followers cannot reach their leader", linked((*run).toLeader, cut), short, long},
		{"slow disk", linked((*run).everywhere, slow), long / 2, long},
		{"rolling restart", rolling, 0, 0},
		{"leaders moved", moved, 0, 0},
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
