package provider_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

// A stop of the process ends after the deadline, and net/http's writing
// goroutine runs before the timer that would cancel the request.
func TestNothingIsWrittenAfterTheDeadlineEvenBeforeTheTimerFires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var arrived sink
		c := newClient(t, options(wire(arrived.read)))
		release := make(chan struct{})
		time.AfterFunc(2*time.Second, func() { close(release) })

		ctx := lateTimer{slowWriter(t.Context(), release), time.Now().Add(time.Second)}
		x, err := post(ctx, t, c, "http://api.example/", textBody())

		f := x.Unanswered("p", err)
		if f == nil || f.Class != domain.ClassTransient || f.Unreachable || !f.Late || f.Code != "p.deadline" {
			t.Errorf("failure = %+v, want a late p.deadline: the provider was at hand", f)
		}
		synctest.Wait()
		if n := arrived.bytes.Load(); n > 0 {
			t.Errorf("%d bytes arrived after the deadline", n)
		}
	})
}

// The deadline passes between two writes of one large request.
func TestARequestIsNotFinishedAfterItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var arrived sink
		c := newClient(t, options(wire(arrived.read)))
		release := make(chan struct{})
		time.AfterFunc(2*time.Second, func() { close(release) })
		ctx, x := provider.NewExchange(lateTimer{t.Context(), time.Now().Add(time.Second)})
		const size = 100_000
		body := io.MultiReader(bytes.NewReader(make([]byte, size-1)), stalled{bytes.NewReader([]byte{end}), release})
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://api.example/", body)
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = size
		err = do(c, r)

		if f := x.Unanswered("p", err); f == nil || f.Class != domain.ClassUnknownOutcome || f.Code != "p.timeout" {
			t.Errorf("failure = %+v, want an unknown p.timeout", f)
		}
		synctest.Wait()
		if n := arrived.bytes.Load(); n == 0 || arrived.ended.Load() {
			t.Errorf("%d bytes arrived, the last one: %v; want some, but not the last", n, arrived.ended.Load())
		}
	})
}

// The caller gives up while the writing goroutine has not come to the socket.
func TestAGivenUpRequestIsNotWrittenLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var arrived sink
		c := newClient(t, options(wire(arrived.read)))
		release := make(chan struct{})
		ctx, x := provider.NewExchange(slowWriter(t.Context(), release))
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://api.example/", textBody())
		if err != nil {
			t.Fatal(err)
		}
		var ended sync.WaitGroup
		ended.Go(func() { _ = do(c, r) })
		synctest.Wait() // the writing goroutine is about to write

		if x.Seal() {
			t.Error("the exchange says that something was written")
		}
		close(release)
		ended.Wait()
		synctest.Wait()
		if n := arrived.bytes.Load(); n > 0 {
			t.Errorf("%d bytes arrived after the request was given up", n)
		}
	})
}

// Bytes that are on their way into the socket may arrive, whatever the write
// returns later.
func TestAWriteUnderWayCountsAsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		c := newClient(t, options(wire(func(far net.Conn) { <-hold; _ = far.Close() })))
		ctx, x := provider.NewExchange(t.Context())
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://api.example/", textBody())
		if err != nil {
			t.Fatal(err)
		}
		var ended sync.WaitGroup
		ended.Go(func() { _ = do(c, r) })
		synctest.Wait() // the far end reads nothing: the write blocks
		if !x.Seal() {
			t.Error("a write is under way, and the exchange says that nothing was written")
		}
		close(hold)
		ended.Wait()
	})
}

// What is in memory is copied before the first write, what is longer bit by bit.
func TestABodyIsTakenOnlyWhenAllOfItWasRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		c := newClient(t, options(wire(func(far net.Conn) { <-hold; _ = far.Close() })))
		for size, want := range map[int]bool{1_000: true, 100_000: false} {
			ctx, cancel := context.WithCancel(t.Context())
			ctx, x := provider.NewExchange(ctx)
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://api.example/", bytes.NewReader(make([]byte, size)))
			if err != nil {
				t.Fatal(err)
			}
			var ended sync.WaitGroup
			ended.Go(func() { _ = do(c, r) })
			synctest.Wait() // the far end reads nothing: the write blocks
			if got := x.BodyTaken(); got != want {
				t.Errorf("%d bytes: the body is taken: %t, want %t", size, got, want)
			}
			cancel()
			ended.Wait()
		}
		close(hold)
	})
}

func TestTheGuardIsBelowTLS(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer server.Close()
	o := options(nil)
	o.TLS = &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	c := newClient(t, o)

	x, err := post(lateTimer{t.Context(), time.Now().Add(-time.Second)}, t, c, server.URL, textBody())
	if f := x.Unanswered("p", err); f == nil || !f.Late || f.Code != "p.deadline" || requests.Load() != 0 {
		t.Errorf("late: %+v and %d requests, want none", f, requests.Load())
	}
	x, err = post(t.Context(), t, c, server.URL, textBody())
	if err != nil || !x.Complete() || requests.Load() != 1 {
		t.Errorf("in time: %v, complete %v, %d requests", err, x.Complete(), requests.Load())
	}
}

// net/http resends what it can rewind, or what a header calls harmless, when a
// connection that it used before breaks.
func TestARequestIsNeverReplayed(t *testing.T) {
	var requests atomic.Int32
	c := newClient(t, options(wire(answering(accepted, func(far net.Conn, _ *http.Request) {
		if requests.Add(1) == 2 {
			_ = far.Close()
		}
	}))))
	if _, err := post(t.Context(), t, c, "http://api.example/", textBody()); err != nil {
		t.Fatal(err)
	}
	ctx, x := provider.NewExchange(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://api.example/", textBody())
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Idempotency-Key", "1")
	err = do(c, r)
	if f := x.Unanswered("p", err); f == nil || f.Class != domain.ClassUnknownOutcome || requests.Load() != 2 {
		t.Errorf("failure %+v after %d requests, want an unknown outcome after 2", f, requests.Load())
	}
}

func TestAnExchangeCarriesOneRequestOnly(t *testing.T) {
	var requests atomic.Int32
	c := newClient(t, options(wire(answering(accepted, func(net.Conn, *http.Request) { requests.Add(1) }))))
	ctx, _ := provider.NewExchange(t.Context())
	for range 2 {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://api.example/", textBody())
		if err != nil {
			t.Fatal(err)
		}
		_ = do(c, r)
	}
	if requests.Load() != 1 {
		t.Errorf("%d requests arrived, want 1", requests.Load())
	}
}

// broken is a connection that the other side has closed and forgotten: the
// kernel takes no byte of the second request.
type broken struct {
	net.Conn
	writes atomic.Int32
}

func (b *broken) Write(p []byte) (int, error) {
	if b.writes.Add(1) > 1 {
		return 0, syscall.EPIPE
	}
	return b.Conn.Write(p)
}

func TestAWriteThatTookNothingIsNotInDoubt(t *testing.T) {
	dial := wire(answering(accepted, nil))
	c := newClient(t, options(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &broken{Conn: conn}, err
	}))
	if _, err := post(t.Context(), t, c, "http://api.example/", textBody()); err != nil {
		t.Fatal(err)
	}
	x, err := post(t.Context(), t, c, "http://api.example/", textBody())
	if f := x.Unanswered("p", err); f == nil || f.Class != domain.ClassTransient || !f.Unreachable {
		t.Errorf("failure = %+v, want a transient one", f)
	}
}
