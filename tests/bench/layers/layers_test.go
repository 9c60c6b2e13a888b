package layers_test

import (
	"testing"

	"github.com/google/pprof/profile"

	"github.com/kafka-notifications/kafka-notifications/tests/bench/layers"
)

const (
	repo = "github.com/kafka-notifications/kafka-notifications/"
	kgo  = "github.com/twmb/franz-go/pkg/kgo."
	work = repo + "libs/kafka/engine.(*dispatcher).work"
	send = repo + "services/email-worker/internal/mailgun.(*Sender).Send"
)

// TestTheInnermostCallerThatDecidesNamesTheLayer has one stack for each layer, the
// innermost function first.
func TestTheInnermostCallerThatDecidesNamesTheLayer(t *testing.T) {
	for _, c := range []struct {
		layer layers.Layer
		stack []string
	}{
		{layers.Fetch, []string{"hash/crc32.Update", kgo + "(*ProcessFetchPartitionOpts).processRecordBatch", kgo + "(*source).fetch"}},
		{layers.Decode, []string{"runtime.memmove", repo + "libs/domain.(*Decoder).Decode", repo + "libs/delivery.NewTask", repo + "libs/kafka/engine.(*registrar).task"}},
		{layers.Queue, []string{"sync.(*Mutex).Lock", repo + "libs/kafka/engine.(*lane).finish", work}},
		{layers.Rules, []string{"runtime.selectgo", repo + "libs/delivery.(*run).send", work}},
		{layers.Claim, []string{"strconv.AppendInt", repo + "libs/ledger.(*Entry).Marshal", repo + "libs/kafka/ledgerlog.(*Ledger).Claim", repo + "libs/delivery.(*run).claim", work}},
		{layers.Render, []string{"strings.(*Builder).WriteString", repo + "libs/messages.(*Set).Email", send, work}},
		{layers.SDK, []string{"bytes.(*Buffer).Write", "mime/multipart.(*Writer).CreatePart", "github.com/mailgun/mailgun-go/v4.(*formDataPayload).getPayloadBuffer", send, work}},
		{layers.HTTP, []string{"bufio.(*Writer).Flush", "net/http.(*persistConn).writeLoop"}},
		{layers.HTTP, []string{"net/http.(*Transport).roundTrip", repo + "libs/provider.(*transport).RoundTrip", send, work}},
		{layers.Settle, []string{"time.Now", repo + "libs/kafka/ledgerlog.(*Ledger).Settle", work}},
		{layers.Settle, []string{"runtime.mapaccess1", repo + "libs/ledger.(*Index).Fold"}},
		{layers.Outcome, []string{"strconv.AppendInt", repo + "libs/kafka/envelope.(*Outcome).appendJSON", repo + "libs/kafka/envelope.EncodeOutcome", repo + "libs/kafka/durable.(*Outcomes).Tell", work}},
		{layers.Outcome, []string{repo + "libs/kafka/envelope.Outcome.Record", repo + "libs/kafka/durable.(*Outcomes).Tell", work}},
		{layers.Commit, []string{kgo + "(*Client).CommitOffsets", repo + "libs/kafka/engine.(*committer).commit"}},
		{layers.Produce, []string{kgo + "(*recBuf).bufferRecord", kgo + "(*Client).Produce", repo + "libs/kafka/durable.(*Producer).Produce", repo + "libs/kafka/ledgerlog.(*Ledger).Claim", work}},
		{layers.Wire, []string{"syscall.write", kgo + "(*brokerCxn).writeRequest"}},
		{layers.Observe, []string{"sync/atomic.AddUint64", "github.com/prometheus/client_golang/prometheus.(*counter).Inc", repo + "libs/runtime/observe.(*Observer).Finished", work}},
		{layers.Collector, []string{"runtime.scanobject", "runtime.gcDrain", "runtime.gcBgMarkWorker.func2", "runtime.systemstack"}},
		{layers.Scheduler, []string{"runtime.futex", "runtime.findRunnable", "runtime.schedule", "runtime.park_m", "runtime.mcall"}},
		{layers.Elsewhere, []string{"os/signal.loop"}},
		{layers.Elsewhere, nil},
	} {
		got := layers.Of(profileOf(c.stack), "cpu")
		if got.Shares[c.layer].Value != 10 || got.Total != 10 || len(got.Shares) != 1 {
			t.Errorf("%v: %v, want %s", c.stack, got.Shares, c.layer)
		}
	}
}

func TestAllocatingIsApartAndBelongsToItsLayer(t *testing.T) {
	got := layers.Of(profileOf(
		[]string{"runtime.mallocgc", "runtime.growslice", send, work},
		[]string{"runtime.gcDrainN", "runtime.gcAssistAlloc1", "runtime.mallocgc", send, work},
		[]string{"runtime.memmove", send, work},
	), "cpu")
	if want := (layers.Share{Value: 30, Allocating: 20}); got.Shares[layers.SDK] != want {
		t.Errorf("%+v, want %+v", got.Shares, want)
	}
}

func TestATypeThatTheProfileLacksIsEmpty(t *testing.T) {
	if got := layers.Of(profileOf([]string{send}), "alloc_space"); got.Total != 0 || len(got.Shares) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestWhatIsElsewhereIsNamed(t *testing.T) {
	if got := layers.Of(profileOf([]string{"os/signal.loop", "runtime.goexit"}), "cpu"); got.Unknown["os/signal.loop"] != 10 {
		t.Errorf("%+v", got.Unknown)
	}
}

// profileOf has one sample of 10 for each stack. The two innermost functions of a
// stack share a location, as an inlined one does.
func profileOf(stacks ...[]string) *profile.Profile {
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "samples"}, {Type: "cpu"}}}
	for _, stack := range stacks {
		s := &profile.Sample{Value: []int64{1, 10}}
		for i, name := range stack {
			line := profile.Line{Function: &profile.Function{Name: name}}
			if i == 1 {
				s.Location[0].Line = append(s.Location[0].Line, line)
				continue
			}
			s.Location = append(s.Location, &profile.Location{Line: []profile.Line{line}})
		}
		p.Sample = append(p.Sample, s)
	}
	return p
}
