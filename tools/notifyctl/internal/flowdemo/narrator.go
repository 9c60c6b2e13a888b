package flowdemo

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// narrator prints the story. It observes the workers, which call it concurrently. Calls
// of a killed worker are ignored.
type narrator struct {
	ports.NoObserver
	mu       sync.Mutex
	out      io.Writer
	step     int
	finished map[domain.Channel]int
}

var _ ports.Observer = (*narrator)(nil)

// life prints the story of one life of the workers.
type life struct {
	*narrator
	// mute is set, under the narrator's lock, once it is over.
	mute bool
}

// title begins the next step.
func (n *narrator) title(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.step++
	fmt.Fprintf(n.out, "\n%d. %s\n", n.step, fmt.Sprintf(format, args...))
}

func (n *narrator) say(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	fmt.Fprintf(n.out, "   "+format+"\n", args...)
}

// begin counts from zero for new workers.
func (n *narrator) begin() *life {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.finished = map[domain.Channel]int{}
	return &life{narrator: n}
}

// over silences the life.
func (l *life) over() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mute = true
}

// count returns how many records a channel has finished in this life.
func (l *life) count(ch domain.Channel) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.finished[ch]
}

// Finished implements ports.Observer.
func (l *life) Finished(ch domain.Channel, f ports.Finish) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mute {
		return
	}
	l.finished[ch]++
	fmt.Fprintf(l.out, "   offset %d  %-5s  %s\n", f.Record.Offset, ch, describe(f.Outcome))
}

// Called implements ports.Observer.
func (l *life) Called(ch domain.Channel, call ports.Call, _ *domain.Failure, _ time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mute || call != ports.CallLookUp {
		return
	}
	fmt.Fprintf(l.out, "             %-5s  asks the provider about a claim without an outcome\n", ch)
}

func describe(o domain.Outcome) string {
	switch o.Status {
	case domain.StatusSkipped:
		return fmt.Sprintf("%s: %s", o.Status, o.Reason)
	case domain.StatusDeadLettered:
		return fmt.Sprintf("%s: %s (%s)", o.Status, o.Failure.Class, o.Failure.Code)
	case domain.StatusSent:
	}
	if o.Attempts == 0 {
		return "sent: a claim without an outcome stood in the ledger; the provider was asked and had it"
	}
	return string(o.Status)
}
