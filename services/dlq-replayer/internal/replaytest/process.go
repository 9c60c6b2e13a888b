package replaytest

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// Fault is a fault that happens to a process at one of its writes.
type Fault struct {
	// At is the number of the write; 0 for no fault. Writes are the requests that
	// change the broker's state: records and transactions.
	At int
	// Applied lets the write arrive, so that only its answer is lost.
	Applied bool
	// Freeze stops the process for that time, as SIGSTOP and SIGCONT do. Cut only
	// breaks its connections. Without both the process is killed.
	Freeze time.Duration
	Cut    bool
}

// Process is a stand-in for a separate process: its connections to the broker can be
// cut or stopped by a fault.
type Process struct {
	// Config connects to the broker over this process's connections.
	Config replay.Config
	// Context ends when the process is killed.
	Context context.Context
	kill    context.CancelFunc
	dial    dialer
	fault   Fault

	mu     sync.Mutex
	writes int
	frozen chan struct{}
	conns  []net.Conn
}

var errKilled = errors.New("the process was killed")

// Process returns a process that lasts as long as the test or until its fault.
func (r *Broker) Process(f Fault) *Process {
	p := &Process{Config: r.Config, dial: r.dial, fault: f}
	p.Context, p.kill = context.WithCancel(context.WithoutCancel(r.Context()))
	p.Config.Opts = append(append([]kgo.Opt(nil), r.Config.Opts...), kgo.Dialer(p.connect))
	return p
}

func (p *Process) connect(ctx context.Context, network, address string) (net.Conn, error) {
	p.wait()
	if p.Context.Err() != nil {
		return nil, errKilled
	}
	conn, err := p.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, conn)
	return &wire{conn, p}, nil
}

// Kill ends the process: its requests no longer reach the broker.
func (p *Process) Kill() {
	p.kill()
	p.thaw()
	p.cut()
}

func (p *Process) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
	p.conns = nil
}

func (p *Process) thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frozen != nil {
		close(p.frozen)
		p.frozen = nil
	}
}

// strikes counts a write and reports whether the fault happens at it.
func (p *Process) strikes(request []byte) bool {
	const header = 6 // The length and the request's key.
	if len(request) < header {
		return false
	}
	switch kmsg.Key(binary.BigEndian.Uint16(request[4:header])) { //nolint:gosec // a key is small
	// Not InitProducerID: a client holds a mutex over it, and in virtual time
	// a goroutine that waits for that mutex stops the clock that a frozen process waits for.
	case kmsg.Produce, kmsg.AddPartitionsToTxn, kmsg.EndTxn:
	default:
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes++
	return p.writes == p.fault.At
}

func (p *Process) strike() {
	switch {
	case p.fault.Cut:
		p.cut()
		return
	case p.fault.Freeze == 0:
		p.Kill()
		return
	}
	time.AfterFunc(p.fault.Freeze, p.thaw)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = make(chan struct{})
}

// wait waits while the process is frozen.
func (p *Process) wait() {
	p.mu.Lock()
	frozen := p.frozen
	p.mu.Unlock()
	if frozen != nil {
		<-frozen
	}
}

// wire is one of a process's connections.
type wire struct {
	net.Conn
	process *Process
}

// Read gives nothing to a frozen process.
func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.process.wait()
	return n, err
}

// Write freezes the process before or after the request that its fault names.
func (w *wire) Write(b []byte) (int, error) {
	w.process.wait()
	if !w.process.strikes(b) {
		return w.Conn.Write(b)
	}
	if !w.process.fault.Applied {
		w.process.strike()
		w.process.wait()
		return w.Conn.Write(b)
	}
	n, err := w.Conn.Write(b)
	w.process.strike()
	return n, err
}
