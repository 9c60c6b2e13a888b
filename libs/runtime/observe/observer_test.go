package observe_test

import (
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/observe"
)

// watched is an observer of the e-mail channel with its log and its metrics.
type watched struct {
	*observe.Observer
	t        testing.TB
	lines    *observer.ObservedLogs
	registry *prometheus.Registry
}

func watch(t testing.TB, level zapcore.Level) watched {
	t.Helper()
	core, lines := observer.New(level)
	registry := prometheus.NewRegistry()
	o, err := observe.New(zap.New(core), registry, observe.Hints{domain.Email: "BEACON_API_KEY and the account at Beacon"})
	if err != nil {
		t.Fatal(err)
	}
	return watched{Observer: o, t: t, lines: lines, registry: registry}
}

// value returns the value of the series "name{label=value,…}"; -1 when there is
// none. A histogram's value is its count.
func (w watched) value(series string) float64 {
	w.t.Helper()
	name, labels, _ := strings.Cut(strings.TrimSuffix(series, "}"), "{")
	families, err := w.registry.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == name && hasLabels(m, labels) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return -1
}

func hasLabels(m *dto.Metric, labels string) bool {
	have := make(map[string]string)
	for _, pair := range m.GetLabel() {
		have[pair.GetName()] = pair.GetValue()
	}
	for label := range strings.SplitSeq(labels, ",") {
		if name, value, _ := strings.Cut(label, "="); have[name] != value {
			return false
		}
	}
	return true
}

func finish(out domain.Outcome) ports.Finish {
	return ports.Finish{
		Record:        &ports.Record{Topic: "appointments.created", Partition: 3, Offset: 42, Value: []byte(`{"email":"ann@patient.example"}`)},
		AppointmentID: "a-1", Outcome: out, Took: 20 * time.Millisecond,
	}
}

func failure(class domain.Class, code string) *domain.Failure {
	return &domain.Failure{Class: class, Code: code, Detail: "what was wrong", Cause: errors.New("ann@patient.example +15550101000")}
}

func TestEachEventIsCountedUnderItsLabels(t *testing.T) {
	w := watch(t, zap.InfoLevel)
	if got := w.value("notifications_total{channel=email,status=dead_lettered,class=configuration}"); got != 0 {
		t.Errorf("a series that can come must begin at 0, is %v", got)
	}
	w.Finished(domain.Email, finish(domain.Sent("id")))
	w.Finished(domain.Email, finish(domain.Sent("id")))
	w.Finished(domain.Email, finish(domain.Skipped(domain.SkipSuperseded)))
	w.Finished(domain.Email, finish(domain.DeadLettered(failure(domain.ClassInvalidEvent, "event.time"))))
	w.Called(domain.Email, ports.CallSend, nil, time.Second)
	w.Called(domain.Email, ports.CallSend, failure(domain.ClassTransient, "mailgun.429"), time.Second)
	w.Waiting(domain.Email, ports.WaitDoubt, 1)
	w.Waiting(domain.Email, ports.WaitDoubt, 1)
	w.Waiting(domain.Email, ports.WaitDoubt, -1)
	w.Alert(domain.Email, "record.key", "the key is not the appointment id")
	if got := w.value("notifications_alerts_total{channel=email,code=record.expired}"); got != 0 {
		t.Errorf("a series that pages must begin at 0, is %v", got)
	}
	w.AlertN(domain.Email, "record.expired", "400 events are gone", 400)
	w.AlertN(domain.Email, "record.expired", "12 events are gone", 12)
	w.Panicked(domain.Email, "boom", nil)
	for series, want := range map[string]float64{
		"notifications_total{channel=email,status=sent}":                                 2,
		"notifications_total{channel=email,status=skipped,reason=superseded}":            1,
		"notifications_total{channel=email,status=dead_lettered,class=invalid_event}":    1,
		"notification_duration_seconds{channel=email,status=sent}":                       2,
		"provider_calls_total{channel=email,call=send,class=,code=}":                     1,
		"provider_calls_total{channel=email,call=send,class=transient,code=mailgun.429}": 1,
		"provider_call_duration_seconds{channel=email,call=send}":                        2,
		"notifications_waiting{channel=email,wait=doubt}":                                1,
		"notifications_waiting{channel=email,wait=retry}":                                0,
		"notifications_halted{channel=email,class=configuration}":                        0,
		"notifications_alerts_total{channel=email,code=record.key}":                      1,
		"notifications_alerts_total{channel=email,code=record.expired}":                  412,
		"notifications_panics_total{channel=email}":                                      1,
	} {
		if got := w.value(series); got != want {
			t.Errorf("%s is %v, want %v", series, got, want)
		}
	}
}

func TestAHaltIsToldOnceWithItsFixUntilSendingResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, zap.InfoLevel)
		if err := w.Ready(); err != nil {
			t.Fatalf("not ready before anything happened: %v", err)
		}
		halt := ports.Halt{Halted: true, Class: domain.ClassConfiguration, Code: "mailgun.401", Until: time.Now().Add(5 * time.Second)}
		for range 3 { // Each failed probe reports the next one.
			w.Halted(domain.Email, halt)
			<-time.After(5 * time.Second)
			halt.Until = time.Now().Add(5 * time.Second)
		}
		err := w.Ready()
		if err == nil || !strings.Contains(err.Error(), "mailgun.401") || !strings.Contains(err.Error(), "BEACON_API_KEY") {
			t.Errorf("readiness must name the code and the fix: %v", err)
		}
		if on := w.value("notifications_halted{channel=email,class=configuration}"); on != 1 {
			t.Errorf("halted gauge is %v", on)
		}
		if on := w.value("notifications_halted_info{code=mailgun.401}"); on != 1 {
			t.Errorf("the gauge lacks the code: %v", on)
		}
		w.Halted(domain.Email, ports.Halt{})
		if err := w.Ready(); err != nil || w.value("notifications_halted{class=configuration}") != 0 || w.value("notifications_halted_info{code=mailgun.401}") != -1 {
			t.Errorf("still halted: %v", err)
		}
		lines := w.lines.All()
		if len(lines) != 2 || lines[0].Level != zap.ErrorLevel || lines[0].ContextMap()["fix"] == "" || lines[1].Level != zap.InfoLevel {
			t.Fatalf("want an error with its fix and a resume, got %+v", lines)
		}
		if lasted := lines[1].ContextMap()["halted_for"]; lasted != 15*time.Second {
			t.Errorf("halted for %v, want 15s", lasted)
		}
	})
}

func TestAnOutageIsAWarning(t *testing.T) {
	w := watch(t, zap.InfoLevel)
	w.Halted(domain.Email, ports.Halt{Halted: true, Class: domain.ClassTransient, Code: "mailgun.503"})
	if lines := w.lines.All(); len(lines) != 1 || lines[0].Level != zap.WarnLevel {
		t.Errorf("got %+v", lines)
	}
	if w.Ready() == nil || w.value("notifications_halted{class=transient}") != 1 {
		t.Error("an outage must show in readiness and metrics")
	}
}

func TestNormalOperationLogsNothing(t *testing.T) {
	w := watch(t, zap.InfoLevel)
	for range 1000 {
		w.Waiting(domain.Email, ports.WaitRate, 1)
		w.Called(domain.Email, ports.CallSend, nil, time.Second)
		w.Waiting(domain.Email, ports.WaitRate, -1)
		w.Finished(domain.Email, finish(domain.Sent("id")))
		w.Finished(domain.Email, finish(domain.Skipped(domain.SkipNotRequested)))
	}
	if n := w.lines.Len(); n != 0 {
		t.Errorf("%d lines, the first %+v", n, w.lines.All()[0])
	}
}

func TestManyDeadLettersOfOneKindDoNotBuryTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, zap.InfoLevel)
		for range 1000 {
			w.Finished(domain.Email, finish(domain.DeadLettered(failure(domain.ClassInvalidEvent, "event.time"))))
		}
		w.Finished(domain.Email, finish(domain.DeadLettered(failure(domain.ClassInvalidEvent, "event.email"))))
		ofOther := func(line observer.LoggedEntry) bool { return line.ContextMap()["code"] == "event.email" }
		if n := w.lines.Filter(ofOther).Len(); n != 1 {
			t.Errorf("another kind of dead letter was left out: %d lines", n)
		}
		if n := w.lines.Len(); n != 6 {
			t.Errorf("%d lines, want 5 of one kind and 1 of the other", n)
		}
		<-time.After(10 * time.Second)
		w.Finished(domain.Email, finish(domain.DeadLettered(failure(domain.ClassInvalidEvent, "event.time"))))
		if n := w.lines.FilterField(zap.Int("similar_lines_left_out", 995)).Len(); n != 1 {
			t.Errorf("the log does not say how many lines were left out: %+v", w.lines.All())
		}
	})
}

func TestNoRecipientIsLoggedOrLabelled(t *testing.T) {
	w := watch(t, zap.DebugLevel)
	failed := failure(domain.ClassRecipientRejected, "mailgun.400")
	w.Finished(domain.Email, finish(domain.Sent("id")))
	w.Finished(domain.Email, finish(domain.DeadLettered(failed)))
	w.Called(domain.Email, ports.CallSend, failed, time.Second)
	w.Panicked(domain.Email, errors.New("ann@patient.example"), []byte("stack"))
	w.Panicked(domain.Email, "ann@patient.example", []byte("stack"))
	families, err := w.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	for _, family := range families {
		shown.WriteString(family.String())
	}
	encoder := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
	for _, line := range w.lines.All() {
		text, err := encoder.EncodeEntry(line.Entry, line.Context)
		if err != nil {
			t.Fatal(err)
		}
		shown.Write(text.Bytes())
	}
	if w.lines.Len() != 5 || !strings.Contains(shown.String(), `"appointment_id":"a-1","topic":"appointments.created","partition":3,"offset":42`) {
		t.Errorf("the lines do not say which record: %s", shown.String())
	}
	if strings.Contains(shown.String(), "patient.example") || strings.Contains(shown.String(), "555010") {
		t.Errorf("a recipient shows: %s", shown.String())
	}
}

func TestCodesCannotGrowWithoutBound(t *testing.T) {
	w := watch(t, zap.InfoLevel)
	for i := range 2000 {
		code := "mailgun." + strings.Repeat("x", i)
		w.Called(domain.Email, ports.CallSend, failure(domain.ClassTransient, code), time.Second)
		w.Alert(domain.Email, code, "what to look at")
	}
	families, err := w.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if n := len(family.GetMetric()); n > 400 {
			t.Errorf("%s has %d series", family.GetName(), n)
		}
	}
	if n := len(w.Snapshot()[0].Alerts); n > 100 {
		t.Errorf("%d alerts are kept", n)
	}
}

func TestManyGoroutinesAtOnce(t *testing.T) {
	w := watch(t, zap.DebugLevel)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				w.Waiting(domain.Email, ports.WaitRetry, 1)
				w.Called(domain.SMS, ports.CallLookUp, failure(domain.ClassTransient, "twilio.503"), time.Second)
				w.Finished(domain.Email, finish(domain.Sent("id")))
				w.Halted(domain.Email, ports.Halt{Halted: true, Class: domain.ClassTransient, Code: "mailgun.503"})
				w.Alert(domain.Email, "code", "detail")
				_ = w.Ready()
				w.Halted(domain.Email, ports.Halt{})
				w.Waiting(domain.Email, ports.WaitRetry, -1)
			}
		})
	}
	all.Wait()
	snaps := w.Snapshot()
	if len(snaps) != 1 || snaps[0].Sent != 1600 || snaps[0].Waiting[ports.WaitRetry] != 0 || snaps[0].Alerts[0].Count != 1600 {
		t.Errorf("counts are off: %+v", snaps)
	}
	if n := w.value("provider_calls_total{channel=sms,code=twilio.503}"); n != 1600 {
		t.Errorf("%v calls counted", n)
	}
}

// One message makes about these calls.
func BenchmarkOneMessage(b *testing.B) {
	w := watch(b, zap.InfoLevel)
	f := finish(domain.Sent("id"))
	b.ReportAllocs()
	for b.Loop() {
		w.Waiting(domain.Email, ports.WaitRate, 1)
		w.Waiting(domain.Email, ports.WaitRate, -1)
		w.Called(domain.Email, ports.CallSend, nil, time.Second)
		w.Finished(domain.Email, f)
	}
}

// A sample ends after 2 V. One beyond the last bucket would make the largest
// quantile, which V is chosen by, smaller than it was.
func TestTheLongestSampleHasABucket(t *testing.T) {
	setting, _ := reflect.TypeFor[config.Delivery]().FieldByName("Visibility")
	_, limit, _ := strings.Cut(setting.Tag.Get("is"), "..")
	longestV, err := time.ParseDuration(limit + "s")
	if err != nil {
		t.Fatal(err)
	}
	w := watch(t, zap.InfoLevel)
	w.Sampled(domain.Email, ports.SampleSeen, 2*longestV)
	families, err := w.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "provider_lookup_visible_seconds" {
			h := family.GetMetric()[0].GetHistogram()
			if last := h.GetBucket()[len(h.GetBucket())-1]; h.GetSampleCount() != 1 || last.GetCumulativeCount() != 1 {
				t.Errorf("%d of %d samples in buckets up to %v s", last.GetCumulativeCount(), h.GetSampleCount(), last.GetUpperBound())
			}
		}
	}
}
