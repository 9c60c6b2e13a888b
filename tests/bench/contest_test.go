package bench

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// contestant is a program that sends.
type contestant struct {
	name, pkg string
	// channel is the one whose settings it gets; empty for one that has no Kafka.
	channel string
	ours    bool
	// alone is set for one that has one send at a time.
	alone bool
}

// The contestants. All but the floor read the same records.
const (
	floorName = "bare posts"
	emailName = "e-mail worker"
)

func contestants() []contestant {
	return []contestant{
		{name: floorName, pkg: "tests/bench/poster"},
		{name: emailName, pkg: "services/email-worker", channel: "email", ours: true},
		{name: "SMS worker", pkg: "services/sms-worker", channel: "sms", ours: true},
		{name: "poll, goroutines, commit", pkg: "tests/bench/rivals/batch", channel: "email"},
		{name: "poll, one by one, commit", pkg: "tests/bench/rivals/sequential", channel: "email", alone: true},
	}
}

// contest lets all contestants send the same load in turns.
func contest(l *lab, load load) {
	windows := map[string][]window{}
	for round := range *rounds {
		for i := range contestants() { // each round begins with another
			c := contestants()[(round+i)%len(contestants())]
			windows[c.name] = append(windows[c.name], l.enter(c, load))
		}
	}
	for _, c := range contestants() {
		l.report.figure(load.String(), c.name, windows[c.name])
		if c.name != floorName {
			l.judge(load, c, windows[c.name], windows[floorName])
		}
	}
	if load.memory > 0 {
		l.report.atMost("memory, e-mail worker, "+load.String(), load.memory, " MiB", residentMiB(windows[emailName]), "at the end of the load")
	}
	if load.whole {
		l.reckon(load, windows)
	}
}

// judge reports one contestant's ratios to the floor, round by round.
func (l *lab) judge(load load, c contestant, windows, floor []window) {
	var costs, rates []float64
	for i, w := range windows {
		costs = append(costs, float64(w.cost())/float64(floor[i].cost()))
		rates = append(rates, w.perSecond()/floor[i].perSecond())
	}
	goalOf := func(limit float64, high bool) goal {
		if !c.ours {
			limit = 0
		}
		return goal{limit, high}
	}
	l.report.ratio(load.String()+": rate, "+c.name+" to "+floorName, goalOf(load.rate, true), rates, c.ours)
	if !c.alone { // its few sends take less than the kernel's clock can tell
		l.report.ratio(load.String()+": CPU per message, "+c.name+" to "+floorName, goalOf(load.cpu, false), costs, c.ours)
	}
}

// reckon says what order per key lets be reached.
func (l *lab) reckon(load load, windows map[string][]window) {
	b, all := load.bounds(heldByProcess/(2*load.partitions)), load.bounds(0)
	perSecond := func(d time.Duration) float64 { return float64(load.sends) / d.Seconds() }
	l.report.note("%s: the slots alone allow %.0f/s and the longest key %.0f/s. Served first come, first served with order per key, %.0f/s if all events are held in memory "+
		"and %.0f/s with the %d of a partition that a worker holds, which is %.3f of the slots. The e-mail worker reaches %.3f of that; bare posts, which have no order, reach %.3f of the slots",
		load, perSecond(b.Slots), perSecond(b.Key), perSecond(all.Served), perSecond(b.Served), heldByProcess/(2*load.partitions), b.Slots.Seconds()/b.Served.Seconds(),
		medianRate(windows[emailName])/perSecond(b.Served), medianRate(windows[floorName])/perSecond(b.Slots))
}

func medianRate(windows []window) float64 {
	var rates []float64
	for _, w := range windows {
		rates = append(rates, w.perSecond())
	}
	return median(rates)
}

func residentMiB(windows []window) float64 {
	var sizes []float64
	for _, w := range windows {
		sizes = append(sizes, float64(w.resident)/mib)
	}
	return median(sizes)
}

// enter lets one contestant send a load.
func (l *lab) enter(c contestant, load load) window {
	l.Helper()
	p := l.provider(load.fastest, load.slowest)
	defer p.close()
	if c.channel == "" {
		proc := l.startPoster(p, load.slots, "-bare")
		defer proc.Kill()
		return load.watch(p, proc, c)
	}
	s := l.system(load.partitions)
	defer l.drop(s)
	l.publishLoad(s, load, c)
	proc := l.startSender(s, p, c, load.slots, nil)
	defer proc.Kill()
	return load.watch(p, proc, c)
}

// watch measures what one contestant sends of the load.
func (l load) watch(p *provider, proc *harness.Process, c contestant) window {
	switch {
	case c.alone:
		return p.watchFor(team{proc}, 10, l.events(), 5*time.Second)
	case l.whole:
		return p.whole(team{proc}, l.sends, l.slowest, l.watched)
	}
	return p.watchFor(team{proc}, l.warm, l.warm+l.sends, l.watched)
}

// publishLoad writes the events that a contestant can send in time.
func (l *lab) publishLoad(s *harness.System, load load, c contestant) {
	l.Helper()
	ids, at := load.ids(), tomorrow()
	n := len(ids)
	if c.alone {
		n = min(n, 30_000)
	}
	l.produce(s, n, func(i int) *kgo.Record {
		return &kgo.Record{Key: []byte(ids[i]), Value: event(ids[i], i, at)}
	})
}

// startSender starts a program with the settings of a worker.
func (l *lab) startSender(s *harness.System, p *provider, c contestant, slots int, more map[string]string) *harness.Process {
	l.Helper()
	settings := s.View(c.channel).Settings()
	settings["MAILGUN_API_BASE_URL"], settings["TWILIO_API_BASE_URL"] = p.url, p.url
	settings["DELIVERY_CONCURRENCY"] = strconv.Itoa(slots)
	maps.Copy(settings, more)
	return harness.Start(l, l.binaries.Path(l, c.pkg), settings)
}

// emailWorker is the contestant that other measurements look at as well.
func emailWorker() contestant {
	i := slices.IndexFunc(contestants(), func(c contestant) bool { return c.name == emailName })
	return contestants()[i]
}

func (l *lab) startPoster(p *provider, slots int, args ...string) *harness.Process {
	l.Helper()
	args = append([]string{"-base", p.url, "-slots", strconv.Itoa(slots)}, args...)
	return harness.Start(l, l.binaries.Path(l, "tests/bench/poster"), nil, args...)
}

// loadNamed returns the measurement of one load, which can so be measured alone.
func loadNamed(i int) (string, func(*lab)) {
	return fmt.Sprintf("load%d", i+1), func(l *lab) { contest(l, loads()[i]) }
}
