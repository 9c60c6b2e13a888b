package bench

import (
	"fmt"
	"strconv"
	"time"
)

// load is one number of slots with a latency that two cores, which Kafka and
// the provider share, can keep up with.
type load struct {
	slots            int
	fastest, slowest time.Duration
	least            float64
}

func loads() []load {
	const ms = time.Millisecond
	return []load{
		{16, 10 * ms, 30 * ms, 0.95},
		{64, 20 * ms, 60 * ms, 0.95},
		{256, 50 * ms, 150 * ms, 0.95},
		{1024, 200 * ms, 600 * ms, 0.90},
	}
}

// perSecond is the rate that the slots could reach.
func (l load) perSecond() float64 {
	return float64(l.slots) / ((l.fastest + l.slowest) / 2).Seconds()
}

// throughput compares the rate of sends with what the slots could reach, and
// shows what bare posts reach on this machine.
func throughput(l *lab) {
	for _, load := range loads() {
		shares, rates := map[int][]float64{}, map[int][]float64{}
		add := func(partitions int, w window) {
			shares[partitions] = append(shares[partitions], w.share(load.slots))
			rates[partitions] = append(rates[partitions], w.perSecond())
		}
		for range *rounds {
			add(0, l.post(load))
			add(1, l.send(load, 1))
			add(6, l.send(load, 6))
		}
		for _, partitions := range []int{1, 6} {
			what := fmt.Sprintf("sends/s as a part of S/L: S=%d, L=%d–%d ms, %s",
				load.slots, load.fastest.Milliseconds(), load.slowest.Milliseconds(), plural(partitions, "partition"))
			l.report.atLeast(what, load.least, median(shares[partitions]),
				fmt.Sprintf("%.0f sends/s; bare posts reach %.2f", median(rates[partitions]), median(shares[0])))
		}
	}
}

// steady is how long a steady state is watched.
const steady = 8 * time.Second

// send lets the e-mail worker work off a backlog that is far larger than what
// it holds in memory.
func (l *lab) send(load load, partitions int) window {
	warm, measured := 3*load.slots, int(steady.Seconds()*load.perSecond())
	s, p := l.system(partitions), l.provider(load.fastest, load.slowest)
	l.publish(s, "load", warm+measured+2*load.slots)
	worker := s.StartWorker(map[string]string{
		"MAILGUN_API_BASE_URL": p.url, "DELIVERY_CONCURRENCY": strconv.Itoa(load.slots),
	})
	defer worker.Kill()
	return p.watch(worker, warm, warm+measured)
}

// post calls the same provider without anything in between.
func (l *lab) post(load load) window {
	warm, measured := 3*load.slots, int(steady.Seconds()*load.perSecond())
	p := l.provider(load.fastest, load.slowest)
	proc := l.startPoster(p, load.slots)
	defer proc.Kill()
	return p.watch(proc, warm, warm+measured)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
