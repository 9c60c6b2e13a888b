package mailgun

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// receiptEvents are the kinds of events that are receipts.
func receiptEvents() []string { return []string{"delivered", "failed", "complained", "rejected"} }

// reasons are Mailgun's reasons for a failed message, from mailgun-go's
// events/enums.go. Mailgun makes no attempt for a suppressed address.
func reasons() []string {
	return []string{
		"unknown", "generic", "bounce", "espblock", "greylisted", "blacklisted",
		"suppress-bounce", "suppress-complaint", "suppress-unsubscribe", "old", "hardfail",
	}
}

// suppressed returns the reason for Mailgun's own codes of suppressed addresses.
func suppressed(code int) string {
	switch code {
	case 605:
		return "suppress-bounce"
	case 606:
		return "suppress-unsubscribe"
	case 607:
		return "suppress-complaint"
	}
	return ""
}

// outcomeRow is an event about a message's delivery. The timestamp is in seconds since
// 1970 in Events, and RFC 3339 in Logs; every member may be null.
type outcomeRow struct {
	row
	Seconds  json.Number `json:"timestamp"`
	Instant  string      `json:"@timestamp"`
	Severity string      `json:"severity"`
	Reason   string      `json:"reason"`
	Status   struct {
		Code json.RawMessage `json:"code"`
	} `json:"delivery-status"`
}

// readReceipt reads a row. ok is false if the row is a final event that cannot be
// understood. The receipt is zero if the row is not a final event.
//
// A permanent failure revokes a delivery, whether or not it is marked as a delayed
// bounce. Temporary failures, and those that are internal to Mailgun, are not receipts.
func readReceipt(raw json.RawMessage) (r ports.Receipt, ok bool) {
	var o outcomeRow
	if json.Unmarshal(raw, &o) != nil {
		return ports.Receipt{}, false
	}
	switch {
	case o.Event == "delivered":
		r.Kind = domain.ReceiptDelivered
	case o.Event == "complained":
		r.Kind = domain.ReceiptComplained
	case o.Event == "rejected":
		r = ports.Receipt{Kind: domain.ReceiptUndelivered, Reason: "rejected", Code: name + ".rejected"}
	case o.Event == "failed" && o.Severity == "permanent":
		r.Kind = domain.ReceiptUndelivered
		r.Reason, r.Code = o.why()
	default:
		interim := o.Severity == "temporary" || o.Severity == "internal"
		return ports.Receipt{}, o.Event != "" && (o.Event != "failed" || interim)
	}
	var known bool
	r.ProviderID = strings.Trim(o.Message.Headers.MessageID, "<>")
	r.At, known = o.at()
	if r.ProviderID == "" || !known {
		return ports.Receipt{}, false
	}
	return r, true
}

// why returns the reason of a permanent failure, from a closed list, and its code.
func (o *outcomeRow) why() (reason, code string) {
	number, _ := strconv.Atoi(string(bytes.Trim(o.Status.Code, `"`)))
	reason = o.Reason
	if word := suppressed(number); word != "" {
		reason = word
	}
	if !slices.Contains(reasons(), reason) {
		reason = "other"
	}
	if number < 1 || number > 999 {
		return reason, name + "." + reason
	}
	return reason, name + "." + strconv.Itoa(number)
}

// firstYear and lastYear bound the times that are accepted: others are implausible, and
// some cannot be written in RFC 3339.
const firstYear, lastYear = 2000, 9998

// at returns the time of the event, on Mailgun's clock.
func (o *outcomeRow) at() (time.Time, bool) {
	at, err := time.Parse(time.RFC3339Nano, o.Instant)
	if o.Instant == "" {
		var seconds float64
		seconds, err = o.Seconds.Float64()
		at = time.UnixMicro(int64(math.Round(seconds * 1e6)))
	}
	at = at.UTC()
	return at, err == nil && at.Year() >= firstYear && at.Year() <= lastYear
}
