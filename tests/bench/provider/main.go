// Command provider is a stand-in for Mailgun that costs as little as possible:
// it accepts everything after a random latency and counts. It is a process of
// its own, so that its work is not taken for a worker's. It prints its address
// and ends with its standard input.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "provider:", err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	p := &provider{}
	server := &http.Server{Handler: p.routes(), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// provider is the server's state.
type provider struct {
	// fastest and slowest bound the latency; down resets every connection.
	fastest, slowest atomic.Int64
	down             atomic.Bool

	requests, waited atomic.Int64

	mu sync.Mutex
	// arrivals are when the requests came, in Unix nanoseconds.
	arrivals []int64
	sample   json.RawMessage
}

func (p *provider) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v3/{domain}/messages", p.send)
	mux.HandleFunc("GET /v3/{domain}/events", p.lookUp)
	mux.HandleFunc("POST /set", p.set)
	mux.HandleFunc("GET /stats", p.stats)
	mux.HandleFunc("GET /arrivals", p.list)
	mux.HandleFunc("GET /sample", p.show)
	return mux
}

// send accepts a message.
func (p *provider) send(w http.ResponseWriter, r *http.Request) {
	begin := time.Now()
	p.arrived(begin, r)
	if p.down.Load() {
		panic(http.ErrAbortHandler)
	}
	_, _ = io.Copy(io.Discard, r.Body)
	fastest, slowest := p.fastest.Load(), p.slowest.Load()
	time.Sleep(time.Duration(fastest + rand.Int64N(slowest-fastest+1)))
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"id":"<20310504.`+strconv.FormatInt(p.requests.Add(1), 10)+`@mg.clinic.example>","message":"Queued. Thank you."}`)
	p.waited.Add(int64(time.Since(begin)))
}

// arrived notes when a request came, and keeps the first one's fields.
func (p *provider) arrived(at time.Time, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.arrivals) == 0 {
		if err := r.ParseMultipartForm(1 << 20); err == nil {
			p.sample, _ = json.Marshal(fieldsOf(r))
		}
	}
	p.arrivals = append(p.arrivals, at.UnixNano())
}

// fieldsOf returns a form's fields, files among them as text.
func fieldsOf(r *http.Request) map[string][]string {
	fields := r.MultipartForm.Value
	for name, files := range r.MultipartForm.File {
		for _, f := range files {
			opened, err := f.Open()
			if err != nil {
				continue
			}
			text, _ := io.ReadAll(opened)
			fields[name] = append(fields[name], string(text))
		}
	}
	return fields
}

// lookUp knows no message.
func (p *provider) lookUp(w http.ResponseWriter, _ *http.Request) {
	if p.down.Load() {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"items":[],"paging":{}}`)
}

// set takes fastest and slowest in nanoseconds, and down.
func (p *provider) set(_ http.ResponseWriter, r *http.Request) {
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(r.FormValue(name), 10, 64)
		return n
	}
	p.fastest.Store(number("fastest"))
	p.slowest.Store(max(number("fastest"), number("slowest")))
	p.down.Store(r.FormValue("down") == "true")
}

// stats reports how many requests were answered and how long they took together.
func (p *provider) stats(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	arrived := len(p.arrivals)
	p.mu.Unlock()
	_ = json.NewEncoder(w).Encode(map[string]int64{
		"arrived": int64(arrived), "answered": p.requests.Load(), "waited": p.waited.Load(),
	})
}

// list returns when the requests came.
func (p *provider) list(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = json.NewEncoder(w).Encode(p.arrivals)
}

// show returns the first request's fields.
func (p *provider) show(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, _ = w.Write(p.sample)
}
