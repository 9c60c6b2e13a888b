package observe

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// gauges are read from the state when metrics are scraped.
type gauges struct{ waiting, halted, reason *prometheus.Desc }

func newGauges() gauges {
	return gauges{
		waiting: prometheus.NewDesc("notifications_waiting", "Records that have no outcome yet, by what they wait for.", []string{"channel", "wait"}, nil),
		halted:  prometheus.NewDesc("notifications_halted", "1 while sending is halted, by the class of what halted it.", []string{"channel", "class"}, nil),
		reason:  prometheus.NewDesc("notifications_halted_info", "1 with the code of what halted sending; absent otherwise.", []string{"channel", "class", "code"}, nil),
	}
}

var _ prometheus.Collector = (*Observer)(nil)

// Describe describes the gauges that Collect reads.
func (o *Observer) Describe(descs chan<- *prometheus.Desc) {
	descs <- o.gauges.waiting
	descs <- o.gauges.halted
	descs <- o.gauges.reason
}

// Collect reads the gauges from the state.
func (o *Observer) Collect(into chan<- prometheus.Metric) {
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		into <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	for _, snap := range o.Snapshot() {
		ch := string(snap.Channel)
		for wait, n := range snap.Waiting {
			gauge(o.gauges.waiting, float64(n), ch, string(wait))
		}
		for _, class := range []domain.Class{domain.ClassConfiguration, domain.ClassTransient} {
			on := 0.0
			if snap.Halted != nil && snap.Halted.Class == class {
				on = 1
			}
			gauge(o.gauges.halted, on, ch, string(class))
		}
		if h := snap.Halted; h != nil {
			gauge(o.gauges.reason, 1, ch, string(h.Class), h.Code)
		}
	}
}
