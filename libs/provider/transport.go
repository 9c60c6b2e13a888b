package provider

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"time"
)

var errTooLong = errors.New("the answer is longer than an answer can be")

// transport guards one request per exchange and reads its answer to the end.
type transport struct{ base *http.Transport }

// RoundTrip implements http.RoundTripper. The body of the answer is already in
// memory when it returns.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	x := exchangeOf(ctx)
	deadline, _ := ctx.Deadline()
	if err := errors.Join(x.start(deadline, time.Now()), ctx.Err()); err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	resp, err := t.base.RoundTrip(once(ctx, req, x))
	if err != nil {
		return nil, err
	}
	x.status, x.header = resp.StatusCode, resp.Header
	body, err := readAll(resp)
	if err != nil {
		return nil, err
	}
	x.answered(body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// CloseIdleConnections closes connections that no request uses.
func (t *transport) CloseIdleConnections() { t.base.CloseIdleConnections() }

// once returns a copy of req that net/http cannot replay: to resend a body it
// has to rewind it. The copy's connection belongs to x before the first byte is
// written.
func once(ctx context.Context, req *http.Request, x *Exchange) *http.Request {
	trace := &httptrace.ClientTrace{
		GotConn:      func(i httptrace.GotConnInfo) { own(i.Conn, x) },
		WroteRequest: func(httptrace.WroteRequestInfo) { x.bodyTaken() },
	}
	out := req.WithContext(httptrace.WithClientTrace(ctx, trace))
	out.GetBody = nil
	return out
}

// readAll reads the body to its end, so that the connection can be used again,
// and closes it.
func readAll(resp *http.Response) ([]byte, error) {
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, nil // what follows is no answer, has no end and heeds no deadline
	}
	if resp.ContentLength > MaxBodyBytes {
		return nil, errTooLong
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBodyBytes+1))
	if err == nil && len(body) > MaxBodyBytes {
		err = errTooLong
	}
	return body, err
}
