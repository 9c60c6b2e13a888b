package provider_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// manners are what a server may do with a connection. Each answers a request with
// its own body and reports whether the connection goes on.
func manners() map[string]func(c net.Conn, body string) bool {
	say := func(c net.Conn, format string, args ...any) { _, _ = fmt.Fprintf(c, format, args...) }
	return map[string]func(net.Conn, string) bool{
		"plain": func(c net.Conn, body string) bool {
			say(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
			return true
		},
		"chunked": func(c net.Conn, body string) bool {
			say(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n%s\r\n%x\r\n%s\r\n0\r\nTrailer: x\r\n\r\n", body[:1], len(body)-1, body[1:])
			return true
		},
		"word of patience first": func(c net.Conn, body string) bool {
			say(c, "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
			return true
		},
		"announced end, then silence": func(c net.Conn, body string) bool {
			say(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
			_, _ = io.Copy(io.Discard, c)
			return false
		},
		"HTTP/1.0": func(c net.Conn, body string) bool {
			say(c, "HTTP/1.0 200 OK\r\n\r\n%s", body)
			return false
		},
		"an answer too many": func(c net.Conn, body string) bool {
			const other = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother"
			say(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s%s", len(body), body, other)
			_, _ = io.Copy(io.Discard, c)
			return false
		},
	}
}

// A server may do anything with a connection after an answer: the next request is
// neither lost on it nor given another's answer.
func TestEachRequestGetsItsOwnAnswerWhateverBecomesOfConnections(t *testing.T) {
	ways := manners()
	server := listen(t, func(c net.Conn) {
		defer func() { _ = c.Close() }()
		in := bufio.NewReader(c)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			body, _ := io.ReadAll(r.Body)
			if !ways[r.Header.Get("Way")](c, string(body)) {
				return
			}
		}
	})
	c := newClient(t, options(nil))
	var running sync.WaitGroup
	for slot := range 4 {
		random := rand.New(rand.NewPCG(7, uint64(slot)))
		running.Go(func() {
			for i := range 100 {
				way := pick(random, ways)
				id := fmt.Sprintf("request %d of slot %d", i, slot)
				if x, err := postHeader(t, c, server.url, id, "Way", way); err != nil || string(x.Body()) != id {
					t.Errorf("%s, %s: answer %q, %v", id, way, x.Body(), err)
				}
			}
		})
	}
	running.Wait()
	if n := server.connections.Load(); n < 10 || n > 350 {
		t.Errorf("%d connections for 400 requests: some are to be used again, some not", n)
	}
}

// Between two requests a server closes a connection, or speaks unasked.
func TestAConnectionThatIsNoLongerQuietIsNotUsedAgain(t *testing.T) {
	for what, spoil := range map[string]func(net.Conn){
		"closed": func(c net.Conn) { _ = c.Close() },
		"reset": func(c net.Conn) {
			_ = c.(*net.TCPConn).SetLinger(0)
			_ = c.Close()
		},
		"speaking": func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
		},
	} {
		conns := make(chan net.Conn, 2)
		server := listen(t, func(c net.Conn) {
			conns <- c
			answering(accepted, nil)(c)
		})
		c := newClient(t, options(nil))
		for i := range 2 {
			if x, err := post(t.Context(), t, c, server.url, textBody()); err != nil || x.Status() != http.StatusOK {
				t.Errorf("%s, request %d: status %d, %v", what, i, x.Status(), err)
			}
			if i == 0 {
				spoil(<-conns)
			}
		}
		if n := server.connections.Load(); n != 2 {
			t.Errorf("%s: %d connections, want 2", what, n)
		}
	}
}

func TestNoMoreConnectionsThanSlots(t *testing.T) {
	var at, most atomic.Int32
	server := listen(t, answering(accepted, func(net.Conn, *http.Request) {
		most.Store(max(most.Load(), at.Add(1)))
		<-time.After(time.Millisecond)
		at.Add(-1)
	}))
	c := newClient(t, options(nil))
	var running sync.WaitGroup
	for range 50 {
		running.Go(func() {
			if x, err := post(t.Context(), t, c, server.url, textBody()); err != nil || !x.Complete() {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if n := server.connections.Load(); n > 4 || most.Load() < 2 {
		t.Errorf("%d connections for 4 slots, %d requests at once", n, most.Load())
	}
}

// mine is a body whose first read panics.
type mine struct{}

func (mine) Read([]byte) (int, error) { panic("a body panics") }

// An adapter's panic ends as an unknown outcome, so that the process goes on: without
// the slot of that request it would in the end send nothing.
func TestAPanicCostsNoSlot(t *testing.T) {
	server, opens := listen(t, answering(accepted, nil)), true
	o := options(func(ctx context.Context, network, address string) (net.Conn, error) {
		if !opens {
			panic("a dialler panics")
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	})
	o.Slots = 1
	c := newClient(t, o)
	send := func(body io.Reader) error {
		defer func() { _ = recover() }()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := post(ctx, t, c, server.url, body)
		return err
	}
	_ = send(mine{})
	opens = false
	_ = send(textBody())
	opens = true
	if err := send(textBody()); err != nil {
		t.Error(err)
	}
}

// The wait for a slot ends with the request.
func TestAWaitForASlotCanBeGivenUp(t *testing.T) {
	hold, arrived := make(chan struct{}), make(chan struct{}, 4)
	server := listen(t, answering(accepted, func(net.Conn, *http.Request) {
		arrived <- struct{}{}
		<-hold
	}))
	c := newClient(t, options(nil))
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() { _, _ = post(t.Context(), t, c, server.url, textBody()) })
		<-arrived
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	x, err := post(ctx, t, c, server.url, textBody())
	if f := x.Unanswered("p", err); f == nil || f.Class != domain.ClassTransient || f.Code != "p.deadline" {
		t.Errorf("failure %+v, want a transient p.deadline", f)
	}
	close(hold)
	running.Wait()
}

// A server that never comes to an end must not be read for ever.
func TestAnAnswerWithoutEndIsCutOff(t *testing.T) {
	for part, begin := range map[string]string{
		"words of patience": "", "header": "HTTP/1.1 200 OK\r\n", "body": "HTTP/1.1 200 OK\r\n\r\n",
	} {
		line := map[string]string{"words of patience": "HTTP/1.1 102 Processing\r\n\r\n", "header": "X: " + strings.Repeat("x", 100) + "\r\n", "body": "more"}[part]
		server := listen(t, answering(begin, func(c net.Conn, _ *http.Request) {
			_, err := io.WriteString(c, begin)
			for err == nil {
				_, err = io.WriteString(c, line)
			}
		}))
		x, err := post(t.Context(), t, newClient(t, options(nil)), server.url, textBody())
		if f := x.Unanswered("p", err); f == nil || f.Class != domain.ClassUnknownOutcome {
			t.Errorf("%s: failure %+v, want an unknown outcome", part, f)
		}
	}
}
