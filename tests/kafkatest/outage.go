package kafkatest

import (
	"context"
	"testing"
	"time"

	"github.com/moby/moby/client"
)

// shutdownTime is what a clean shutdown of the broker may take before Docker kills it.
const shutdownTime = 30 * time.Second

// Stop shuts the broker down cleanly: it hands over, flushes and closes its connections. The test's end starts it
// again. Skips the test where the broker is embedded, as do all methods here.
func (b *Broker) Stop(t testing.TB) {
	t.Helper()
	b.takeAway(t, func(ctx context.Context) error {
		grace := shutdownTime
		return b.container.Stop(ctx, &grace)
	})
}

// Kill ends the broker with SIGKILL, as a crash or a power cut of its process would. The test's end starts it again.
func (b *Broker) Kill(t testing.TB) {
	t.Helper()
	b.takeAway(t, func(ctx context.Context) error {
		id := b.container.GetContainerID()
		if _, err := b.container.engine.ContainerKill(ctx, id, client.ContainerKillOptions{Signal: "KILL"}); err != nil {
			return err
		}
		// Kill does not wait for the end of the process, and a start before it would do nothing.
		now := time.Duration(0)
		return b.container.Stop(ctx, &now)
	})
}

// Start starts a stopped or killed broker with its old address and data, and returns when it serves. It does nothing
// to one that runs.
func (b *Broker) Start(t testing.TB) {
	t.Helper()
	b.RequireReal(t)
	b.must(t, "start", b.bringBack)
}

// Restart stops the broker cleanly and starts it again.
func (b *Broker) Restart(t testing.TB) {
	t.Helper()
	b.Stop(t)
	b.Start(t)
}

// Pause freezes the broker (SIGSTOP to all its threads): its connections stay open and nothing answers on them, as
// behind a network that drops packets. The test's end resumes it.
func (b *Broker) Pause(t testing.TB) {
	t.Helper()
	b.takeAway(t, func(ctx context.Context) error {
		_, err := b.container.engine.ContainerPause(ctx, b.container.GetContainerID(), client.ContainerPauseOptions{})
		return err
	})
}

// Resume ends a Pause and returns when the broker serves.
func (b *Broker) Resume(t testing.TB) { t.Helper(); b.Start(t) }

// takeAway makes the broker unavailable and sees to it that the next test finds it running.
func (b *Broker) takeAway(t testing.TB, how func(context.Context) error) {
	t.Helper()
	b.RequireReal(t)
	t.Cleanup(func() { b.must(t, "bring back", b.bringBack) })
	b.must(t, "take away", how)
}

// bringBack makes the broker serve again, whatever was done to it.
func (b *Broker) bringBack(ctx context.Context) error {
	state, err := b.container.Inspect(ctx)
	if err != nil {
		return err
	}
	switch {
	case state.State.Paused:
		_, err = b.container.engine.ContainerUnpause(ctx, b.container.GetContainerID(), client.ContainerUnpauseOptions{})
	case !state.State.Running:
		err = b.container.Start(ctx)
	}
	if err != nil {
		return err
	}
	return b.awaitReady(ctx)
}

// must runs one step on the broker. The test's own context is no use here: it is over when clean-up runs.
func (b *Broker) must(t testing.TB, what string, step func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := step(ctx); err != nil {
		t.Fatalf("%s the broker: %v", what, err)
	}
}
