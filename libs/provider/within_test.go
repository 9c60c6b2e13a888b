package provider_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

func TestTheEarlierDeadlineEndsACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct{ own, timeout, want time.Duration }{
			{own: 0, timeout: time.Minute, want: time.Minute}, // no deadline of its own
			{own: time.Hour, timeout: time.Minute, want: time.Minute},
			{own: time.Minute, timeout: time.Minute, want: time.Minute},
			{own: time.Second, timeout: time.Minute, want: time.Second},
			{own: -time.Second, timeout: time.Minute, want: 0},
		} {
			ctx := t.Context()
			if c.own != 0 {
				var end context.CancelFunc
				ctx, end = context.WithTimeout(ctx, c.own)
				defer end()
			}
			begun := time.Now()
			within, cancel := provider.Within(ctx, c.timeout)
			<-within.Done()
			if took := time.Since(begun); took != c.want || within.Err() != context.DeadlineExceeded {
				t.Errorf("%+v: over after %s, %v", c, took, within.Err())
			}
			cancel()
		}
	})
}
