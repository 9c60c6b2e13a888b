package harness

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
)

// Traffic is what a test sees of what a process exchanges with the broker, one
// whole message at a time, without the length that precedes it on the wire. The
// functions are called before the message is forwarded and may block; those that
// are nil are not called. They are called by several goroutines at once.
type Traffic struct {
	Request, Response func(message []byte)
	// LosesAnswer reports whether the connection breaks in place of the answer to
	// a request, which the broker gets.
	LosesAnswer func(request []byte) bool
}

// detour forwards connections to a broker.
type detour struct {
	Traffic

	target   string
	listener net.Listener
	mu       sync.Mutex
	conns    []net.Conn
}

// NewDetour listens at the broker's detour until the test ends and returns the
// address for KAFKA_BOOTSTRAP_SERVERS.
func (s *System) NewDetour(traffic Traffic) string {
	s.T.Helper()
	listen, target := s.Broker.Detour()
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		s.T.Fatal(err)
	}
	d := &detour{Traffic: traffic, target: target, listener: listener}
	go d.accept()
	s.T.Cleanup(d.close)
	return listen
}

func (d *detour) accept() {
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
		c := &detoured{Traffic: d.Traffic, lost: map[uint32]bool{}}
		go pump(broker, client, c.request)
		go pump(client, broker, c.response)
	}
}

func (d *detour) close() {
	_ = d.listener.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.conns {
		_ = c.Close()
	}
}

// detoured is one connection. The correlation id, which a response begins with,
// ties it to its request.
type detoured struct {
	Traffic

	mu   sync.Mutex
	lost map[uint32]bool
}

// request sees a request and reports whether the connection lives on.
func (c *detoured) request(message []byte) bool {
	const correlation = 4 // The bytes of key and version.
	if c.Request != nil {
		c.Request(message)
	}
	if c.LosesAnswer != nil && c.LosesAnswer(message) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.lost[binary.BigEndian.Uint32(message[correlation:])] = true
	}
	return true
}

func (c *detoured) response(message []byte) bool {
	if c.Response != nil {
		c.Response(message)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.lost[binary.BigEndian.Uint32(message)]
}

// pump forwards messages for as long as see lets it.
func pump(to, from net.Conn, see func([]byte) bool) {
	const prefix = 4 // The length of the message.
	defer func() {
		_ = to.Close()
		_ = from.Close()
	}()
	for {
		message := make([]byte, prefix)
		if _, err := io.ReadFull(from, message); err != nil {
			return
		}
		message = append(message, make([]byte, binary.BigEndian.Uint32(message))...)
		if _, err := io.ReadFull(from, message[prefix:]); err != nil || !see(message[prefix:]) {
			return
		}
		if _, err := to.Write(message); err != nil {
			return
		}
	}
}
