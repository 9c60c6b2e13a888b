package bench

import (
	"fmt"
	"strconv"
	"time"
)

// load is one number of slots with a provider that it makes sense with: the
// latency is so long that two cores, which Kafka and the provider share, can
// keep up.
type load struct {
	slots            int
	fastest, slowest time.Duration
	least            float64
}

func loads() []load {
	const ms = time.Millisecond
	return []load{
		{16, 50 * ms, 150 * ms, 0.95},
		{64, 50 * ms, 150 * ms, 0.95},
		{256, 100 * ms, 300 * ms, 0.95},
		{1024, 300 * ms, 900 * ms, 0.90},
	}
}

// throughput compares the rate of sends with what the slots could reach.
func throughput(l *lab) {
	for _, load := range loads() {
		for _, partitions := range []int{1, 6} {
			var shares, rates []float64
			for range *rounds {
				w := l.send(load, partitions)
				shares, rates = append(shares, w.share(load.slots)), append(rates, w.perSecond())
			}
			share := median(shares)
			l.report.atLeast(fmt.Sprintf("sends/s as a part of S/L: S=%d, L=%d–%d ms, %s", load.slots,
				load.fastest.Milliseconds(), load.slowest.Milliseconds(), plural(partitions, "partition")),
				load.least, share, fmt.Sprintf("%.0f sends/s", median(rates)))
		}
	}
}

// send lets the e-mail worker work off a backlog for a few seconds.
func (l *lab) send(load load, partitions int) window {
	const seconds = 6
	perSecond := float64(load.slots) / ((load.fastest + load.slowest) / 2).Seconds()
	warm, measured := 3*load.slots, int(seconds*perSecond)
	s, p := l.system(partitions), l.provider(load.fastest, load.slowest)
	l.publish(s, "load", warm+measured+2*load.slots)
	worker := s.StartWorker(map[string]string{
		"MAILGUN_API_BASE_URL": p.url, "DELIVERY_CONCURRENCY": strconv.Itoa(load.slots),
	})
	defer worker.Kill()
	return p.watch(worker, warm, warm+measured)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
