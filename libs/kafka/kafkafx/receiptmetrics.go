package kafkafx

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/receipts"
)

// receiptMetrics shows a watcher's state as metrics, read when they are scraped.
type receiptMetrics struct {
	channel domain.Channel
	watcher *receipts.Watcher
}

var _ prometheus.Collector = (*receiptMetrics)(nil)

// receiptSeries are the metrics of receipts.
type receiptSeries struct{ told, waiting, doubtful, watched, oldest, settled, unavailable, gaps, resolved *prometheus.Desc }

func newReceiptSeries() receiptSeries {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, append([]string{"channel"}, labels...), nil)
	}
	return receiptSeries{
		told:        desc("notifications_receipts_total", "Receipts that were written, by kind and the provider's reason.", "kind", "reason"),
		waiting:     desc("notifications_receipts_waiting", "Messages without a final receipt."),
		doubtful:    desc("notifications_receipts_doubtful", "Those of them whose acceptance by the provider is unknown."),
		watched:     desc("notifications_receipts_watched", "Messages with a receipt that a later one may follow."),
		oldest:      desc("notifications_receipts_oldest_seconds", "Age of the oldest message without a final receipt; 0 without one."),
		settled:     desc("notifications_receipts_settled_age_seconds", "Age of the time up to which all receipts that the provider will ever report were read; absent before the first read."),
		unavailable: desc("notifications_receipts_unavailable", "1 while the provider refuses to be asked."),
		gaps:        desc("notifications_receipts_gaps_total", "Spans of time that could no longer be read."),
		resolved:    desc("notifications_receipts_resolved_total", "Dead letters that a receipt proved to be sent."),
	}
}

// Describe implements prometheus.Collector.
func (m *receiptMetrics) Describe(into chan<- *prometheus.Desc) {
	s := newReceiptSeries()
	for _, d := range []*prometheus.Desc{s.told, s.waiting, s.doubtful, s.watched, s.oldest, s.settled, s.unavailable, s.gaps, s.resolved} {
		into <- d
	}
}

// Collect implements prometheus.Collector.
func (m *receiptMetrics) Collect(into chan<- prometheus.Metric) {
	s, now := newReceiptSeries(), m.watcher.Status()
	put := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		into <- prometheus.MustNewConstMetric(d, kind, value, append([]string{string(m.channel)}, labels...)...)
	}
	gauge := func(d *prometheus.Desc, value float64) { put(d, prometheus.GaugeValue, value) }
	for key, n := range m.counts(now) {
		put(s.told, prometheus.CounterValue, float64(n), string(key.Kind), key.Reason)
	}
	put(s.gaps, prometheus.CounterValue, float64(now.Gaps))
	put(s.resolved, prometheus.CounterValue, float64(now.Resolved))
	gauge(s.waiting, float64(now.Waiting))
	gauge(s.doubtful, float64(now.Doubtful))
	gauge(s.watched, float64(now.Watched))
	oldest, unavailable := 0.0, 0.0
	if now.Oldest != nil {
		oldest = time.Since(*now.Oldest).Seconds()
	}
	if now.Unavailable != nil {
		unavailable = 1
	}
	gauge(s.oldest, oldest)
	gauge(s.unavailable, unavailable)
	if now.Settled != nil {
		gauge(s.settled, time.Since(*now.Settled).Seconds())
	}
}

// counts returns how many receipts there were of each kind and reason. Each kind starts
// at 0, so that rates over it are right from the first one.
func (m *receiptMetrics) counts(s receipts.Status) map[receipts.Told]int64 {
	all := map[receipts.Told]int64{}
	for _, kind := range domain.ReceiptKinds() {
		all[receipts.Told{Kind: kind}] = 0
	}
	for _, t := range s.Told {
		all[receipts.Told{Kind: t.Kind, Reason: t.Reason}] = t.Count
	}
	return all
}
