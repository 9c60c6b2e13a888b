package provider_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

// A stop of the process ends after the deadline, and the goroutine that writes
// runs before the timer that would cancel the request.
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

// The caller gives up before the request has come to the socket.
func TestAGivenUpRequestIsNotWrittenLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var arrived sink
		c := newClient(t, options(wire(arrived.read)))
		release := make(chan struct{})
		ctx, cancel := context.WithCancel(slowWriter(t.Context(), release))
		time.AfterFunc(time.Second, cancel)
		time.AfterFunc(2*time.Second, func() { close(release) })
		x, err := post(ctx, t, c, "http://api.example/", textBody())
		if f := x.Unanswered("p", err); f == nil || f.Class != domain.ClassTransient || f.Code != "canceled" {
			t.Errorf("failure = %+v, want a transient cancellation", f)
		}
		synctest.Wait()
		if n := arrived.bytes.Load(); n > 0 {
			t.Errorf("%d bytes arrived after the request was given up", n)
		}
	})
}

// The far end reads the beginning and then nothing: what is in its socket may
// arrive.
func TestAWriteThatIsCutOffCountsAsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		defer close(hold)
		c := newClient(t, options(wire(func(far net.Conn) {
			_, _ = far.Read(make([]byte, 10))
			<-hold
		})))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		x, err := post(ctx, t, c, "http://api.example/", textBody())
		if f := x.Unanswered("p", err); f == nil || f.Class != domain.ClassUnknownOutcome || f.Code != "p.timeout" {
			t.Errorf("failure = %+v, want an unknown p.timeout", f)
		}
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

// net/http's Transport resends what it can rewind, or what a header calls
// harmless, when a connection that it used before breaks.
func TestARequestIsNeverReplayed(t *testing.T) {
	var requests atomic.Int32
	server := listen(t, answering(accepted, func(far net.Conn, _ *http.Request) {
		if requests.Add(1) == 2 {
			_ = far.Close()
		}
	}))
	c := newClient(t, options(nil))
	if _, err := post(t.Context(), t, c, server.url, textBody()); err != nil {
		t.Fatal(err)
	}
	ctx, x := provider.NewExchange(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.url, textBody())
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Idempotency-Key", "1")
	err = do(c, r)
	if f := x.Unanswered("p", err); f == nil || f.Class != domain.ClassUnknownOutcome || requests.Load() != 2 || server.connections.Load() != 1 {
		t.Errorf("failure %+v after %d requests on %d connections, want an unknown outcome after 2 on 1", f, requests.Load(), server.connections.Load())
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

// full is a connection whose kernel takes no byte.
type full struct{ net.Conn }

func (full) Write([]byte) (int, error) { return 0, syscall.EPIPE }

func TestAWriteThatTookNothingIsNotInDoubt(t *testing.T) {
	dial := wire(answering(accepted, nil))
	c := newClient(t, options(func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return full{conn}, err
	}))
	x, err := post(t.Context(), t, c, "http://api.example/", textBody())
	if f := x.Unanswered("p", err); f == nil || f.Class != domain.ClassTransient || !f.Unreachable {
		t.Errorf("failure = %+v, want a transient one", f)
	}
}
