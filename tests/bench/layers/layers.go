// Package layers attributes a profile of a worker to the layers that a message
// passes, by the names of the functions on each stack.
package layers

import (
	"strings"

	"github.com/google/pprof/profile"
)

// Layer is one part of a message's way.
type Layer string

// The layers in the order of a message's way, then what all of them share.
const (
	Fetch     Layer = "fetch"
	Decode    Layer = "decode"
	Queue     Layer = "queue"
	Rules     Layer = "rules"
	Claim     Layer = "claim"
	Render    Layer = "render"
	SDK       Layer = "SDK and adapter"
	HTTP      Layer = "HTTP"
	Settle    Layer = "settle"
	Outcome   Layer = "outcome, receipts"
	Commit    Layer = "commit"
	Produce   Layer = "producer"
	Wire      Layer = "connections to Kafka"
	Observe   Layer = "metrics, log, traces"
	Collector Layer = "garbage collector"
	Scheduler Layer = "scheduler"
	Elsewhere Layer = "elsewhere"
)

// All returns the layers in the order of the table.
func All() []Layer {
	return []Layer{
		Fetch, Decode, Queue, Rules, Claim, Render, SDK, HTTP, Settle, Outcome, Commit,
		Produce, Wire, Observe, Collector, Scheduler, Elsewhere,
	}
}

// rule names functions by how their full names begin.
type rule struct {
	layer    Layer
	prefixes []string
}

const (
	repo = "github.com/kafka-notifications/kafka-notifications/"
	kgo  = "github.com/twmb/franz-go/pkg/kgo."
)

// callers are the functions that decide: the innermost one on a stack names its
// layer.
func callers() []rule {
	return []rule{
		{Commit, []string{repo + "libs/kafka/engine.(*committer)", kgo + "(*groupConsumer).commit", kgo + "(*Client).CommitOffsets"}},
		{Fetch, []string{
			kgo + "(*source)", kgo + "(*cursor", kgo + "(*Client).Poll", kgo + "(*consumer)", kgo + "(*consumerSession)", kgo + "ProcessFetchPartition",
			kgo + "ProcessRespPartition", kgo + "ProcessFetch", kgo + "readRawRecords", kgo + "recordToRecord", kgo + "(*fetchRe", kgo + "(*Fetches)", kgo + "Fetches", repo + "libs/kafka/engine.(*Consumer).poll", repo + "libs/kafka/engine.(*scout)",
		}},
		{Produce, []string{
			kgo + "(*sink)", kgo + "(*recBuf)", kgo + "(*producer)", kgo + "(*Client).Produce", kgo + "(*Client).produce", kgo + "(*Client).finishRecordPromise",
			kgo + "(*produceRequest)", kgo + "(*recBatch)", kgo + "(*seqRecBatch)", repo + "libs/kafka/durable.(*Producer)", repo + "libs/kafka/durable.(*unacked)", repo + "libs/kafka/ledgerlog.(*Ledger).acknowledged",
		}},
		{Wire, []string{kgo + "(*broker", kgo + "(*bufPool)"}},
		{Render, []string{
			repo + "libs/messages", repo + "libs/localtime", repo + "services/email-worker/internal/message", repo + "services/sms-worker/internal/message",
			"github.com/arran4/golang-ical", "html/template.", "text/template.",
		}},
		{HTTP, []string{"net/http.", "net/http/", repo + "libs/provider"}},
		{SDK, []string{
			repo + "services/email-worker/internal/mailgun", repo + "services/sms-worker/internal/twilio",
			"github.com/mailgun/", "github.com/twilio/",
		}},
		{Outcome, []string{
			repo + "libs/kafka/durable.(*Outcomes)", repo + "libs/kafka/envelope.Outcome", repo + "libs/kafka/outcomelog", repo + "libs/receipts",
			repo + "libs/delivery.(*Deliverer).tell", repo + "libs/delivery.(*run).tell", repo + "libs/kafka/kafkafx",
		}},
		{Observe, []string{repo + "libs/runtime", "github.com/prometheus/", "go.uber.org/zap", "go.opentelemetry.io/"}},
		{Queue, []string{repo + "libs/kafka/engine.(*dispatcher).ended"}},
		{Claim, []string{repo + "libs/kafka/ledgerlog.(*Ledger).Claim", repo + "libs/delivery.(*run).claim"}},
		{Settle, []string{repo + "libs/kafka/ledgerlog.(*Ledger).Settle", repo + "libs/delivery.(*run).settle"}},
		{Decode, []string{repo + "libs/domain.(*Decoder)", repo + "libs/domain.Decode", repo + "libs/delivery.NewTask", repo + "libs/kafka/engine.(*registrar)", repo + "libs/kafka/envelope.FromKafka", repo + "libs/kafka/envelope.Replay"}},
	}
}

// packages name the layer of functions whose callers have not decided it, and of the
// runtime's general work.
func packages() []rule {
	return []rule{
		{Queue, []string{repo + "libs/kafka/engine"}},
		{Rules, []string{repo + "libs/delivery", repo + "libs/domain", repo + "libs/ports"}},
		{Settle, []string{repo + "libs/kafka/ledgerlog", repo + "libs/ledger"}},
		{Produce, []string{repo + "libs/kafka/durable"}},
		{Fetch, []string{kgo}},
		{Collector, []string{"runtime.gcBgMarkWorker", "runtime.bgsweep", "runtime.bgscavenge", "runtime.gcStart", "runtime.gcMark", "runtime.gcDrain", "runtime.gcAssist", "runtime.mallocgc", "runtime.wbBuf"}},
		{Scheduler, []string{
			"gogo", "runtime.gogo", "runtime.schedule", "runtime.findRunnable", "runtime.mcall", "runtime.park_m", "runtime.mstart", "runtime.sysmon", "runtime.netpoll",
			"runtime.goexit0", "runtime.gosched", "runtime.mPark", "runtime.notesleep", "runtime.morestack", "runtime.newstack", "runtime.timer",
		}},
	}
}

// allocators begin the names of what a program pays for allocating, the help that
// it owes to the collector included.
func allocators() []string {
	return []string{"runtime.mallocgc", "runtime.newobject", "runtime.makeslice", "runtime.growslice", "runtime.gcAssistAlloc", "runtime.deductAssistCredit"}
}

// Share is what of a profile belongs to one layer.
type Share struct {
	// Value is in the profile's unit, Allocating the part of it that was spent on
	// allocating.
	Value, Allocating int64
}

// Table is a profile by layers.
type Table struct {
	Shares map[Layer]Share
	Total  int64
	// Unknown are the innermost functions of what is elsewhere.
	Unknown map[string]int64
}

// Of attributes the values of one sample type, such as "cpu", "alloc_space" or
// "alloc_objects". A type that the profile does not have gives an empty table.
func Of(p *profile.Profile, sampleType string) Table {
	t := Table{Shares: map[Layer]Share{}, Unknown: map[string]int64{}}
	index := -1
	for i, st := range p.SampleType {
		if st.Type == sampleType {
			index = i
		}
	}
	if index < 0 {
		return t
	}
	rules := attribution{callers(), packages(), allocators()}
	for _, s := range p.Sample {
		t.add(stackOf(s), s.Value[index], rules)
	}
	return t
}

func (t *Table) add(stack []string, value int64, rules attribution) {
	layer := rules.layer(stack)
	share := t.Shares[layer]
	share.Value += value
	if rules.allocates(stack) {
		share.Allocating += value
	}
	t.Shares[layer] = share
	t.Total += value
	if layer == Elsewhere && len(stack) > 0 {
		t.Unknown[stack[0]] += value
	}
}

// stackOf returns the names of the functions, the innermost first.
func stackOf(s *profile.Sample) []string {
	var names []string
	for _, location := range s.Location {
		for _, line := range location.Line { // inlined ones first
			if line.Function != nil {
				names = append(names, line.Function.Name)
			}
		}
	}
	return names
}

type attribution struct {
	callers, packages []rule
	allocators        []string
}

func (a attribution) layer(stack []string) Layer {
	for _, rules := range [][]rule{a.callers, a.packages} {
		for _, name := range stack {
			if l, ok := match(rules, name); ok {
				return l
			}
		}
	}
	return Elsewhere
}

func match(rules []rule, name string) (Layer, bool) {
	for _, r := range rules {
		for _, prefix := range r.prefixes {
			if strings.HasPrefix(name, prefix) {
				return r.layer, true
			}
		}
	}
	return "", false
}

func (a attribution) allocates(stack []string) bool {
	for _, name := range stack {
		for _, prefix := range a.allocators {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
	}
	return false
}
