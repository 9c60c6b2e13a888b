package receipts

import (
	"context"
	"errors"
	"time"
)

// ErrForgotten means that the log no longer has a message.
var ErrForgotten = errors.New("the log no longer has the message")

// recall reads a message of which only the offset is known from the log again. It
// returns false if there is nothing to write: another id had the same hash, or the log
// no longer has the message.
func (l *Section) recall(ctx context.Context, known Message) (Message, bool) {
	for pause := time.Second; ; pause = min(2*pause, 30*time.Second) {
		m, err := l.w.deps.Log.Recall(ctx, l.number, known.Offset)
		switch {
		case err == nil:
			return m, m.ProviderID == known.ProviderID
		case errors.Is(err, ErrForgotten) || ctx.Err() != nil:
			return Message{}, false
		}
		l.w.deps.Observer.Alert(l.w.cfg.Channel, "receipts.log", "a message whose receipt changed cannot be read again, trying on: "+err.Error())
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return Message{}, false
		}
	}
}
