package harness

import (
	"net"
	"sync"
	"testing"
)

// Detour forwards connections to a broker and shows the test what goes by.
type Detour struct {
	// Request is called with bytes on their way to the broker, Response with
	// those on their way back; each before they are forwarded. They may block.
	Request, Response func([]byte)

	t        testing.TB
	target   string
	listener net.Listener
	mu       sync.Mutex
	conns    []net.Conn
}

// NewDetour listens at the broker's detour until the test ends and returns the
// address for KAFKA_BOOTSTRAP_SERVERS.
func (s *System) NewDetour(request, response func([]byte)) string {
	s.T.Helper()
	listen, target := s.Broker.Detour()
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		s.T.Fatal(err)
	}
	d := &Detour{Request: request, Response: response, t: s.T, target: target, listener: listener}
	go d.accept()
	s.T.Cleanup(d.close)
	return listen
}

func (d *Detour) accept() {
	for {
		client, err := d.listener.Accept()
		if err != nil {
			return
		}
		broker, err := net.Dial("tcp", d.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		d.mu.Lock()
		d.conns = append(d.conns, client, broker)
		d.mu.Unlock()
		go pump(broker, client, d.Request)
		go pump(client, broker, d.Response)
	}
}

func pump(to, from net.Conn, see func([]byte)) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			see(buf[:n])
			if _, err := to.Write(buf[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	_ = to.Close()
	_ = from.Close()
}

func (d *Detour) close() {
	_ = d.listener.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.conns {
		_ = c.Close()
	}
}
