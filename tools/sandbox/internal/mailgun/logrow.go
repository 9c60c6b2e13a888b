package mailgun

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/internal/exchange"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

// logsPage makes one page, perhaps one that is not as it should be.
func (a *API) logsPage(q *search, twist string) exchange.Answer {
	rows := a.found(q)
	pagination := map[string]any{}
	if n := len(rows); n == q.Pagination.Limit {
		pagination["next"] = tokenOf(rows[n-1].Place())
	}
	if twist == script.RepeatToken {
		pagination["next"] = q.Pagination.Token
		if q.Pagination.Token == "" {
			pagination["next"] = tokenOf(q.after)
		}
	}
	if twist == script.Withhold && len(rows) > 0 {
		rows = rows[:len(rows)-1]
	}
	var items []map[string]any // null without rows, as in Mailgun's own answers
	for _, h := range rows {
		items = append(items, logRow(h, twist))
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"start": q.start.Format(time.RFC1123Z), "end": q.end.Format(time.RFC1123Z), "items": items,
		"pagination": pagination, "aggregates": map[string]any{},
	})
}

func tokenOf(p journal.Place) string {
	b, _ := json.Marshal(p)
	return base64.RawURLEncoding.EncodeToString(b)
}

// logRow is a row in the shape of Mailgun's description of its Logs API. What
// Events have as an object, user variables, is text here.
func logRow(h journal.Happening, twist string) map[string]any {
	e, id := h.Entry, h.Entry.MessageID
	if twist == script.Brackets {
		id = "<" + id + ">"
	}
	variables, _ := json.Marshal(e.Variables)
	row := map[string]any{
		"id": "log-" + strconv.FormatUint(e.Seq, 10) + "-" + strconv.Itoa(h.N), "event": eventOf(h.Turn), "domain": map[string]any{"name": e.Domain},
		"@timestamp": time.Unix(0, h.At()).UTC().Format("2006-01-02T15:04:05.000Z07:00"),
		"recipient":  e.Recipient, "tags": notNil(e.Tags), "user-variables": string(variables), "method": "HTTP",
		"message": map[string]any{"size": e.Size, "headers": map[string]any{
			"message-id": id, "from": e.From, "to": e.Recipient, "subject": e.Subject,
		}},
	}
	if status := statusOf(h.Turn); status != nil {
		row["delivery-status"] = status
	}
	if severityOf(h.Turn) != "" {
		row["severity"], row["reason"], row["flags"] = severityOf(h.Turn), reasonOf(h.Turn), flags{Authenticated: true, DelayedBounce: h.Turn.Late}
	}
	if twist == script.NullFields {
		bare(row)
	}
	return row
}

// bare sets all optional members of a row to null, except those that identify its
// message.
func bare(row map[string]any) {
	for _, field := range []string{"tags", "user-variables", "method", "recipient", "storage", "flags"} {
		row[field] = nil
	}
	if row["event"] != "failed" {
		for _, field := range []string{"delivery-status", "reason", "severity"} {
			row[field] = nil
		}
	}
}
