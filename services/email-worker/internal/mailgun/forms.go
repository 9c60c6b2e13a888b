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

// forms is the transport that the SDK's HTTP client has: it puts a message's form
// where the SDK's own is empty, in one piece and of known length. Address,
// credentials and boundary stay the SDK's.
type forms struct {
	next http.RoundTripper
	// sent are forms whose exchange is over.
	sent sync.Pool
}

// usualForm has room for a message of ours, in bytes.
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
	// The SDK made the request for this one call, and nothing reads it again: to copy it
	// would cost more than all of the form's memory. A reader of another kind could be
	// slow for all that net/http knows: it would send the header by itself, and the
	// deadline could cut the request in two.
	req.Body, req.ContentLength, req.GetBody = io.NopCloser(&f.reader), int64(len(f.body)), nil
	return t.next.RoundTrip(req)
}

// CloseIdleConnections closes connections that no request uses.
func (t *forms) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// take returns an empty form, in the memory of one that was sent where there is one.
func (t *forms) take() *form {
	f, ok := t.sent.Get().(*form)
	if !ok {
		f = &form{body: make([]byte, 0, usualForm)}
	}
	*f = form{body: f.body[:0]}
	f.envelope.Specific = f
	return f
}

// recycle lets the memory of a form be used again. Its exchange is over: what
// carries it has returned, and reads nothing of it any more.
func (t *forms) recycle(f *form) { t.sent.Put(f) }
