package cluster

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// replicas is how many workers each channel has.
const replicas = 2

// worker is one replica, started again whenever it has ended, as Compose and
// Kubernetes do.
type worker struct {
	s        *harness.System
	settings map[string]string
	process  *harness.Process
}

func startWorkers(channels ...*harness.System) (all []*worker) {
	for _, s := range channels {
		for i := range replicas {
			w := &worker{s: s, settings: map[string]string{"KAFKA_GROUP_INSTANCE_ID": fmt.Sprintf("%s-%d", s.Channel, i)}}
			w.start()
			all = append(all, w)
		}
	}
	return all
}

func (w *worker) start() { w.process = w.s.StartWorker(w.settings) }

// kill ends one worker as `kill -9` does and starts it again.
func kill(workers []*worker, random *rand.Rand) {
	w := workers[random.IntN(len(workers))]
	w.process.Kill()
	w.start()
}

// revive starts those again that have ended, and says so.
func revive(t *testing.T, workers []*worker) {
	t.Helper()
	for _, w := range workers {
		if !w.process.Running() {
			t.Logf("a worker of %s ended with %d", w.s.Channel, w.process.Wait(time.Second))
			w.start()
		}
	}
}
