package bench

import (
	"flag"
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

var largest = flag.Int("backlog", 10_000_000, "the largest backlog of the scale benchmark")

// scaleSlots compares the rate of sends with what the slots could reach, and
// with what bare posts reach on this machine.
func scaleSlots(l *lab) {
	for _, load := range []load{
		{slots: 16, fastest: 10 * ms, slowest: 30 * ms, rate: 0.95},
		{slots: 64, fastest: 20 * ms, slowest: 60 * ms, rate: 0.95},
		{slots: 256, fastest: 50 * ms, slowest: 150 * ms, rate: 0.95},
		{slots: 1024, fastest: 200 * ms, slowest: 600 * ms, rate: 0.90},
	} {
		load.partitions, load.warm, load.sends, load.watched = 6, 3*load.slots, 30_000, 8*time.Second
		var shares, bare []float64
		var windows []window
		for range *rounds {
			floor := l.enter(contestants()[0], load)
			w := l.enter(emailWorker(), load)
			windows = append(windows, w)
			shares, bare = append(shares, w.share(load.slots)), append(bare, floor.share(load.slots))
		}
		l.report.ratio("sends/s as a part of S/L, "+load.String(), goal{load.rate, true}, shares, false)
		l.report.ratio("the same, bare posts", goal{high: true}, bare, false)
		l.report.figure(load.String(), emailName, windows)
	}
}

// scalePartitions sends the first load over 1 to 200 partitions.
func scalePartitions(l *lab) {
	c := curve{what: "partitions", title: "Partitions: e-mail worker, S=256, 5–100 ms"}
	for _, n := range []int{1, 6, 48, 200} {
		load := loads()[0]
		load.partitions = n
		p := point{x: strconv.Itoa(n), slots: load.slots}
		for range *rounds {
			p.add(l.sendTimed(load, load.events()))
		}
		c.points = append(c.points, p)
	}
	l.report.curve(c)
}

// sendTimed lets the e-mail worker send the first of n events, and also returns
// the time from the start of the process to the first request.
func (l *lab) sendTimed(load load, n int) (window, time.Duration) {
	l.Helper()
	s, p := l.system(load.partitions), l.provider(load.fastest, load.slowest)
	defer p.close()
	defer l.drop(s)
	l.publish(s, "backlog", n)
	begin := time.Now()
	worker := l.startSender(s, p, emailWorker(), load.slots, nil)
	defer worker.Kill()
	w := load.watch(p, worker, emailWorker())
	return w, p.arrivals()[0].Sub(begin)
}

// scaleReplicas sends with 1, 2 and 4 processes of one group.
func scaleReplicas(l *lab) {
	c := curve{what: "processes", title: "Processes of one group: e-mail workers, S=64 each, 50–150 ms, 12 partitions; CPU and memory of all together"}
	for _, n := range []int{1, 2, 4} {
		load := load{slots: 64, fastest: 50 * ms, slowest: 150 * ms, partitions: 12, warm: 4_000, sends: 40_000, watched: 8 * time.Second}
		p := point{x: strconv.Itoa(n), slots: n * load.slots}
		for range *rounds {
			p.add(l.sendWith(load, n))
		}
		c.points = append(c.points, p)
	}
	l.report.curve(c)
}

// sendWith lets several workers of one group share a load. The time is that to the
// first request of any.
func (l *lab) sendWith(load load, n int) (window, time.Duration) {
	l.Helper()
	s, p := l.system(load.partitions), l.provider(load.fastest, load.slowest)
	defer p.close()
	defer l.drop(s)
	l.publishLoad(s, load, emailWorker())
	var all team
	begin := time.Now()
	for range n {
		worker := l.startSender(s, p, emailWorker(), load.slots, nil)
		defer worker.Kill()
		all = append(all, worker)
	}
	l.awaitLanes(all, load.partitions)
	answered := int(p.stats().Answered)
	w := p.watchFor(all, answered+1, answered+load.sends, load.watched)
	return w, p.arrivals()[0].Sub(begin)
}

// awaitLanes waits until each process has its share of the lanes, all open.
func (l *lab) awaitLanes(workers team, partitions int) {
	l.Helper()
	harness.Await(l, time.Minute, "lanes spread over all processes", func() bool {
		for _, w := range workers {
			if openLanes(w) != partitions/len(workers) {
				return false
			}
		}
		return true
	})
}

// scaleBacklog measures how long a worker takes to send first, and how fast it
// then is, with ever more behind what it sends.
func scaleBacklog(l *lab) {
	c := curve{what: "events", title: "Backlog: e-mail worker, S=256, 5–100 ms, 6 partitions"}
	for n := 100_000; n <= *largest; n *= 10 {
		p := point{x: strconv.Itoa(n), slots: loads()[0].slots}
		p.add(l.sendTimed(loads()[0], n))
		c.points = append(c.points, p)
	}
	l.report.curve(c)
}

// scaleRebalance lets a second process join and leave a group whose lanes have 1 M
// ledger entries, and looks at what the provider sees of it.
func scaleRebalance(l *lab) {
	load := load{slots: 64, fastest: 20 * ms, slowest: 60 * ms, partitions: 6, warm: 1_000, sends: 80_000}
	s, p := l.system(load.partitions), l.provider(load.fastest, load.slowest)
	defer l.drop(s)
	l.fillLanes(s, load.partitions, ledgerEntries)
	l.publishLoad(s, load, emailWorker())
	first := l.startSender(s, p, emailWorker(), load.slots, nil)
	defer first.Kill()
	p.await(int64(load.warm))
	joined := time.Now()
	second := l.startSender(s, p, emailWorker(), load.slots, nil)
	defer second.Kill()
	l.awaitLanes(team{first, second}, load.partitions)
	spread := time.Now()
	<-time.After(2 * time.Second)
	left := time.Now()
	second.Terminate(time.Minute)
	harness.Await(l, time.Minute, "all lanes with the first", func() bool { return openLanes(first) == load.partitions })
	back := time.Now()
	arrivals := p.arrivals()
	l.report.note("rebalance with 1 M ledger entries on 6 partitions, S=64: when a second process joined, its lanes were open after %.2f s and the provider waited %.2f s at most; "+
		"when it left on SIGTERM, all lanes were open after %.2f s and the provider waited %.2f s at most",
		spread.Sub(joined).Seconds(), longestGap(arrivals, joined, spread).Seconds(), back.Sub(left).Seconds(), longestGap(arrivals, left, back).Seconds())
}

// longestGap returns the longest time without an arrival between the two moments.
func longestGap(arrivals []time.Time, from, to time.Time) (longest time.Duration) {
	last := from
	for _, at := range arrivals {
		if at.After(from) && at.Before(to) {
			longest = max(longest, at.Sub(last))
			last = at
		}
	}
	return max(longest, to.Sub(last))
}
