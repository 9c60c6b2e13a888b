package provider

import (
	"context"
	"sync"
	"time"
)

// pool keeps lines between requests, and bounds how many are in use.
type pool struct {
	open  func(context.Context, route) (*line, error)
	inUse chan struct{}

	mu sync.Mutex
	// idle holds the idle lines by route, the most recently used at the end.
	idle map[route][]*line
	// sweeping is set while a timer runs that closes lines that were idle for too long.
	sweeping bool
}

func newPool(size int, open func(context.Context, route) (*line, error)) *pool {
	return &pool{open: open, inUse: make(chan struct{}, size), idle: map[route][]*line{}}
}

// take returns a line to r, which give or drop takes back. While size lines are
// in use it waits.
func (p *pool) take(ctx context.Context, r route) (l *line, err error) {
	select {
	case p.inUse <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() {
		if l == nil { // opening one failed, or panicked
			<-p.inUse
		}
	}()
	for l = p.last(r); l != nil; l = p.last(r) {
		if l.usable(time.Now()) {
			return l, nil
		}
		l.close()
	}
	return p.open(ctx, r)
}

// last removes the most recently used idle line to r, so that the others age and are
// closed.
func (p *pool) last(r route) *line {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := p.idle[r]
	if len(lines) == 0 {
		return nil
	}
	l := lines[len(lines)-1]
	lines[len(lines)-1] = nil
	p.idle[r] = lines[:len(lines)-1]
	return l
}

// give takes back a line whose request is over.
func (p *pool) give(l *line) {
	if l.kept {
		p.keep(l)
	} else {
		l.close()
	}
	<-p.inUse
}

// drop takes back a line whose request failed.
func (p *pool) drop(l *line) {
	l.abandon()
	<-p.inUse
}

func (p *pool) keep(l *line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.since = time.Now()
	p.idle[l.route] = append(p.idle[l.route], l)
	p.sweepLater()
}

// sweepLater closes old lines later. The caller holds the lock.
func (p *pool) sweepLater() {
	if p.sweeping {
		return
	}
	p.sweeping = true
	time.AfterFunc(idleConnTimeout, func() {
		p.closeIdle(time.Now().Add(-idleConnTimeout))
		p.mu.Lock()
		defer p.mu.Unlock()
		p.sweeping = false
		if len(p.idle) > 0 {
			p.sweepLater()
		}
	})
}

// closeIdle closes the lines that are idle since a moment or longer.
func (p *pool) closeIdle(since time.Time) {
	for _, l := range p.remove(since) {
		l.close()
	}
}

// remove takes the lines out that are idle since a moment or longer.
func (p *pool) remove(since time.Time) (old []*line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for r, lines := range p.idle {
		n := 0
		for n < len(lines) && !lines[n].since.After(since) {
			n++
		}
		old = append(old, lines[:n]...)
		if p.idle[r] = lines[n:]; n == len(lines) {
			delete(p.idle, r)
		}
	}
	return old
}
