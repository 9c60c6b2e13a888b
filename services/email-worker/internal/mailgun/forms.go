package mailgun

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
)

var errNoBoundary = errors.New("the SDK's request is no multipart form")

// forms is the transport of the SDK's HTTP client: it replaces the SDK's empty form by
// a message's own, in one piece and of known length. Address, credentials and boundary
// stay the SDK's.
type forms struct {
	next http.RoundTripper
	// sent holds forms whose exchange is over.
	sent sync.Pool
}

// usualForm is enough for one of our messages, in bytes.
const usualForm = 12 << 10

type formKey struct{}

// withForm returns a context whose request carries f.
func withForm(ctx context.Context, f *form) context.Context {
	return context.WithValue(ctx, formKey{}, f)
}

// RoundTrip implements http.RoundTripper. A request without a form goes as it is.
func (t *forms) RoundTrip(req *http.Request) (*http.Response, error) {
	f, ok := req.Context().Value(formKey{}).(*form)
	if !ok {
		return t.next.RoundTrip(req)
	}
	_ = req.Body.Close()
	_, boundary, found := strings.Cut(req.Header.Get("Content-Type"), "multipart/form-data; boundary=")
	if !found {
		return nil, errNoBoundary
	}
	f.body = f.append(f.body, boundary)
	f.reader.Reset(f.body)
	// The request may be modified: the SDK made it for this call and does not read it
	// again, and a copy would cost more than the form's memory. The body has to be a
	// type that net/http knows to be in memory: otherwise net/http would send the
	// header separately, and the deadline could cut the request in two.
	req.Body, req.ContentLength, req.GetBody = io.NopCloser(&f.reader), int64(len(f.body)), nil
	return t.next.RoundTrip(req)
}

// CloseIdleConnections closes connections that no request uses.
func (t *forms) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// take returns an empty form, if possible with the memory of one that was sent.
func (t *forms) take() *form {
	f, ok := t.sent.Get().(*form)
	if !ok {
		f = &form{body: make([]byte, 0, usualForm)}
	}
	*f = form{body: f.body[:0]}
	f.envelope.Specific = f
	return f
}

// recycle releases the memory of a form for reuse. Its exchange must be over, so that
// the transport no longer reads it.
func (t *forms) recycle(f *form) { t.sent.Put(f) }
