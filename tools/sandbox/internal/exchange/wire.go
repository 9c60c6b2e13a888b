package exchange

import (
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// wait waits for d. It does not end when the caller is gone: a provider that
// has the request goes on with it.
func (x *Exchange) wait(d time.Duration) { x.until(d, nil) }

// linger waits for d before an answer, or until the caller is gone.
func (x *Exchange) linger(r *http.Request, d time.Duration) { x.until(d, r.Context().Done()) }

func (x *Exchange) until(d time.Duration, gone <-chan struct{}) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-gone:
	case <-x.Closed:
	}
}

// hang waits until the caller is gone, the limit is over or the sandbox closes,
// and never answers.
func (x *Exchange) hang(w http.ResponseWriter, r *http.Request, limit time.Duration) {
	var over <-chan time.Time
	if limit > 0 {
		t := time.NewTimer(limit)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-r.Context().Done():
	case <-over:
	case <-x.Closed:
	}
	reset(w)
}

// scripted makes the answer that an action asks for.
func scripted(s Send, a *script.Action) Answer {
	if a.Type == script.Redirect {
		return Answer{Status: http.StatusFound, Header: map[string]string{"Location": a.Location}}
	}
	answer := s.Provider.Scripted(a.Status, a.Code, s.Entry.Recipient)
	if a.Status != 0 {
		answer.Status = a.Status
	}
	if a.Body != "" {
		answer.Body = []byte(a.Body)
	}
	answer.Header = a.Headers
	return answer
}

func write(w http.ResponseWriter, a Answer) {
	h := w.Header()
	if a.ContentType != "" {
		h.Set("Content-Type", a.ContentType)
	}
	for name, value := range a.Header {
		h.Set(name, value)
	}
	h.Set("Content-Length", strconv.Itoa(len(a.Body)))
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body)
}

// truncate promises the whole body, writes half of it and breaks off.
func truncate(w http.ResponseWriter, a Answer) {
	w.Header().Set("Content-Type", a.ContentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body[:len(a.Body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// reset closes the connection with a TCP reset where there is one.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
