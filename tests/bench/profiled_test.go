package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// layerTable profiles the e-mail worker under the first load and says what of a
// message's cost and allocations belongs to which layer.
func layerTable(l *lab) {
	load := loads()[0]
	load.sends = 2 * load.sends // long enough for the profile
	s, p := l.system(load.partitions), l.provider(load.fastest, load.slowest)
	defer l.drop(s)
	l.publishLoad(s, load, emailWorker())
	socket := l.socket()
	settings := s.Settings()
	settings["MAILGUN_API_BASE_URL"], settings["DELIVERY_CONCURRENCY"], settings["BENCH_PROFILE"] = p.url, fmt.Sprint(load.slots), socket
	worker := harness.Start(l, l.profiled("services/email-worker"), settings)
	defer worker.Kill()
	p.await(int64(load.warm))
	cpu, allocs, w := l.profile(p, worker, socket)
	l.reportLayers(w, layers.Of(cpu, "cpu"), layers.Of(allocs, "alloc_space"), layers.Of(allocs, "alloc_objects"))
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

// profile takes both profiles over the same time.
func (l *lab) profile(p *provider, worker *harness.Process, socket string) (cpu, allocs *profile.Profile, w window) {
	l.Helper()
	var both sync.WaitGroup
	var failures [2]error
	both.Go(func() { cpu, failures[0] = takeProfile(socket, "/cpu") })
	both.Go(func() { allocs, failures[1] = takeProfile(socket, "/allocs") })
	w = p.watchFor(team{worker}, 0, 1<<30, profileTime)
	both.Wait()
	for _, err := range failures {
		if err != nil {
			l.Fatal(err)
		}
	}
	return cpu, allocs, w
}

func takeProfile(socket, path string) (*profile.Profile, error) {
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	resp, err := client.Get(fmt.Sprintf("http://worker%s?seconds=%.0f", path, profileTime.Seconds()))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return profile.Parse(resp.Body)
}

// reportLayers adds the tables. Times are shares of what the process used, as the
// kernel counts it.
func (l *lab) reportLayers(w window, cpu, space, objects layers.Table) {
	if cpu.Total == 0 || space.Total == 0 {
		l.Fatal("the profile is empty")
	}
	perSample := float64(w.cost().Nanoseconds()) / 1000 / float64(cpu.Total)
	each := 1 / float64(w.requests)
	percent := func(t layers.Table, layer layers.Layer) string {
		return fmt.Sprintf("%.1f %%", 100*float64(t.Shares[layer].Value)/float64(t.Total))
	}
	for _, layer := range layers.All() {
		c := cpu.Shares[layer]
		l.report.layers = append(l.report.layers, []string{
			string(layer), fmt.Sprintf("%.1f", float64(c.Value)*perSample), percent(cpu, layer), fmt.Sprintf("%.1f", float64(c.Allocating)*perSample),
		})
		l.report.allocation = append(l.report.allocation, []string{
			string(layer), fmt.Sprintf("%.0f", float64(space.Shares[layer].Value)*each), percent(space, layer), fmt.Sprintf("%.1f", float64(objects.Shares[layer].Value)*each),
		})
	}
	l.report.layers = append(l.report.layers, []string{"all", fmt.Sprintf("%.1f", float64(w.cost().Nanoseconds())/1000), "", fmt.Sprintf("%.1f", float64(allocating(cpu))*perSample)})
	l.report.allocation = append(l.report.allocation, []string{"all", fmt.Sprintf("%.0f", float64(space.Total)*each), "", fmt.Sprintf("%.1f", float64(objects.Total)*each)})
	l.report.ratio("allocated per message, KiB", goal{}, []float64{float64(space.Total) * each / 1024}, true)
	l.report.say("elsewhere: %s", strings.Join(most(cpu.Unknown, 8), ", "))
}

func allocating(t layers.Table) (sum int64) {
	for _, s := range t.Shares {
		sum += s.Allocating
	}
	return sum
}

// most returns the n largest.
func most(values map[string]int64, n int) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return int(values[b] - values[a]) })
	return names[:min(n, len(names))]
}
