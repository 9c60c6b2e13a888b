// Package bench measures the budgets of docs/BENCHMARKS.md: the real programs
// on a real Kafka against a stand-in for the provider, each in a process of its
// own. `make bench` runs it; plain `go test` does not.
//
// What can be a ratio is one, of figures taken in turns in one run: the machine
// is then the same for both. It reads /proc, so it needs Linux.
package bench

import (
	"flag"
	"os"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

var (
	reportPath = flag.String("report", "", "Markdown file whose part between the bench marks is rewritten")
	rounds     = flag.Int("rounds", 3, "how often what is compared is measured; medians count")
	outage     = flag.Duration("outage", outageTime, "how long the provider stays down while memory is watched")
)

// BenchmarkBudgets measures all budgets, or those that -bench names.
func BenchmarkBudgets(b *testing.B) {
	l := &lab{B: b, broker: kafkatest.New(b), binaries: harness.NewBinaries(b.TempDir()), report: newReport()}
	l.broker.RequireReal(b)
	for _, s := range []struct {
		name string
		run  func(*lab)
	}{
		{"throughput", throughput},
		{"ledger_cost", ledgerCost},
		{"worker_cost", workerCost},
		{"idle_latency", idleLatency},
		{"ledger_load", ledgerLoad},
		{"receipt_start", receiptStart},
		{"receipt_cost", receiptCost},
		{"memory", memory},
		{"size", size},
	} {
		b.Run(s.name, func(b *testing.B) { s.run(l.in(b)) })
	}
	l.report.print(os.Stdout)
	if *reportPath != "" {
		if err := l.report.write(*reportPath); err != nil {
			b.Error(err)
		}
	}
}
