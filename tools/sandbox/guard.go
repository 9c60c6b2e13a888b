package sandbox

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// bodyTimeout is how long a request's body may take to arrive.
const bodyTimeout = 30 * time.Second

// ours reports whether a request that names host is meant for the sandbox: by an
// address, as localhost, or by a container's name. A web page can have its own
// name resolve to this machine (DNS rebinding); its requests still carry it.
func ours(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host != "" && !strings.Contains(host, ".") || net.ParseIP(strings.Trim(host, "[]")) != nil
}

// hurry is a body that has to arrive in time, or the connection is given up. After the
// body the connection has no deadline, because an answer may be scripted to hang for
// any time.
type hurry struct {
	io.ReadCloser
	conn *http.ResponseController
}

func hurried(w http.ResponseWriter, body io.ReadCloser) io.ReadCloser {
	if body == nil || body == http.NoBody {
		return body
	}
	conn := http.NewResponseController(w)
	if conn.SetReadDeadline(time.Now().Add(bodyTimeout)) != nil {
		return body // No connection below, as in a test without a network.
	}
	return &hurry{body, conn}
}

// Read removes the deadline at the end of the body.
func (h *hurry) Read(p []byte) (int, error) {
	n, err := h.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = h.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}
