package receipts

import (
	"context"
	"errors"
	"time"
)

// ErrForgotten means that the log no longer has a message.
var ErrForgotten = errors.New("the log no longer has the message")

// recall reads again a message of which only the place is known. It reports false
// when there is nothing to write: two ids may share a hash.
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
