package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// The load under which processor time is compared.
const (
	costSlots   = 256
	costFastest = 5 * time.Millisecond
	costSlowest = 100 * time.Millisecond
	costWarm    = 6_000
	costSends   = 24_000
)

// costs are the processor times of one message in each round.
type costs map[string][]time.Duration

// ratio is the median of the rounds' ratios.
func (c costs) ratio(a, b string) float64 {
	var ratios []float64
	for i := range c[a] {
		ratios = append(ratios, float64(c[a][i])/float64(c[b][i]))
	}
	return median(ratios)
}

func (c costs) note(names ...string) string {
	var note string
	for i, name := range names {
		if i > 0 {
			note += ", "
		}
		note += fmt.Sprintf("%s %d µs", name, median(c[name]).Microseconds())
	}
	return note
}

// ledgerCost compares one sender in three surroundings: called bare, in the
// consumer with a memory for a ledger, and with the ledger on Kafka.
func ledgerCost(l *lab) {
	c := costs{}
	for range *rounds {
		c["bare"] = append(c["bare"], l.poster())
		c["in memory"] = append(c["in memory"], l.worker("tests/forgetful", nil))
		c["on Kafka"] = append(c["on Kafka"], l.worker("tests/forgetful", map[string]string{"LEDGER": "kafka"}))
	}
	const load = "S=256, L=5–100 ms"
	l.report.atMost("CPU per message, ledger on Kafka against ledger in memory: "+load, 1.4, "×",
		c.ratio("on Kafka", "in memory"), c.note("on Kafka", "in memory"))
	l.report.atMost("CPU per message, consumer and ledger against the same sender called bare: "+load, 1.4, "×",
		c.ratio("on Kafka", "bare"), c.note("on Kafka", "bare"))
}

// workerCost compares the real e-mail worker with posts of the fields that it
// sends.
func workerCost(l *lab) {
	fields := l.sample()
	c := costs{}
	for range *rounds {
		c["bare post"] = append(c["bare post"], l.poster("-fields", fields))
		c["e-mail worker"] = append(c["e-mail worker"], l.worker("services/email-worker", nil))
	}
	l.report.atMost("CPU per message, e-mail worker (Mailgun's SDK, rendering, ledger) against bare posts of the same fields: S=256, L=5–100 ms", 1.8, "×",
		c.ratio("e-mail worker", "bare post"), c.note("e-mail worker", "bare post"))
}

// poster measures calls without a consumer.
func (l *lab) poster(args ...string) time.Duration {
	p := l.provider(costFastest, costSlowest)
	proc := l.startPoster(p, costSlots, args...)
	defer proc.Kill()
	return p.watch(proc, costWarm, costWarm+costSends).cost()
}

func (l *lab) startPoster(p *provider, slots int, args ...string) *harness.Process {
	args = append([]string{"-base", p.url, "-slots", strconv.Itoa(slots)}, args...)
	return harness.Start(l, l.binaries.Path(l, "tests/bench/poster"), nil, args...)
}

// worker measures a consumer that works off a backlog.
func (l *lab) worker(pkg string, settings map[string]string) time.Duration {
	s, p := l.system(6), l.provider(costFastest, costSlowest)
	l.publish(s, "cost", costWarm+costSends+2*costSlots)
	all := s.Settings()
	all["MAILGUN_API_BASE_URL"], all["DELIVERY_CONCURRENCY"] = p.url, strconv.Itoa(costSlots)
	for name, value := range settings {
		all[name] = value
	}
	proc := harness.Start(l, l.binaries.Path(l, pkg), all)
	defer proc.Kill()
	return p.watch(proc, costWarm, costWarm+costSends).cost()
}

// sample returns a file with the fields of one e-mail.
func (l *lab) sample() string {
	s, p := l.system(1), l.provider(0, 0)
	l.publish(s, "sample", 1)
	worker := s.StartWorker(map[string]string{"MAILGUN_API_BASE_URL": p.url})
	defer worker.Kill()
	p.await(1)
	var fields json.RawMessage
	p.get("/sample", &fields)
	path := filepath.Join(l.TempDir(), "fields.json")
	if err := os.WriteFile(path, fields, 0o600); err != nil {
		l.Fatal(err)
	}
	return path
}
