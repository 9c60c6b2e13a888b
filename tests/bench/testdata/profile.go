package main

// This file is added to a worker's main package by the benchmark's own build of
// it (profiled_test.go) and is no part of any other. On the Unix socket that
// BENCH_PROFILE names it answers net/http/pprof, and what goroutines waited for.

import (
	"encoding/json"
	"math"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"runtime/metrics"
	"strconv"
	"time"
)

func init() {
	listener, err := net.Listen("unix", os.Getenv("BENCH_PROFILE"))
	if err != nil {
		panic(err)
	}
	// One allocation in 128 KiB is noted, four times as many as by default.
	runtime.MemProfileRate = 128 << 10
	runtime.SetMutexProfileFraction(100)
	mux := http.NewServeMux()
	mux.HandleFunc("/cpu", pprof.Profile)
	mux.Handle("/allocs", pprof.Handler("allocs"))
	mux.Handle("/mutex", pprof.Handler("mutex"))
	mux.HandleFunc("/waits", waits)
	go func() { panic(http.Serve(listener, mux)) }()
}

// waits answers with what the runtime counted for as many seconds as asked.
func waits(w http.ResponseWriter, r *http.Request) {
	seconds, err := strconv.Atoi(r.FormValue("seconds"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	before := read()
	time.Sleep(time.Duration(seconds) * time.Second)
	after := read()
	latencies := after[0].Value.Float64Histogram()
	for i, n := range before[0].Value.Float64Histogram().Counts {
		latencies.Counts[i] -= n
	}
	_ = json.NewEncoder(w).Encode(map[string]float64{
		"median": quantile(latencies, 0.5), "percentile99": quantile(latencies, 0.99),
		"mutex":     after[1].Value.Float64() - before[1].Value.Float64(),
		"collector": after[2].Value.Float64() - before[2].Value.Float64(),
	})
}

// read samples the runtime. The histogram is that of the sample only.
func read() []metrics.Sample {
	samples := []metrics.Sample{
		{Name: "/sched/latencies:seconds"}, {Name: "/sync/mutex/wait/total:seconds"}, {Name: "/cpu/classes/gc/total:cpu-seconds"},
	}
	metrics.Read(samples)
	return samples
}

// quantile returns the upper end of the bucket that has the quantile.
func quantile(h *metrics.Float64Histogram, q float64) float64 {
	var all, seen uint64
	for _, n := range h.Counts {
		all += n
	}
	for i, n := range h.Counts {
		if seen += n; float64(seen) >= q*float64(all) && !math.IsInf(h.Buckets[i+1], 1) {
			return h.Buckets[i+1]
		}
	}
	return 0
}
