package main

// This file is added to a worker's main package by the benchmark's own build of
// it (profiled_test.go) and is no part of any other. It answers net/http/pprof on
// the Unix socket that BENCH_PROFILE names.

import (
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
)

func init() {
	listener, err := net.Listen("unix", os.Getenv("BENCH_PROFILE"))
	if err != nil {
		panic(err)
	}
	// One allocation in 128 KiB is noted, four times as many as by default.
	runtime.MemProfileRate = 128 << 10
	mux := http.NewServeMux()
	mux.HandleFunc("/cpu", pprof.Profile)
	mux.Handle("/allocs", pprof.Handler("allocs"))
	go func() { panic(http.Serve(listener, mux)) }()
}
