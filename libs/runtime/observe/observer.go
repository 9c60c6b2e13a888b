// Package observe turns events of delivery into log lines, metrics and the state that
// readiness and /status show. Normal operation logs nothing above debug; a line about a
// problem that needs a person names the remedy. Lines and labels contain no recipients.
package observe

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/logging"
)

// Observer is a ports.Observer with logs and Prometheus metrics. It may be used
// concurrently.
type Observer struct {
	log      *zap.Logger
	metrics  *instruments
	gauges   gauges
	limit    limiter
	channels handles[domain.Channel, *channelState]
	hints    Hints
}

var _ ports.Observer = (*Observer)(nil)

// Hints tell an operator, for each observed channel, what to check when the provider
// refuses the account: the names of the settings, and where the account is.
type Hints map[domain.Channel]string

// New returns an observer of the channels that hints names, with its metrics in r.
// Events of other channels are observed as well. It fails if r already has an
// observer's metrics.
func New(log *zap.Logger, r prometheus.Registerer, hints Hints) (*Observer, error) {
	o := &Observer{log: log, metrics: newInstruments(), gauges: newGauges(), hints: hints}
	if err := errors.Join(o.metrics.register(r), r.Register(o)); err != nil {
		return nil, err
	}
	for ch := range hints {
		o.state(ch)
		o.metrics.prepare(ch)
	}
	return o, nil
}

func (o *Observer) state(ch domain.Channel) *channelState {
	return o.channels.get(ch, func(int) *channelState {
		return &channelState{channel: ch, alerts: make(map[string]*Alert)}
	})
}

// Finished counts an outcome. Only outcomes that may interest a person are logged above
// debug.
func (o *Observer) Finished(ch domain.Channel, f ports.Finish) {
	key := finishKey{channel: ch, status: f.Outcome.Status, reason: f.Outcome.Reason}
	if f.Outcome.Failure != nil {
		key.class = f.Outcome.Failure.Class
	}
	s := o.metrics.finish(key)
	s.count.Inc()
	s.took.Observe(f.Took.Seconds())
	o.state(ch).count(f.Outcome.Status)
	o.logFinish(ch, f)
}

// Called counts a provider call.
func (o *Observer) Called(ch domain.Channel, call ports.Call, failure *domain.Failure, took time.Duration) {
	key := callKey{channel: ch, call: call}
	if failure != nil {
		key.class, key.code = failure.Class, failure.Code
	}
	s := o.metrics.call(key)
	s.count.Inc()
	s.took.Observe(took.Seconds())
	if failure == nil {
		return
	}
	if line := o.log.Check(zap.DebugLevel, "provider call failed"); line != nil {
		line.Write(logging.Channel(ch), zap.String("call", string(call)), logging.Failure(failure), zap.Duration("took", took))
	}
}

// Waiting keeps count of the records that wait.
func (o *Observer) Waiting(ch domain.Channel, w ports.Wait, delta int) {
	if n := o.state(ch).wait(w); n != nil {
		n.Add(int64(delta))
	}
}

// Alert counts an alert and keeps the newest of each code for /status.
func (o *Observer) Alert(ch domain.Channel, code, detail string) { o.AlertN(ch, code, detail, 1) }

// AlertN counts n alerts of one code, of which it keeps the newest for /status.
func (o *Observer) AlertN(ch domain.Channel, code, detail string, n int64) {
	o.metrics.alerts.WithLabelValues(string(ch), o.state(ch).alert(code, detail, n)).Add(float64(n))
	o.limited(zap.WarnLevel, "alert", string(ch)+code, logging.Channel(ch), logging.Code(code), zap.String("detail", detail))
}

// Sampled counts the result of a sample.
func (o *Observer) Sampled(ch domain.Channel, result ports.SampleResult, age time.Duration) {
	o.metrics.samples.WithLabelValues(string(ch), string(result)).Inc()
	if result == ports.SampleSeen {
		o.metrics.visible.WithLabelValues(string(ch)).Observe(age.Seconds())
	}
}
