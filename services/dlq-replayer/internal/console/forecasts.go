package console

import (
	"sync"

	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/replay"
)

// maxForecasts is how many previews are remembered until they are confirmed, and
// maxVerdicts how many dead letters they may have in all, at about 100 bytes each; the
// latest preview is always remembered. The job of a forgotten preview lists no changes.
const (
	maxForecasts = 8
	maxVerdicts  = 200_000
)

// forecasts keeps the forecasts that were shown, so that jobs can be compared with
// them. Safe for concurrent use.
type forecasts struct {
	mu       sync.Mutex
	order    []string
	by       map[string]replay.Forecast
	verdicts int
}

// keep remembers the forecast of the preview with that id.
func (f *forecasts) keep(id string, forecast replay.Forecast) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.by == nil {
		f.by = make(map[string]replay.Forecast)
	}
	f.verdicts += len(forecast.Of)
	for len(f.order) > 0 && (len(f.order) >= maxForecasts || f.verdicts > maxVerdicts) {
		f.verdicts -= len(f.by[f.order[0]].Of)
		delete(f.by, f.order[0])
		f.order = f.order[1:]
	}
	f.order, f.by[id] = append(f.order, id), forecast
}

// of returns the forecast of the preview with that id.
func (f *forecasts) of(id string) (replay.Forecast, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	forecast, ok := f.by[id]
	return forecast, ok
}
