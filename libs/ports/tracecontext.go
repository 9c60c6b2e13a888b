package ports

import "encoding/hex"

// The headers that carry a TraceContext (W3C Trace Context, level 1).
const (
	HeaderTraceParent = "traceparent"
	HeaderTraceState  = "tracestate"
)

// TraceContext identifies a span to other programs. The zero value identifies no span.
// It is kept as it was read and may be malformed: see ID.
type TraceContext struct{ Parent, State string }

// TraceOf returns the context in headers; of a repeated header the last counts.
func TraceOf(headers []Header) (c TraceContext) {
	for _, h := range headers {
		switch h.Key {
		case HeaderTraceParent:
			c.Parent = string(h.Value)
		case HeaderTraceState:
			c.State = string(h.Value)
		}
	}
	return c
}

// Headers returns the headers that carry c; nil if c names no span.
func (c TraceContext) Headers() []Header {
	if c.Parent == "" {
		return nil
	}
	headers := []Header{{Key: HeaderTraceParent, Value: []byte(c.Parent)}}
	if c.State != "" {
		headers = append(headers, Header{Key: HeaderTraceState, Value: []byte(c.State)})
	}
	return headers
}

// TraceID is a TraceContext in decoded form.
type TraceID struct {
	Trace [16]byte
	Span  [8]byte
	Flags byte
}

// Sampled reports whether the span was recorded.
func (id TraceID) Sampled() bool { return id.Flags&1 != 0 }

// Context returns the context that names id, without a state.
func (id TraceID) Context() TraceContext {
	b := make([]byte, 0, parentLength)
	b = append(b, "00-"...)
	b = hex.AppendEncode(b, id.Trace[:])
	b = append(b, '-')
	b = hex.AppendEncode(b, id.Span[:])
	b = append(b, '-')
	return TraceContext{Parent: string(hex.AppendEncode(b, []byte{id.Flags}))}
}

// parentLength is that of version 00; a later one may be longer.
const parentLength = len("00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")

// ID decodes c; it returns zero and false if c is malformed.
func (c TraceContext) ID() (id TraceID, ok bool) {
	p := c.Parent
	if len(p) < parentLength || p[2] != '-' || p[35] != '-' || p[52] != '-' {
		return id, false
	}
	if len(p) > parentLength && (p[:2] == "00" || p[parentLength] != '-') {
		return id, false
	}
	var version, flags [1]byte
	if !lowerHex(version[:], p[:2]) || !lowerHex(id.Trace[:], p[3:35]) || !lowerHex(id.Span[:], p[36:52]) || !lowerHex(flags[:], p[53:55]) {
		return TraceID{}, false
	}
	if version[0] == 0xff || id.Trace == [16]byte{} || id.Span == [8]byte{} {
		return TraceID{}, false
	}
	id.Flags = flags[0]
	return id, true
}

// lowerHex decodes text, which has twice the length of to. Capitals are not allowed.
func lowerHex(to []byte, text string) bool {
	for i := range len(text) {
		if text[i] >= 'A' && text[i] <= 'F' {
			return false
		}
	}
	_, err := hex.Decode(to, []byte(text))
	return err == nil
}
