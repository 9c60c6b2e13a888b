package provider

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"
)

// transport carries one request per exchange and reads its answer to the end.
type transport struct {
	lines *pool
	proxy func(*http.Request) (*url.URL, error)
}

// RoundTrip implements http.RoundTripper. When it returns, the request is
// written or will never be, its body is closed, and the body of the answer is in
// memory.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.roundTrip(req)
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		// A deadline that a write or read ran into is named as the caller knows it.
		if ended := req.Context().Err(); ended != nil && !errors.Is(err, errLate) {
			err = ended
		}
		return nil, err
	}
	return resp, nil
}

func (t *transport) roundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	x := exchangeOf(ctx)
	deadline, _ := ctx.Deadline()
	if err := errors.Join(x.start(deadline, time.Now()), ctx.Err()); err != nil {
		return nil, err
	}
	proxy, err := t.proxy(req)
	if err != nil {
		return nil, err
	}
	l, err := t.lines.take(ctx, routeOf(req.URL, proxy))
	if err != nil {
		return nil, err
	}
	carried := false
	defer func() {
		if !carried { // it failed, or its body panicked
			t.lines.drop(l)
		}
	}()
	resp, err := l.carry(req, x)
	if err != nil {
		return nil, err
	}
	carried = true
	t.lines.give(l)
	resp.Body = io.NopCloser(bytes.NewReader(x.body))
	return resp, nil
}

// CloseIdleConnections closes connections that no request uses.
func (t *transport) CloseIdleConnections() { t.lines.closeIdle(time.Now()) }
