// Command provider is a stand-in for Mailgun and Twilio that costs as little as possible:
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
	"strings"
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
}

func (p *provider) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v3/{domain}/messages", p.mail)
	mux.HandleFunc("GET /v3/{domain}/events", p.lookUp)
	mux.HandleFunc("POST /2010-04-01/Accounts/{account}/Messages.json", p.text)
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}/Messages.json", p.lookUp)
	mux.HandleFunc("POST /set", p.set)
	mux.HandleFunc("GET /stats", p.stats)
	mux.HandleFunc("GET /arrivals", p.list)
	return mux
}

// mail accepts an e-mail.
func (p *provider) mail(w http.ResponseWriter, r *http.Request) {
	p.accept(w, r, http.StatusOK, func(n string) string {
		return `{"id":"<20310504.` + n + `@mg.clinic.example>","message":"Queued. Thank you."}`
	})
}

// text accepts a text message.
func (p *provider) text(w http.ResponseWriter, r *http.Request) {
	p.accept(w, r, http.StatusCreated, func(n string) string {
		return `{"sid":"SM` + strings.Repeat("0", 32-len(n)) + n + `","status":"queued","error_code":null,"error_message":null}`
	})
}

// accept answers with what is made of the message's number.
func (p *provider) accept(w http.ResponseWriter, r *http.Request, code int, answer func(n string) string) {
	begin := time.Now()
	p.arrived(begin)
	if p.down.Load() {
		panic(http.ErrAbortHandler)
	}
	_, _ = io.Copy(io.Discard, r.Body)
	if fastest, slowest := p.fastest.Load(), p.slowest.Load(); slowest > 0 {
		time.Sleep(time.Duration(fastest + rand.Int64N(slowest-fastest+1)))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = io.WriteString(w, answer(strconv.FormatInt(p.requests.Add(1), 10)))
	p.waited.Add(int64(time.Since(begin)))
}

// arrived notes when a request came.
func (p *provider) arrived(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrivals = append(p.arrivals, at.UnixNano())
}

// lookUp knows no message.
func (p *provider) lookUp(w http.ResponseWriter, _ *http.Request) {
	if p.down.Load() {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"items":[],"paging":{},"messages":[]}`)
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
