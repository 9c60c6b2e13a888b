package bench

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// provider is the stand-in for the providers.
type provider struct {
	l     *lab
	url   string
	close func()
}

// provider starts one that answers after a latency between the two.
func (l *lab) provider(fastest, slowest time.Duration) *provider {
	l.Helper()
	cmd := exec.Command(l.binaries.Path(l, "tests/bench/provider"))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		l.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		l.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		l.Fatal(err)
	}
	end := sync.OnceFunc(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	l.Cleanup(end)
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		l.Fatal(err)
	}
	p := &provider{l: l, url: "http://" + strings.TrimSpace(address), close: end}
	p.set(fastest, slowest, false)
	return p
}

func (p *provider) set(fastest, slowest time.Duration, down bool) {
	p.l.Helper()
	resp, err := http.PostForm(p.url+"/set", url.Values{
		"fastest": {strconv.FormatInt(int64(fastest), 10)}, "slowest": {strconv.FormatInt(int64(slowest), 10)},
		"down": {strconv.FormatBool(down)},
	})
	if err != nil {
		p.l.Fatal(err)
	}
	_ = resp.Body.Close()
}

// stats are what the provider has done so far. Waited is the time that all
// answered requests spent in it.
type stats struct {
	Arrived, Answered int64
	Waited            time.Duration
}

func (p *provider) stats() (s stats) {
	p.l.Helper()
	p.get("/stats", &s)
	return s
}

// arrivals returns when each request came.
func (p *provider) arrivals() []time.Time {
	p.l.Helper()
	var nanos []int64
	p.get("/arrivals", &nanos)
	var times []time.Time
	for _, n := range nanos {
		times = append(times, time.Unix(0, n))
	}
	return times
}

func (p *provider) get(path string, into any) {
	p.l.Helper()
	resp, err := http.Get(p.url + path)
	if err != nil {
		p.l.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.l.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		p.l.Fatalf("%s: %v: %s", path, err, text)
	}
}

// await waits until n requests were answered.
func (p *provider) await(n int64) {
	p.l.Helper()
	harness.Await(p.l, 3*time.Minute, strconv.FormatInt(n, 10)+" requests", func() bool { return p.stats().Answered >= n })
}

// window is what happened between two moments of one process.
type window struct {
	took, processor, waited time.Duration
	requests                int64
	// resident is the process's memory at the end, in bytes.
	resident int64
}

// watch measures from the moment when from requests are answered until to are:
// start and end of a load are no steady state.
func (p *provider) watch(procs team, from, to int) window {
	p.l.Helper()
	return p.watchFor(procs, from, to, 3*time.Minute)
}

// watchFor is watch that ends after most at the latest.
func (p *provider) watchFor(procs team, from, to int, most time.Duration) window {
	p.l.Helper()
	p.await(int64(from))
	begin, before, used := time.Now(), p.stats(), p.l.processorTime(procs)
	harness.Await(p.l, most+time.Minute, strconv.Itoa(to)+" requests", func() bool {
		return time.Since(begin) >= most || p.stats().Answered >= int64(to)
	})
	took, after, processor := time.Since(begin), p.stats(), p.l.processorTime(procs)-used
	return window{
		took: took, processor: processor, waited: after.Waited - before.Waited, requests: after.Answered - before.Answered,
		resident: p.l.resident(procs),
	}
}

// whole measures from the arrival of the first request to the answer to the nth,
// which comes latency after its arrival; most bounds it.
func (p *provider) whole(procs team, n int, latency, most time.Duration) window {
	p.l.Helper()
	w := p.watchFor(procs, 1, n, most)
	arrivals := p.arrivals()
	arrivals = arrivals[:min(n, len(arrivals))]
	w.requests = int64(len(arrivals))
	w.took = arrivals[len(arrivals)-1].Add(latency).Sub(arrivals[0])
	return w
}

// perSecond is the rate of requests.
func (w window) perSecond() float64 { return float64(w.requests) / w.took.Seconds() }

// share is the rate as a part of slots/latency, the most that so many slots
// can reach.
func (w window) share(slots int) float64 {
	return w.waited.Seconds() / w.took.Seconds() / float64(slots)
}

// cost is the processor time of one request.
func (w window) cost() time.Duration { return w.processor / time.Duration(max(1, w.requests)) }
