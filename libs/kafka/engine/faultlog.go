package engine

import (
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"go.uber.org/zap"
)

// faultRhythm is how often a lasting fault is logged again.
const faultRhythm = 10 * time.Minute

// faultLog logs a fault once, again when the error changes or the fault lasts, and once
// when it is over.
type faultLog struct {
	log *zap.Logger

	mu    sync.Mutex
	known map[string]*told
}

func newFaultLog(log *zap.Logger) *faultLog {
	return &faultLog{log: log, known: map[string]*told{}}
}

// told is what was last logged about one fault.
type told struct {
	err   *kerr.Error
	at    time.Time
	since int
}

// failed logs err if it is new or has lasted. what names the thing that fails.
func (f *faultLog) failed(what string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var code *kerr.Error
	_ = errors.As(err, &code) // stays nil if the error is not a broker's
	last, known := f.known[what]
	if known && last.err == code && time.Since(last.at) < faultRhythm {
		last.since++
		return
	}
	fields := []zap.Field{zap.String("what", what), zap.Error(err)}
	if known {
		fields = append(fields, zap.Int("failures_not_logged", last.since))
	}
	f.log.Warn("failed, and is tried again with growing pauses", fields...)
	f.known[what] = &told{err: code, at: time.Now()}
}

// works logs that what works again, if it had failed.
func (f *faultLog) works(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.known[what]; known {
		delete(f.known, what)
		f.log.Info("works again", zap.String("what", what))
	}
}
