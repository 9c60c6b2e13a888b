package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/pprof/profile"

	"github.com/kafka-notifications/kafka-notifications/tests/bench/layers"
	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// profiled builds a program with testdata/profile.go added to its main package.
// The source tree stays as it is.
func (l *lab) profiled(pkg string) string {
	l.Helper()
	dir := filepath.Join(harness.Root(l), pkg)
	hook, err := filepath.Abs(filepath.Join("testdata", "profile.go"))
	if err != nil {
		l.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(dir, "profile.go"): hook}})
	if err != nil {
		l.Fatal(err)
	}
	path := filepath.Join(l.TempDir(), "overlay.json")
	if err := os.WriteFile(path, overlay, 0o600); err != nil {
		l.Fatal(err)
	}
	program := filepath.Join(l.TempDir(), filepath.Base(pkg))
	cmd := exec.Command("go", "build", "-overlay", path, "-o", program, ".")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		l.Fatalf("%v\n%s", err, out)
	}
	return program
}

// layerTable profiles the e-mail worker under the loads that have a budget of
// processor time, and says what of a message's cost belongs to which layer.
func layerTable(l *lab) {
	program := l.profiled("services/email-worker")
	for _, load := range loads() {
		if load.cpu > 0 {
			l.profileUnder(load, program)
		}
	}
}

func (l *lab) profileUnder(load load, program string) {
	l.Helper()
	load.sends = max(60_000, load.sends) // long enough for the profile
	s, p := l.system(load.partitions), l.provider(load.fastest, load.slowest)
	defer p.close()
	defer l.drop(s)
	l.publishLoad(s, load, emailWorker())
	socket := l.socket()
	settings := s.Settings()
	settings["MAILGUN_API_BASE_URL"], settings["DELIVERY_CONCURRENCY"], settings["BENCH_PROFILE"] = p.url, strconv.Itoa(load.slots), socket
	worker := harness.Start(l, program, settings)
	defer worker.Kill()
	p.await(int64(load.warm))
	profiles, waited, w := l.profile(p, worker, socket)
	l.reportLayers(load, w, profiles)
	each := func(seconds float64) float64 { return seconds * 1e6 / float64(w.requests) }
	l.report.note("%s: a goroutine that may run waits %.0f µs at the median and %.0f µs at the 99th percentile until it does; for a message they wait %.1f µs for locks together; the collector takes %.1f µs, idle cores included",
		load, waited.Median*1e6, waited.Percentile99*1e6, each(waited.Mutex), each(waited.Collector))
}

// socket returns a path that is short enough for a socket.
func (l *lab) socket() string {
	l.Helper()
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "profile")
}

const profileTime = 8 * time.Second

// profiles are taken of one worker over the same time.
type profiles struct{ cpu, allocs, mutex *profile.Profile }

// waited is what testdata/profile.go tells of the runtime, in seconds.
type waited struct{ Median, Percentile99, Mutex, Collector float64 }

// profile takes all profiles.
func (l *lab) profile(p *provider, worker *harness.Process, socket string) (all profiles, runtime waited, w window) {
	l.Helper()
	var together sync.WaitGroup
	failures := make(chan error, 4)
	for path, into := range map[string]**profile.Profile{"/cpu": &all.cpu, "/allocs": &all.allocs, "/mutex": &all.mutex} {
		together.Go(func() {
			failures <- ask(socket, path, func(body io.Reader) (err error) {
				*into, err = profile.Parse(body)
				return err
			})
		})
	}
	together.Go(func() {
		failures <- ask(socket, "/waits", func(body io.Reader) error { return json.NewDecoder(body).Decode(&runtime) })
	})
	w = p.watchFor(team{worker}, 0, math.MaxInt, profileTime)
	together.Wait()
	for range cap(failures) {
		if err := <-failures; err != nil {
			l.Fatal(err)
		}
	}
	return all, runtime, w
}

// ask reads one answer of testdata/profile.go.
func ask(socket, path string, read func(io.Reader) error) error {
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	defer client.CloseIdleConnections()
	resp, err := client.Get(fmt.Sprintf("http://worker%s?seconds=%.0f", path, profileTime.Seconds()))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return read(resp.Body)
}

// reportLayers adds the table of one load. Times are shares of what the process
// used, as the kernel counts it.
func (l *lab) reportLayers(load load, w window, p profiles) {
	l.Helper()
	cpu, mutex := layers.Of(p.cpu, "cpu"), layers.Of(p.mutex, "delay")
	space, objects := layers.Of(p.allocs, "alloc_space"), layers.Of(p.allocs, "alloc_objects")
	if cpu.Total == 0 || space.Total == 0 {
		l.Fatal("the profile is empty")
	}
	micros := float64(w.cost().Nanoseconds()) / 1000
	each := 1 / float64(w.requests)
	t := table{
		title: "What a message costs, layer by layer: e-mail worker, " + load.String(),
		head:  []string{"layer", "µs of CPU", "share", "of it allocating, µs", "bytes allocated", "objects", "waiting for locks, µs"},
	}
	row := func(name string, part float64, c layers.Share, bytes, count, delay int64) {
		t.rows = append(t.rows, []string{
			name, fmt.Sprintf("%.1f", part*micros), fmt.Sprintf("%.1f %%", 100*part), fmt.Sprintf("%.1f", float64(c.Allocating)/float64(cpu.Total)*micros),
			fmt.Sprintf("%.0f", float64(bytes)*each), fmt.Sprintf("%.1f", float64(count)*each), fmt.Sprintf("%.1f", float64(delay)*each/1000),
		})
	}
	var all layers.Share
	for _, layer := range layers.All() {
		c := cpu.Shares[layer]
		all.Allocating += c.Allocating
		row(string(layer), float64(c.Value)/float64(cpu.Total), c, space.Shares[layer].Value, objects.Shares[layer].Value, mutex.Shares[layer].Value)
	}
	row("all", 1, all, space.Total, objects.Total, mutex.Total)
	l.report.extra = append(l.report.extra, t)
	l.report.ratio("KiB allocated per message, e-mail worker, "+load.String(), goal{}, []float64{float64(space.Total) * each / 1024}, true)
	l.report.say("elsewhere: %s", strings.Join(most(cpu.Unknown, 8), ", "))
}

// most returns the names of the n largest values.
func most(values map[string]int64, n int) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(values[b], values[a]) })
	return names[:min(n, len(names))]
}
