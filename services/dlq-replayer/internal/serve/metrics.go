package serve

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// other is the label of unknown channels and classes: other tools may write to the
// topic, and their words must not become labels.
const other = "other"

// metrics collects the state of the index when it is scraped.
type metrics struct {
	server                                   *Server
	depth, oldest, statuses, expiring        *prometheus.Desc
	held, limit, leftOut, running, retention *prometheus.Desc
}

// Metrics returns the collector of the server's metrics. Until the dead letters are
// read it collects nothing, because the figures would be wrong.
func (s *Server) Metrics() prometheus.Collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("notifications_dlq_"+name, help, labels, nil)
	}
	return &metrics{
		server:    s,
		depth:     desc("depth", "Unresolved dead letters: without a final outcome, in the index or left out of it.", "channel", "class"),
		oldest:    desc("oldest_age_seconds", "Age of the oldest unresolved dead letter.", "channel", "class"),
		statuses:  desc("dead_letters", "Dead letters in the index by status.", "status"),
		expiring:  desc("expiring", "Unresolved dead letters that retention is about to delete."),
		retention: desc("retention_seconds", "Retention of the dead-letter topic; 0 is for ever."),
		held:      desc("index_entries", "Dead letters that the index holds."),
		limit:     desc("index_limit", "Dead letters that the index can hold."),
		leftOut:   desc("index_left_out", "Unresolved dead letters that the full index left out, the youngest."),
		running:   desc("job_running", "1 while this process carries out a replay job."),
	}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.depth, m.oldest, m.statuses, m.expiring, m.retention, m.held, m.limit, m.leftOut, m.running} {
		c <- d
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(c chan<- prometheus.Metric) {
	x, retention := m.server.current()
	if x == nil {
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	now := time.Now()
	s := x.Stats(index.Filter{})
	for labels, g := range byLabels(append(s.Unresolved, s.Left...)) {
		gauge(m.depth, float64(g.Count), labels.channel, labels.class)
		if !g.Oldest.IsZero() {
			gauge(m.oldest, now.Sub(g.Oldest).Seconds(), labels.channel, labels.class)
		}
	}
	for _, status := range index.Statuses() {
		gauge(m.statuses, float64(s.ByStatus[status]), string(status))
	}
	gauge(m.expiring, float64(x.Expiring(retention, now).Count))
	gauge(m.retention, retention.Seconds())
	gauge(m.held, float64(s.Held))
	gauge(m.limit, float64(s.Limit))
	gauge(m.leftOut, float64(s.LeftOut))
	running := 0.0
	if m.server.Running() != "" {
		running = 1
	}
	gauge(m.running, running)
}

type labels struct{ channel, class string }

// byLabels sums groups up by channel and class.
func byLabels(groups []index.Group) map[labels]index.Group {
	sums := make(map[labels]index.Group)
	for _, g := range groups {
		l := labels{other, other}
		if g.Channel.Valid() {
			l.channel = string(g.Channel)
		}
		if slices.Contains(domain.Classes(), g.Class) {
			l.class = string(g.Class)
		}
		sum := sums[l]
		if sum.Oldest.IsZero() || !g.Oldest.IsZero() && g.Oldest.Before(sum.Oldest) {
			sum.Oldest = g.Oldest
		}
		sum.Count += g.Count
		sums[l] = sum
	}
	return sums
}

// withoutCodes returns the groups by channel and class, the largest first: codes,
// and channels and classes that are not ours, may be another tool's words.
func withoutCodes(groups []index.Group) []index.Group {
	merged := make([]index.Group, 0)
	for l, g := range byLabels(groups) {
		merged = append(merged, index.Group{Channel: domain.Channel(l.channel), Class: domain.Class(l.class), Count: g.Count, Oldest: g.Oldest})
	}
	index.SortGroups(merged)
	return merged
}

// Running returns the id of the job that this process carries out, or an empty text.
func (s *Server) Running() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running
}

// Status is what /status shows.
type Status struct {
	Dead    *index.Stats `json:"dead_letters,omitempty"`
	Running string       `json:"running_job,omitempty"`
	Warning string       `json:"warning,omitempty"`
}

// Status returns the server's section of /status.
func (s *Server) Status() Status {
	status := Status{Running: s.Running()}
	x, retention := s.current()
	if x == nil {
		return status
	}
	stats := x.Stats(index.Filter{})
	stats.Unresolved = withoutCodes(stats.Unresolved)
	status.Dead, status.Warning = &stats, strings.Join(warnings(x, retention), ". ")
	return status
}
