package bench

import (
	"maps"
	"strconv"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// ledgerCost compares one sender in three surroundings: called bare, in the
// consumer with a memory for a ledger, and with the ledger on Kafka.
func ledgerCost(l *lab) {
	windows := map[string][]window{}
	load := loads()[0]
	for range *rounds {
		windows["bare"] = append(windows["bare"], l.callBare(load))
		windows["in memory"] = append(windows["in memory"], l.forgetful(load, nil))
		windows["on Kafka"] = append(windows["on Kafka"], l.forgetful(load, map[string]string{"LEDGER": "kafka"}))
	}
	ratio := func(a, b string) (ratios []float64) {
		for i := range windows[a] {
			ratios = append(ratios, float64(windows[a][i].cost())/float64(windows[b][i].cost()))
		}
		return ratios
	}
	l.report.ratio("CPU per message, ledger on Kafka to ledger in memory", goal{limit: 1.4}, ratio("on Kafka", "in memory"), true)
	l.report.ratio("CPU per message, consumer and ledger to the same sender called bare", goal{limit: 1.4}, ratio("on Kafka", "bare"), true)
	for _, name := range []string{"bare", "in memory", "on Kafka"} {
		l.report.figure("a plain sender, "+load.String(), map[string]string{
			"bare": "called bare", "in memory": "in the consumer, ledger in memory", "on Kafka": "in the consumer, ledger on Kafka",
		}[name], windows[name])
	}
}

// callBare measures calls of the sender without a consumer.
func (l *lab) callBare(load load) window {
	l.Helper()
	p := l.provider(load.fastest, load.slowest)
	defer p.close()
	proc := l.startPoster(p, load.slots)
	defer proc.Kill()
	return p.watch(team{proc}, load.warm, load.warm+load.sends)
}

// forgetful measures the consumer with the same sender.
func (l *lab) forgetful(load load, settings map[string]string) window {
	l.Helper()
	s, p := l.system(load.partitions), l.provider(load.fastest, load.slowest)
	defer p.close()
	defer l.drop(s)
	l.publish(s, "cost", load.events())
	all := s.Settings()
	all["MAILGUN_API_BASE_URL"], all["DELIVERY_CONCURRENCY"] = p.url, strconv.Itoa(load.slots)
	maps.Copy(all, settings)
	proc := harness.Start(l, l.binaries.Path(l, "tests/forgetful"), all)
	defer proc.Kill()
	return p.watch(team{proc}, load.warm, load.warm+load.sends)
}
