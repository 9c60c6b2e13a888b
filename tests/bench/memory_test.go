package bench

import (
	"fmt"
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

const (
	backlog = 1_000_000
	// outageTime is shorter than an outage that matters: what grows is seen in
	// half a minute as well.
	outageTime = 30 * time.Second
	mib        = 1 << 20
)

// memory watches a worker with a large backlog while its provider is down, with an
// empty ledger and with a large one, and with that one also while it is slow.
func memory(l *lab) {
	for _, entries := range []int{0, ledgerEntries} {
		s := l.system(1)
		l.fill(s, entries)
		l.publish(s, "backlog", backlog)
		l.watchMemory(s, entries/2, true)
		if entries > 0 {
			l.watchMemory(s, entries/2, false)
		}
		l.drop(s)
	}
}

func (l *lab) watchMemory(s *harness.System, keys int, down bool) {
	how := map[bool]string{true: "is down", false: "answers after 5 s"}[down]
	p := l.provider(5*time.Second, 5*time.Second)
	p.set(5*time.Second, 5*time.Second, down)
	worker := s.StartWorker(map[string]string{"MAILGUN_API_BASE_URL": p.url, "KAFKA_GROUP_ID": s.Group + strconv.FormatBool(down)})
	defer worker.Kill()
	l.opened(worker)
	var sizes []int64
	for end := time.Now().Add(*outage); time.Now().Before(end); {
		sizes = append(sizes, l.resident(team{worker}))
		<-time.After(500 * time.Millisecond)
	}
	third := len(sizes) / 3
	settled := sizes[third:]
	growth := float64(median(sizes[2*third:])-median(sizes[third:2*third])) / mib
	limit := 64 + 130*float64(keys)/mib
	l.report.atMost(fmt.Sprintf("memory, backlog of 1 M, provider %s for %s, %d ledger keys held", how, *outage, keys), limit,
		" MiB", float64(maximum(settled))/mib,
		fmt.Sprintf("%+.1f MiB from the second to the last third; just after loading the ledger %.0f MiB", growth, float64(maximum(sizes[:third]))/mib))
}

func maximum(values []int64) (most int64) {
	for _, v := range values {
		most = max(most, v)
	}
	return most
}
