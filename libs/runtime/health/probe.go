package health

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
)

// maxAnswer bounds how much of an answer a probe reads.
const maxAnswer = 64 << 10

// Probe asks the program that listens on addr (the value of HEALTH_ADDR) whether it is
// alive; nil means yes. The healthcheck of a container calls it, so ctx should end
// before the container's own timeout. An address that means all interfaces is asked on
// loopback.
func Probe(ctx context.Context, addr string) error {
	target, err := loopback(addr)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+target+"/livez", nil)
	if err != nil {
		return fmt.Errorf("HEALTH_ADDR is not an address: %w", err)
	}
	// The program is asked directly, without the environment's proxy.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return fmt.Errorf("not alive (status %d): %v", answer.StatusCode, reasons(answer.Body))
}

func reasons(body io.Reader) map[string]string {
	var v Verdict
	_ = json.NewDecoder(io.LimitReader(body, maxAnswer)).Decode(&v) // without reasons the status must do
	return v.Failed
}

// loopback returns the local address of a program that listens on addr.
func loopback(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", fmt.Errorf("HEALTH_ADDR must be host:port: %w", err)
	}
	if port == "0" {
		return "", fmt.Errorf("HEALTH_ADDR must name a port to be asked on; with port 0 it is chosen anew at each start")
	}
	switch ip := net.ParseIP(host); {
	case host == "", ip.Equal(net.IPv4zero):
		host = "127.0.0.1"
	case ip.Equal(net.IPv6unspecified):
		host = "::1"
	}
	return net.JoinHostPort(host, port), nil
}
