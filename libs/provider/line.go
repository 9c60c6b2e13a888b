package provider

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// writeBufferBytes holds one whole request of usual size, so that it reaches
// the socket in one write and is not cut in two by a deadline.
const writeBufferBytes = 16 << 10

// maxAnswerBytes bounds what is read of one answer, its headers included.
const maxAnswerBytes = MaxBodyBytes + 64<<10

var errTooLong = errors.New("the answer is longer than an answer can be")

// line is a connection to one provider, by way of TLS or a proxy where it needs
// to. One request at a time uses it.
type line struct {
	route route
	// conn carries HTTP, perhaps inside TLS; socket is the connection below it.
	conn   net.Conn
	socket *guardedConn
	in     *bufio.Reader
	out    *bufio.Writer
	// forward is the proxy that forwards plain requests; nil without one.
	forward *url.URL
	// left is how much may still be read of the current answer.
	left int
	// kept reports whether another request may follow; since is when the line became
	// idle.
	kept  bool
	since time.Time
}

func newLine(r route, conn net.Conn, socket *guardedConn, forward *url.URL) *line {
	l := &line{route: r, conn: conn, socket: socket, forward: forward, out: bufio.NewWriterSize(conn, writeBufferBytes)}
	l.in = bufio.NewReader(l)
	return l
}

// carry writes req and reads its answer into x. After an error the line must not
// be used again.
func (l *line) carry(req *http.Request, x *Exchange) (*http.Response, error) {
	l.kept, l.left = false, maxAnswerBytes
	l.socket.owner = x
	x.connected()
	stop := context.AfterFunc(req.Context(), func() { endNow(l.conn) })
	resp, err := l.exchange(req, x)
	undisturbed := stop()
	if err != nil {
		return nil, err
	}
	l.socket.owner = nil
	// Unrequested bytes would be taken for the next answer.
	l.kept = undisturbed && !resp.Close && !req.Close && resp.StatusCode >= http.StatusOK && l.in.Buffered() == 0 && l.socket.raw != nil && l.drained()
	return resp, nil
}

// drained reports whether TLS holds no record that it has read but not handed out.
// Looking at the socket would not show such a record.
//
//	an answer and an unrequested one arrive as two records, and TLS reads both
//	the socket is quiet, so the line is used again
//	the next request gets the unrequested answer, and each later one its predecessor's
func (l *line) drained() bool {
	if l.conn == net.Conn(l.socket) {
		return true
	}
	_ = l.conn.SetReadDeadline(time.Unix(1, 0)) // return only bytes that are there already, do not wait
	_, err := l.in.Peek(1)
	return errors.Is(err, os.ErrDeadlineExceeded) && l.conn.SetReadDeadline(time.Time{}) == nil
}

// endNow makes every read and write of a connection return.
func endNow(c net.Conn) { _ = c.SetDeadline(time.Unix(1, 0)) }

// exchange writes req and reads the answer to its end.
func (l *line) exchange(req *http.Request, x *Exchange) (*http.Response, error) {
	if err := l.write(req); err != nil {
		return nil, err
	}
	resp, err := l.answer(req)
	if err != nil {
		return nil, err
	}
	x.status, x.header = resp.StatusCode, resp.Header
	body, err := readAll(resp)
	if err != nil {
		return nil, err
	}
	x.answered(body)
	return resp, nil
}

// write writes a request in one piece, if it is of usual size. A proxy forwards
// one to a plain address if it names the whole address (RFC 9112 3.2.2).
func (l *line) write(req *http.Request) error {
	write := req.Write
	if l.forward != nil {
		req = req.Clone(req.Context())
		authorize(req.Header, l.forward)
		write = req.WriteProxy
	}
	if err := write(l.out); err != nil {
		return err
	}
	return l.out.Flush()
}

// answer reads the head of the final answer. The interim answers before it are skipped
// (RFC 9110 15.2).
func (l *line) answer(req *http.Request) (*http.Response, error) {
	for {
		resp, err := http.ReadResponse(l.in, req)
		if err != nil || resp.StatusCode >= http.StatusOK || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, err
		}
	}
}

// readAll reads the body to its end.
func readAll(resp *http.Response) ([]byte, error) {
	defer func() { _ = resp.Body.Close() }()
	if resp.ContentLength > MaxBodyBytes {
		return nil, errTooLong
	}
	if resp.ContentLength >= 0 {
		body := make([]byte, resp.ContentLength)
		_, err := io.ReadFull(resp.Body, body)
		return body, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, MaxBodyBytes+1))
	if err == nil && len(body) > MaxBodyBytes {
		err = errTooLong
	}
	return body, err
}

// Read implements io.Reader for the reader of answers.
func (l *line) Read(b []byte) (int, error) {
	if l.left == 0 {
		return 0, errTooLong
	}
	n, err := l.conn.Read(b[:min(len(b), l.left)])
	l.left -= n
	return n, err
}

// usable reports whether the next request may be written on a line that waited
// until now.
func (l *line) usable(now time.Time) bool {
	return now.Sub(l.since) < idleConnTimeout && l.socket.quiet()
}

// close closes an idle line in good order: TLS sends its closing alert.
func (l *line) close() { _ = l.conn.Close() }

// abandon ends a line in the middle of a request. It closes the socket without TLS's
// closing alert, because after a request that wrote nothing the alert would be the
// first byte.
func (l *line) abandon() { _ = l.socket.Close() }
