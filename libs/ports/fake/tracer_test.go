package fake_test

import (
	"fmt"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/ports/fake"
	"github.com/kafka-notifications/kafka-notifications/libs/ports/portstest"
)

func TestTracer(t *testing.T) {
	portstest.TestTracer(t, func(*testing.T) portstest.TracerHarness {
		tracer := &fake.Tracer{}
		return portstest.TracerHarness{Tracer: tracer, Shown: func() (shown []portstest.ShownSpan) {
			for _, s := range tracer.Spans() {
				if s.Ended > 0 {
					shown = append(shown, portstest.ShownSpan{
						Name: s.Name, ID: s.ID, Parent: s.Parent, Links: s.Links, Began: s.Began, Text: fmt.Sprint(s),
					})
				}
			}
			return shown
		}}
	})
}
