package mailgun

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
)

var (
	errNoBoundary = errors.New("the SDK's request is no multipart form")
	errBodyClosed = errors.New("the body of the request is closed")
)

// forms is the transport that the SDK's HTTP client has: it puts a message's form
// where the SDK's own is empty, in one piece and of known length. Address,
// credentials and boundary stay the SDK's.
type forms struct {
	next http.RoundTripper
	// buffers are *[]byte of forms that were sent.
	buffers sync.Pool
}

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
	out := req.WithContext(ctx)
	b := t.body(f, boundary)
	out.Body, out.ContentLength, out.GetBody = b, int64(len(b.rest)), nil
	return t.next.RoundTrip(out)
}

// CloseIdleConnections closes connections that no request uses.
func (t *forms) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}

// body writes a form into a buffer that was used before, where there is one.
func (t *forms) body(f *form, boundary string) *body {
	buffer, ok := t.buffers.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
	}
	*buffer = f.append((*buffer)[:0], boundary)
	return &body{pool: &t.buffers, buffer: buffer, rest: *buffer}
}

// body is the body of one request. Its buffer is used again once net/http has
// closed it.
//
// Race: a request that is given up returns to its caller while net/http's writing
// goroutine still reads the body; were the buffer free then, the next message
// would be written into this one. So it is Close that frees it, which net/http
// calls when it reads no more, and a Read that comes later all the same finds the
// body closed.
type body struct {
	mu     sync.Mutex
	pool   *sync.Pool
	buffer *[]byte // nil once it is closed
	rest   []byte
}

// Read implements io.Reader. It copies, so that nobody holds a part of the buffer.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.buffer == nil:
		return 0, errBodyClosed
	case len(b.rest) == 0:
		return 0, io.EOF
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// Close implements io.Closer. It may be called again.
func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.buffer != nil {
		b.pool.Put(b.buffer)
		b.buffer, b.rest = nil, nil
	}
	return nil
}
