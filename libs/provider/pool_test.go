package provider

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// silentSocket is a connection that can be looked at and is always quiet.
type silentSocket struct{}

func (silentSocket) Control(func(uintptr)) error    { return nil }
func (silentSocket) Write(func(uintptr) bool) error { return nil }
func (silentSocket) Read(look func(uintptr) bool) error {
	look(0)
	return nil
}

type counting struct {
	net.Conn
	closed *atomic.Int32
}

func (c counting) Close() error {
	c.closed.Add(1)
	return nil
}

// silent opens lines to nowhere and counts what becomes of them.
type silent struct {
	opened int
	closed atomic.Int32
}

func (s *silent) open(_ context.Context, r route) (*line, error) {
	s.opened++
	g := &guardedConn{Conn: counting{closed: &s.closed}, raw: silentSocket{}}
	g.look = func(uintptr) bool {
		g.silent = true
		return true
	}
	l := newLine(r, g, g, nil)
	l.kept = true
	return l, nil
}

func takeFrom(t *testing.T, p *pool, host string) *line {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	l, err := p.take(ctx, route{host: host})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestIdleConnectionsAreClosedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s silent
		p := newPool(8, s.open)
		first, second, other := takeFrom(t, p, "a"), takeFrom(t, p, "a"), takeFrom(t, p, "b")
		for _, l := range []*line{first, second, other} {
			p.give(l)
		}
		for range 10 { // one line is enough for a request every ten seconds
			<-time.After(10 * time.Second)
			p.give(takeFrom(t, p, "a"))
		}
		synctest.Wait()
		if s.opened != 3 || s.closed.Load() != 2 {
			t.Errorf("%d lines opened, %d closed; want 3 and 2: the one in use stays", s.opened, s.closed.Load())
		}
		<-time.After(2 * idleConnTimeout)
		synctest.Wait()
		if s.closed.Load() != 3 || len(p.idle) != 0 || p.sweeping {
			t.Errorf("%d lines closed, %d routes left, sweeping %t", s.closed.Load(), len(p.idle), p.sweeping)
		}
	})
}

// A line that waited too long is not used, even if the timer that closes it has
// not run yet.
func TestAnOldLineIsNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s silent
		p := newPool(1, s.open)
		p.give(takeFrom(t, p, "a"))
		p.idle[route{host: "a"}][0].since = time.Now().Add(-idleConnTimeout)
		p.give(takeFrom(t, p, "a"))
		if s.opened != 2 || s.closed.Load() != 1 {
			t.Errorf("%d opened, %d closed", s.opened, s.closed.Load())
		}
		p.closeIdle(time.Now())
	})
}

// A slot that is lost with each failure would in the end stop all sending.
func TestEachSlotComesBack(t *testing.T) {
	var s silent
	fail := false
	p := newPool(1, func(ctx context.Context, r route) (*line, error) {
		if fail {
			return nil, errors.New("refused")
		}
		return s.open(ctx, r)
	})
	for range 3 {
		p.drop(takeFrom(t, p, "a"))
		fail = true
		if _, err := p.take(t.Context(), route{host: "a"}); err == nil {
			t.Error("a refused connection is a line")
		}
		fail = false
		l := takeFrom(t, p, "a")
		l.kept = false
		p.give(l)
	}
	if len(p.inUse) != 0 || s.opened != int(s.closed.Load()) {
		t.Errorf("%d slots in use, %d opened, %d closed", len(p.inUse), s.opened, s.closed.Load())
	}
}
