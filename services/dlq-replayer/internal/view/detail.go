package view

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// Header is one record header.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Detail is one dead letter with its content.
type Detail struct {
	Row
	Headers []Header `json:"headers"`
	Payload string   `json:"payload"`
	// Hidden is the reason why the payload is not shown; empty if it is shown.
	Hidden string `json:"payload_hidden,omitempty"`
}

// Detail returns the view of a dead letter with its record.
func (v *Viewer) Detail(item index.Item, r *kgo.Record) Detail {
	d := Detail{Row: v.Row(item)}
	block := blockStart(item, r.Headers)
	for i, h := range r.Headers {
		d.Headers = append(d.Headers, Header{Name: v.text(h.Key), Value: v.header(h, i >= block)})
	}
	d.Payload, d.Hidden = v.payload(r.Value)
	return d
}

// blockStart returns the index of the first header of our own block, which contains no
// recipient.
func blockStart(item index.Item, headers []kgo.RecordHeader) int {
	start := len(headers)
	for i, h := range headers {
		if item.Fault == "" && h.Key == envelope.HeaderVersion {
			start = i
		}
	}
	return start
}

// header returns a header's value: as text, as a number that other tools write in 4 or
// 8 bytes, or as its size.
func (v *Viewer) header(h kgo.RecordHeader, ours bool) string {
	switch {
	case ours && strings.HasPrefix(h.Key, "dlq-"):
		return mask.Printable(string(h.Value))
	case isText(h.Value) && !v.reveal:
		return mask.Member(h.Key, string(h.Value))
	case isText(h.Value):
		return mask.Printable(string(h.Value))
	case len(h.Value) == 4:
		return fmt.Sprintf("%d (binary)", int32(binary.BigEndian.Uint32(h.Value))) //nolint:gosec // two's complement is meant
	case len(h.Value) == 8:
		return fmt.Sprintf("%d (binary)", int64(binary.BigEndian.Uint64(h.Value))) //nolint:gosec // two's complement is meant
	case v.reveal:
		return "base64 " + base64.StdEncoding.EncodeToString(h.Value)
	default:
		return fmt.Sprintf("%d bytes, not text", len(h.Value))
	}
}

func isText(b []byte) bool {
	return utf8.Valid(b) && !bytes.ContainsFunc(b, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' })
}

// payload returns the value for people, or the reason why it is not shown.
func (v *Viewer) payload(value []byte) (text, hidden string) {
	switch {
	case value == nil:
		return "", "the record has no value"
	case len(value) == 0:
		return "", "the value is empty"
	case v.reveal:
		return revealed(value), ""
	}
	text, ok := mask.JSON(value)
	if !ok {
		return "", fmt.Sprintf("%d bytes that are not JSON: they cannot be masked and are shown only when revealed", len(value))
	}
	return text, ""
}

func revealed(value []byte) string {
	var indented bytes.Buffer
	switch {
	case json.Indent(&indented, value, "", "  ") == nil && utf8.Valid(value):
		lines := strings.Split(indented.String(), "\n")
		for i := range lines {
			lines[i] = mask.Printable(lines[i])
		}
		return strings.Join(lines, "\n")
	case utf8.Valid(value):
		return mask.Printable(string(value))
	default:
		return "base64 " + base64.StdEncoding.EncodeToString(value)
	}
}
