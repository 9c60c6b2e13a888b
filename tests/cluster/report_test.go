package cluster

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

var reportPath = flag.String("report", "", "Markdown file whose part between the cluster marks is rewritten")

// late is what an event may take from being in the topic to being accepted
// without counting as held up by a fault.
const late = time.Second

// report is what happened and when.
type report struct{ events []incident }

// incident is one fault: when it began and was mended, and when all that was
// published until then had been committed.
type incident struct {
	name                  string
	worker                bool
	began, mended, healed time.Time
}

func (p *report) add(name string, worker bool, began, mended, healed time.Time) {
	p.events = append(p.events, incident{name, worker, began, mended, healed})
}

// recovery is how the senders got over one fault, in seconds since it began.
type recovery struct{ lasted, first, drained, worst float64 }

// tell prints how long recoveries took, by fault, as a Markdown table.
func (p *report) tell(r *run) {
	byName := map[string][]recovery{}
	for _, i := range p.events {
		byName[i.name] = append(byName[i.name], i.recovery(r))
	}
	var b strings.Builder
	b.WriteString("| fault | times | it lasted | first send of what came after it began | longest wait of an event | nothing late any more |\n|---|---|---|---|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all := byName[name]
		fmt.Fprintf(&b, "| %s | %d | %s | %s | %s | %s |\n", name, len(all),
			spread(all, func(r recovery) float64 { return r.lasted }), spread(all, func(r recovery) float64 { return r.first }),
			spread(all, func(r recovery) float64 { return r.worst }), spread(all, func(r recovery) float64 { return r.drained }))
	}
	r.t.Logf("seconds, median and worst; a worker was killed as well in %d of %d\n%s", p.withWorker(), len(p.events), b.String())
	if *reportPath == "" {
		return
	}
	text := fmt.Sprintf("\n%s, Kafka %s, %d cores, load average at the end %s: %s, %d faults, in %d of them a worker was killed as well.\n\n%s\n",
		time.Now().UTC().Format(time.DateOnly), kafkatest.Version(), runtime.NumCPU(), loadAverage(), duration(), len(p.events), p.withWorker(), b.String())
	if err := harness.Rewrite(*reportPath, "cluster", text); err != nil {
		r.t.Error(err)
	}
}

func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

func (p *report) withWorker() (n int) {
	for _, i := range p.events {
		if i.worker {
			n++
		}
	}
	return n
}

// recovery looks at each event that was published from the fault's beginning
// until it was mended, on both channels.
func (i incident) recovery(r *run) recovery {
	got := recovery{lasted: i.mended.Sub(i.began).Seconds(), first: -1}
	for _, s := range []*harness.System{r.email, r.sms} {
		accepted := r.accepted(s)
		for n, published := range r.load.published {
			if published.Before(i.began) || published.After(i.healed) {
				continue
			}
			at := accepted[n]
			if since := at.Sub(i.began).Seconds(); got.first < 0 || since < got.first {
				got.first = since
			}
			waited := at.Sub(r.load.acked[n])
			got.worst = max(got.worst, waited.Seconds())
			if waited > late {
				got.drained = max(got.drained, at.Sub(i.began).Seconds())
			}
		}
	}
	return got
}

// accepted returns when each event was accepted on the channel.
func (r *run) accepted(s *harness.System) []time.Time {
	if known := r.load.accepted[s.Channel]; known != nil {
		return known
	}
	byRecipient := map[string]time.Time{}
	for _, a := range s.Accepts() {
		byRecipient[a.Recipient] = time.Unix(0, a.Time)
	}
	times := make([]time.Time, len(r.load.events))
	for n, e := range r.load.events {
		times[n] = byRecipient[s.Recipient(e)]
	}
	r.load.accepted[s.Channel] = times
	return times
}

func spread(all []recovery, of func(recovery) float64) string {
	values := make([]float64, len(all))
	for i, r := range all {
		values[i] = of(r)
	}
	slices.SortFunc(values, cmp.Compare)
	return fmt.Sprintf("%.1f, %.1f", values[len(values)/2], values[len(values)-1])
}
