package bench

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

const (
	manyLanes   = 200
	manyEntries = 4_000_000 // of half as many keys
)

// scaleLanes starts a worker that is given 200 lanes at once, and looks at the most
// memory that it takes until all are open.
func scaleLanes(l *lab) {
	s, p := l.system(manyLanes), l.provider(0, 0)
	defer p.close()
	defer l.drop(s)
	l.fillLanes(s, manyLanes, manyEntries)
	var peaks, took, processor []float64
	var files int64
	for round := range *rounds {
		begin := time.Now()
		worker := l.startSender(s, p, emailWorker(), 64, map[string]string{"KAFKA_GROUP_ID": fmt.Sprintf("%s-%d", s.Group, round)})
		harness.Await(l, 2*time.Minute, "all lanes open", func() bool { return openLanes(worker) == manyLanes })
		took = append(took, time.Since(begin).Seconds())
		peaks = append(peaks, float64(l.memoryOf(worker, "VmHWM"))/mib)
		processor = append(processor, l.processorTime(team{worker}).Seconds())
		files = l.memoryOf(worker, "RssFile")
		worker.Kill()
	}
	l.report.atMost("memory, 200 lanes with 2 M keys, peak from the start until all are open", 64+130*manyEntries/2/mib, " MiB", median(peaks),
		fmt.Sprintf("all peaks %.0f; open after %.1f s (%.1f), %.1f s of processor time; %d MiB of it are the program itself",
			peaks, median(took), took, median(processor), files/mib))
}

// memoryOf returns a figure of a process's memory, in bytes, by the kernel's name.
func (l *lab) memoryOf(p *harness.Process, name string) int64 {
	l.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.PID()))
	if err != nil {
		l.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), name+":")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		l.Fatal(err)
	}
	return kib << 10
}

// scaleTakeover lets a lane with 1 M ledger entries go over to a process that waits
// for one, and takes the time until that sends.
func scaleTakeover(l *lab) {
	load := load{slots: 64, fastest: 20 * ms, slowest: 60 * ms, partitions: 1, warm: 500, sends: 80_000}
	s, before, after := l.system(load.partitions), l.provider(load.fastest, load.slowest), l.provider(load.fastest, load.slowest)
	defer l.drop(s)
	l.fill(s, ledgerEntries)
	l.publishLoad(s, load, emailWorker())
	owner, waits := before, after
	worker := l.startSender(s, owner, emailWorker(), load.slots, nil)
	defer func() { worker.Kill() }()
	owner.await(int64(load.warm))
	var open, sends []float64
	for range *rounds {
		next := l.startSender(s, waits, emailWorker(), load.slots, nil)
		s.AwaitMembers(2)
		sent := len(waits.arrivals())
		begin := time.Now()
		worker.Terminate(time.Minute)
		waits.await(int64(sent + 1))
		sends = append(sends, waits.arrivals()[sent].Sub(begin).Seconds())
		open = append(open, l.opened(next).took.Seconds())
		worker, owner, waits = next, waits, owner
	}
	l.report.note("takeover of one lane with 1 M ledger entries and a backlog, S=64: the next owner sent %.2f s after the last one's SIGTERM (%.2f), and opened the ledger in %.2f s (%.2f)",
		median(sends), sends, median(open), open)
}
