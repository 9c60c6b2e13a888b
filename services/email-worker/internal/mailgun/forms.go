package mailgun

import (
	"bytes"
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
	// buffers are *[]byte of forms that were sent.
	buffers sync.Pool
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
	ctx := req.Context()
	f, ok := ctx.Value(formKey{}).(*form)
	if !ok {
		return t.next.RoundTrip(req)
	}
	_ = req.Body.Close()
	_, boundary, found := strings.Cut(req.Header.Get("Content-Type"), "multipart/form-data; boundary=")
	if !found {
		return nil, errNoBoundary
	}
	t.fill(f, boundary)
	out := req.WithContext(ctx)
	// A reader of another kind could be slow for all that net/http knows: it would send
	// the header by itself, and the deadline could cut the request in two.
	out.Body, out.ContentLength, out.GetBody = io.NopCloser(bytes.NewReader(*f.buffer)), int64(len(*f.buffer)), nil
	return t.next.RoundTrip(out)
}

// CloseIdleConnections closes connections that no request uses.
func (t *forms) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// fill writes a form into a buffer that was used before, where there is one.
func (t *forms) fill(f *form, boundary string) {
	buffer, ok := t.buffers.Get().(*[]byte)
	if !ok {
		made := make([]byte, 0, usualForm)
		buffer = &made
	}
	*buffer = f.append((*buffer)[:0], boundary)
	f.buffer = buffer
}

// recycle lets the buffer of a form be used again. Its exchange is over: what
// carries it has returned, and reads nothing of it any more.
func (t *forms) recycle(f *form) {
	if f.buffer != nil {
		t.buffers.Put(f.buffer)
	}
	f.buffer = nil
}
