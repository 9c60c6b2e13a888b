package observe

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// maxCallSeries bounds the series of provider calls: a code can come from a
// provider's answer. Further codes are counted as "other".
const maxCallSeries = 300

// finishKey and callKey are the labels of one series.
type finishKey struct {
	channel domain.Channel
	status  domain.Status
	reason  domain.SkipReason
	class   domain.Class
}

type callKey struct {
	channel domain.Channel
	call    ports.Call
	class   domain.Class
	code    string
}

// series is a counter and the histogram that goes with it.
type series struct {
	count prometheus.Counter
	took  prometheus.Observer
}

// instruments are the metrics that count events. Values that can be read from the state
// are left to Observer.Collect.
type instruments struct {
	finished     *prometheus.CounterVec
	finishedTook *prometheus.HistogramVec
	calls        *prometheus.CounterVec
	callsTook    *prometheus.HistogramVec
	alerts       *prometheus.CounterVec
	panics       *prometheus.CounterVec
	samples      *prometheus.CounterVec
	visible      *prometheus.HistogramVec

	finishedSeries handles[finishKey, series]
	callSeries     handles[callKey, series]
}

func newInstruments() *instruments {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	durations := []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
	// Up to two days: a sample is looked up until 2 V have passed, and V may be a day.
	ages := []float64{1, 2, 4, 8, 15, 30, 60, 120, 240, 480, 900, 1800, 3600, 7200, 14400, 28800, 57600, 115200, 172800}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	return &instruments{
		finished:     counter("notifications_total", "Events by their durable outcome.", "channel", "status", "reason", "class"),
		finishedTook: histogram("notification_duration_seconds", "Time from an event's turn to its durable outcome.", durations, "channel", "status"),
		calls:        counter("provider_calls_total", "Calls to the provider; class and code are empty for success.", "channel", "call", "class", "code"),
		callsTook:    histogram("provider_call_duration_seconds", "Time that calls to the provider took.", durations, "channel", "call"),
		alerts:       counter("notifications_alerts_total", "What a person should look at although work goes on.", "channel", "code"),
		panics:       counter("notifications_panics_total", "Panics that were recovered.", "channel"),
		samples:      counter("provider_lookup_samples_total", "Accepted messages that were looked up to see how long they take to show, by result.", "channel", "result"),
		visible:      histogram("provider_lookup_visible_seconds", "Time until an accepted message showed in the provider's look-up.", ages, "channel"),
	}
}

func (m *instruments) register(r prometheus.Registerer) error {
	return errors.Join(r.Register(m.finished), r.Register(m.finishedTook), r.Register(m.calls),
		r.Register(m.callsTook), r.Register(m.alerts), r.Register(m.panics),
		r.Register(m.samples), r.Register(m.visible))
}

// finish returns the series of an outcome.
func (m *instruments) finish(k finishKey) series {
	return m.finishedSeries.get(k, func(int) series {
		return series{
			count: m.finished.WithLabelValues(string(k.channel), string(k.status), string(k.reason), string(k.class)),
			took:  m.finishedTook.WithLabelValues(string(k.channel), string(k.status)),
		}
	})
}

// call returns the series of a provider call.
func (m *instruments) call(k callKey) series {
	if s, seen := m.callSeries.all()[k]; seen {
		return s
	}
	if len(m.callSeries.all()) >= maxCallSeries {
		k.code = other
	}
	return m.callSeries.get(k, func(int) series {
		return series{
			count: m.calls.WithLabelValues(string(k.channel), string(k.call), string(k.class), k.code),
			took:  m.callsTook.WithLabelValues(string(k.channel), string(k.call)),
		}
	})
}

// prepare creates the series that every channel has, so that they start at 0 and rates
// over them are correct from the first event.
func (m *instruments) prepare(ch domain.Channel) {
	m.finish(finishKey{channel: ch, status: domain.StatusSent})
	for _, reason := range domain.SkipReasons() {
		m.finish(finishKey{channel: ch, status: domain.StatusSkipped, reason: reason})
	}
	for _, class := range domain.Classes() {
		m.finish(finishKey{channel: ch, status: domain.StatusDeadLettered, class: class})
	}
	m.call(callKey{channel: ch, call: ports.CallSend})
	m.alerts.WithLabelValues(string(ch), ports.AlertExpired) // it pages
	m.call(callKey{channel: ch, call: ports.CallLookUp})
	m.panics.WithLabelValues(string(ch))
	for _, result := range []ports.SampleResult{ports.SampleSeen, ports.SampleLate, ports.SampleNever, ports.SampleFlapped, ports.SampleCensored} {
		m.samples.WithLabelValues(string(ch), string(result))
	}
	m.visible.WithLabelValues(string(ch))
}
