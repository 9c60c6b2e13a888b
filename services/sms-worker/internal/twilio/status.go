package twilio

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// status holds the members of a message of Twilio's that describe its delivery.
type status struct {
	SID         string  `json:"sid"`
	Status      string  `json:"status"`
	ErrorCode   *int    `json:"error_code"`
	DateCreated *string `json:"date_created"`
	DateSent    *string `json:"date_sent"`
	DateUpdated *string `json:"date_updated"`
}

// readStatus reads a message; ok is false if raw is not a message.
func readStatus(raw []byte) (m status, ok bool) {
	err := json.Unmarshal(raw, &m)
	return m, err == nil && validSID(m.SID) && m.Status != ""
}

// validSID reports whether sid is the id of a message of Twilio's: a service that
// answers in Twilio's place may return other ids, such as SMS-4711. It becomes part of
// paths. Source: Twilio's API description, ^(SM|MM)[0-9a-fA-F]{32}$.
func validSID(sid string) bool {
	return (strings.HasPrefix(sid, "SM") || strings.HasPrefix(sid, "MM")) && len(sid) == 34 && strings.Trim(sid[2:], "0123456789abcdefABCDEF") == ""
}

// receipt returns the message's receipt; zero while it has none, which may be for ever,
// because "sent" can be the last status. otherwise is its time if Twilio names none.
// Source for the statuses: Twilio's API description, message_enum_status.
func (m *status) receipt(otherwise time.Time) ports.Receipt {
	r := ports.Receipt{ProviderID: m.SID, At: otherwise}
	switch m.Status {
	case "delivered", "read":
		r.Kind = domain.ReceiptDelivered
	case "undelivered", "failed", "canceled":
		r.Kind = domain.ReceiptUndelivered
		r.Reason, r.Code = m.why()
	default:
		return ports.Receipt{}
	}
	for _, known := range []*string{m.DateCreated, m.DateSent, m.DateUpdated} {
		if at, ok := date(known); ok {
			r.At = at
		}
	}
	return r
}

// why returns the reason of a failure and its code.
func (m *status) why() (reason, code string) {
	if m.ErrorCode == nil || *m.ErrorCode < 1 || *m.ErrorCode > maxCode {
		return m.Status, name + "." + m.Status
	}
	if reason = reasons()[*m.ErrorCode]; reason == "" {
		reason = "other"
	}
	return reason, codeText(0, *m.ErrorCode)
}

// reasons are names for Twilio's codes of failed messages. Those that begin with
// "account" are not about the recipient: the next message fails as well. The same holds
// for frequent "filtered". Twilio splits codes and adds new ones; an unlisted code is
// "other".
//
// Source: www.twilio.com/docs/api/errors, one page per code.
func reasons() map[int]string {
	return map[int]string{
		21610: "opted-out",
		30001: "queue-overflow",
		30002: "account-suspended",
		30003: "unreachable",
		30004: "blocked",
		30005: "unknown-number",
		30006: "landline",
		30007: "filtered",
		30008: "unknown",
		30032: "account-unverified",
		30034: "account-unregistered",
		30036: "expired",
		30410: "carrier-timeout",
		63038: "account-daily-limit",
	}
}

// firstYear and lastYear bound the times that are accepted: others are implausible, and
// some cannot be written in RFC 3339.
const firstYear, lastYear = 2000, 9998

// date reads a date of Twilio's (RFC 2822).
func date(text *string) (time.Time, bool) {
	if text == nil {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC1123Z, *text)
	at = at.UTC()
	return at, err == nil && at.Year() >= firstYear && at.Year() <= lastYear
}
