package lag

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// How often the brokers are asked, and when a result is too old to show: without an
// answer the group's lag is unknown.
const (
	interval = 15 * time.Second
	stale    = 4 * interval
)

// Config names the group whose lag is measured.
type Config struct {
	Channel domain.Channel
	Group   string
	// Topics are the source and the replay topic.
	Topics []string
}

// Meter measures while Run runs, and shows the last result as metrics. Each member
// measures the whole group, so that the others notice a member that hangs.
type Meter struct {
	cfg    Config
	client *kgo.Client
	log    *zap.Logger

	records, seconds, committed *prometheus.Desc

	mu   sync.Mutex
	last map[place]Lag
	at   time.Time
}

// NewMeter returns a meter that asks with client, which must not be a member of a
// group.
func NewMeter(cfg Config, client *kgo.Client, log *zap.Logger) *Meter {
	gauge := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, []string{"channel", "group", "topic", "partition"}, nil)
	}
	return &Meter{
		cfg: cfg, client: client, log: log,
		records:   gauge("notifications_lag_records", "Records of a partition that have no outcome committed by the group yet."),
		seconds:   gauge("notifications_lag_seconds", "How long ago the oldest of them was published."),
		committed: gauge("notifications_committed_offset", "The group's committed offset of a partition; it rises while work goes on."),
	}
}

// Run measures until ctx ends. It never fails: a broker that does not answer is
// reported elsewhere.
func (m *Meter) Run(ctx context.Context) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		m.measure(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (m *Meter) measure(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, interval)
	defer cancel()
	measured, err := measure(ctx, m.client, m.cfg.Group, time.Now(), m.cfg.Topics...)
	if err != nil {
		m.log.Debug("the lag could not be measured", zap.Error(err))
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last, m.at = measured, time.Now()
}

var _ prometheus.Collector = (*Meter)(nil)

// Describe implements prometheus.Collector.
func (m *Meter) Describe(descs chan<- *prometheus.Desc) {
	descs <- m.records
	descs <- m.seconds
	descs <- m.committed
}

// Collect implements prometheus.Collector.
func (m *Meter) Collect(into chan<- prometheus.Metric) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.at) > stale {
		return
	}
	for at, l := range m.last {
		show := func(desc *prometheus.Desc, value float64) {
			into <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, string(m.cfg.Channel), m.cfg.Group, at.topic, strconv.Itoa(int(at.partition)))
		}
		show(m.records, float64(l.Records))
		show(m.seconds, l.Oldest.Seconds())
		show(m.committed, float64(l.Committed))
	}
}
