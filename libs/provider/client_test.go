package provider_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

func TestARedirectIsAnAnswerAndNotFollowed(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	x, err := post(t.Context(), t, newClient(t, options(nil)), server.URL, textBody())
	if err != nil || x.Status() != http.StatusTemporaryRedirect || !x.Complete() || requests.Load() != 1 {
		t.Errorf("status %d, complete %v, %d requests, %v", x.Status(), x.Complete(), requests.Load(), err)
	}
}

func TestConnectionsAreUsedAgainWhateverTheAnswer(t *testing.T) {
	for name, start := range map[string]func(http.Handler) *httptest.Server{"plain": httptest.NewServer, "TLS": httptest.NewTLSServer} {
		t.Run(name, func(t *testing.T) {
			var dials atomic.Int32
			server := start(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusServiceUnavailable)
				_, _ = io.WriteString(w, strings.Repeat("<p>no upstream</p>", 5_000))
			}))
			defer server.Close()
			o := options(func(ctx context.Context, network, address string) (net.Conn, error) {
				dials.Add(1)
				return new(net.Dialer).DialContext(ctx, network, address)
			})
			o.TLS = server.Client().Transport.(*http.Transport).TLSClientConfig
			c := newClient(t, o)
			for range 20 {
				if x, err := post(t.Context(), t, c, server.URL, textBody()); err != nil || !x.Complete() {
					t.Fatalf("complete %v, %v", x.Complete(), err)
				}
			}
			if dials.Load() != 1 {
				t.Errorf("%d connections for 20 requests, want 1", dials.Load())
			}
		})
	}
}

func TestAnAnswerOfMoreThanTheLimitIsNotComplete(t *testing.T) {
	for size, complete := range map[int]bool{provider.MaxBodyBytes: true, provider.MaxBodyBytes + 1: false} {
		for _, chunked := range []bool{false, true} {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if chunked {
					w.(http.Flusher).Flush()
				}
				_, _ = w.Write(make([]byte, size))
			}))
			x, err := post(t.Context(), t, newClient(t, options(nil)), server.URL, textBody())
			if x.Complete() != complete || (err == nil) != complete || x.Status() != http.StatusOK {
				t.Errorf("%d bytes, chunked %v: complete %v, %v", size, chunked, x.Complete(), err)
			}
			server.Close()
		}
	}
}

// HTTP/2 would carry several requests on one connection, and the guard knows
// one owner.
func TestOnlyHTTP1IsSpoken(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Spoken", r.Proto)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	o := options(nil)
	o.TLS = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	x, err := post(t.Context(), t, newClient(t, o), server.URL, textBody())
	if err != nil || x.Header().Get("Spoken") != "HTTP/1.1" {
		t.Errorf("spoke %q, %v", x.Header().Get("Spoken"), err)
	}
}

// lingering records how a connection is told to end.
type lingering struct {
	net.Conn
	dropped *atomic.Bool
}

func (l lingering) SetLinger(sec int) error {
	l.dropped.Store(sec == 0)
	return nil
}

func TestWhatAGivenUpRequestLeftInTheKernelIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dropped atomic.Bool
		dial := wire(answering(accepted, func(_ net.Conn, r *http.Request) {
			if r.URL.Path == "/hang" {
				<-time.After(time.Hour)
			}
		}))
		c := newClient(t, options(func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return lingering{conn, &dropped}, err
		}))
		if _, err := post(t.Context(), t, c, "http://api.example/", textBody()); err != nil {
			t.Fatal(err)
		}
		c.CloseIdleConnections()
		synctest.Wait()
		if dropped.Load() {
			t.Error("the connection of an answered request was reset")
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := post(ctx, t, c, "http://api.example/hang", textBody())
		synctest.Wait()
		if err == nil || !dropped.Load() {
			t.Errorf("the connection of a given-up request was closed gracefully (%v)", err)
		}
		<-time.After(2 * time.Hour) // the server's end
	})
}

func TestNonsenseOptionsAreRefused(t *testing.T) {
	for _, o := range []provider.Options{{Slots: 0, Timeout: time.Second}, {Slots: 1, Timeout: 0}} {
		if _, err := provider.NewClient(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}
