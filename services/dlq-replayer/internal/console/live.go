package console

import (
	"fmt"
	"net/http"
	"time"

	"go.uber.org/zap"
)

const (
	// liveEvery is how often a stream looks for changes.
	liveEvery = time.Second
	// liveBeat is how often it sends a line even without changes, so that a proxy keeps
	// it open.
	liveBeat = 15 * time.Second
)

// live is a stream of events that reports changes, beginning with the present moment. A
// page that is older than the reported moment reloads its data:
//
//	the list is made with a letter in it; the letter is discarded; the stream begins
//	a page that took the stream's first moment for its own would show it for ever
func (c *Console) live(w http.ResponseWriter, r *http.Request) {
	stream := http.NewResponseController(w)
	if err := stream.SetWriteDeadline(time.Time{}); err != nil {
		c.log.Warn("a live stream has a deadline", zap.Error(err))
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	look, beat := time.NewTicker(liveEvery), time.NewTicker(liveBeat)
	defer look.Stop()
	defer beat.Stop()
	for told := ""; ; {
		now := c.moment()
		if now != told {
			told = now
			fmt.Fprintf(w, "event: change\ndata: %s\n\n", now)
			if stream.Flush() != nil {
				return
			}
		}
		select {
		case <-r.Context().Done():
			return
		case <-beat.C:
			fmt.Fprint(w, ": still here\n\n")
			if stream.Flush() != nil {
				return
			}
		case <-look.C:
		}
	}
}

// moment returns a text that differs whenever data that pages show has changed.
func (c *Console) moment() string {
	known, ok := c.desk.Known()
	ready := c.desk.Ready() == nil
	if !ok {
		return fmt.Sprint("reading ", ready)
	}
	return fmt.Sprint(known.Index.Changes(), " ", known.Book.Changes(), " ", ready)
}
