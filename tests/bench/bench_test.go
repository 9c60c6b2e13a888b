// Package bench measures the budgets of docs/BENCHMARKS.md: the real programs
// on a real Kafka against a stand-in for the provider, each in a process of its
// own. `make bench` runs it; plain `go test` only tests its arithmetic.
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
	reportPath   = flag.String("report", "", "Markdown file whose part between the bench marks is rewritten")
	baselinePath = flag.String("baseline", "", "file that the ratios of ours are written to, for -check")
	checkPath    = flag.String("check", "", "file of an earlier run's ratios; one that is worse by more than its spread fails")
	rounds       = flag.Int("rounds", 3, "how often what is compared is measured; medians count")
	outage       = flag.Duration("outage", outageTime, "how long the provider stays down while memory is watched")
)

// measurement is one part of a run.
type measurement struct {
	name string
	run  func(*lab)
}

// BenchmarkBudgets measures all budgets, or those that -bench names.
func BenchmarkBudgets(b *testing.B) {
	all := make([]measurement, 0, 16)
	for i := range loads() {
		name, run := loadNamed(i)
		all = append(all, measurement{name, run})
	}
	l := measure(b, append(all,
		measurement{"layers", layerTable},
		measurement{"ledger_cost", ledgerCost},
		measurement{"nothing_asked", nothingAsked},
		measurement{"ledger_load", ledgerLoad},
		measurement{"idle_latency", idleLatency},
		measurement{"receipt_start", receiptStart},
		measurement{"receipt_cost", receiptCost},
		measurement{"trace_cost", traceCost},
		measurement{"memory", memory},
		measurement{"size", size},
	))
	l.finish("bench")
	if *baselinePath != "" {
		if err := l.report.run().Write(*baselinePath); err != nil {
			b.Error(err)
		}
	}
	if *checkPath != "" {
		l.report.check(b, *checkPath)
	}
}

// BenchmarkScale measures how what is measured changes with partitions, processes,
// backlog and ledger. `make bench-scale` runs it.
func BenchmarkScale(b *testing.B) {
	measure(b, []measurement{
		{"slots", scaleSlots},
		{"partitions", scalePartitions},
		{"replicas", scaleReplicas},
		{"backlog", scaleBacklog},
		{"rebalance", scaleRebalance},
		{"lanes", scaleLanes},
		{"takeover", scaleTakeover},
	}).finish("scale")
}

// measure runs each measurement in a sub-benchmark.
func measure(b *testing.B, all []measurement) *lab {
	b.Helper()
	l := &lab{B: b, broker: kafkatest.New(b), binaries: harness.NewBinaries(b.TempDir()), report: newReport(os.Stdout)}
	l.broker.RequireReal(b)
	l.binaries.Path(b, emailWorker().pkg) // built now, and not in the time of a start
	for _, m := range all {
		b.Run(m.name, func(b *testing.B) { m.run(l.in(b)) })
	}
	return l
}

// finish prints the report and writes it where that is asked for.
func (l *lab) finish(mark string) {
	l.report.print()
	if *reportPath == "" {
		return
	}
	if err := l.report.write(*reportPath, mark); err != nil {
		l.Error(err)
	}
}
