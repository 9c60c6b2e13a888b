package ports_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

const wellFormed = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestTraceContextID(t *testing.T) {
	zeros := strings.Repeat("0", 32)
	for parent, want := range map[string]bool{
		wellFormed:                    true,
		"00" + wellFormed[2:54] + "0": true,
		"01" + wellFormed[2:] + "-what comes later": true,
		"cc" + wellFormed[2:]:                       true,
		"":                                          false,
		wellFormed[:54]:                             false,
		wellFormed + "-more":                        false, // version 00 ends here
		"01" + wellFormed[2:] + "more":              false,
		"ff" + wellFormed[2:]:                       false,
		strings.ToUpper(wellFormed):                 false,
		"00-" + zeros + wellFormed[35:]:             false,
		wellFormed[:36] + zeros[:16] + "-01":        false,
		strings.ReplaceAll(wellFormed, "-", "_"):    false,
		wellFormed[:53] + "0g":                      false,
		"00-mara.lind@patients.example-b7ad6b7169203331-01-xxxx": false,
	} {
		if _, ok := (ports.TraceContext{Parent: parent}).ID(); ok != want {
			t.Errorf("%q: well formed %v, want %v", parent, ok, want)
		}
	}
}

func TestTraceContextIsReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var id ports.TraceID
		copy(id.Trace[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "trace"))
		copy(id.Span[:], rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "span"))
		id.Trace[15] |= 1
		id.Span[0] |= 1
		id.Flags = rapid.Byte().Draw(t, "flags")
		c := id.Context()
		c.State = "vendor=1"
		read, ok := ports.TraceOf(append([]ports.Header{{Key: "traceparent", Value: []byte("an older one")}}, c.Headers()...)).ID()
		if !ok || read != id {
			t.Fatalf("%+v was read as %+v (%v) from %q", id, read, ok, c.Parent)
		}
	})
}
