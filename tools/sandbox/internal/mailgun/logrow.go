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
	entries := a.found(q)
	pagination := map[string]any{}
	if n := len(entries); n == q.Pagination.Limit {
		pagination["next"] = tokenOf(entries[n-1].Seq)
	}
	if twist == script.RepeatToken {
		pagination["next"] = q.Pagination.Token
		if q.Pagination.Token == "" {
			pagination["next"] = tokenOf(q.after)
		}
	}
	if twist == script.Withhold && len(entries) > 0 {
		entries = entries[:len(entries)-1]
	}
	var items []map[string]any // null without rows, as in Mailgun's own answers
	for _, e := range entries {
		items = append(items, logRow(e, twist))
	}
	return jsonAnswer(http.StatusOK, map[string]any{
		"start": q.start.Format(time.RFC1123Z), "end": q.end.Format(time.RFC1123Z), "items": items,
		"pagination": pagination, "aggregates": map[string]any{},
	})
}

func tokenOf(seq uint64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatUint(seq, 10)))
}

// logRow is a row in the shape of Mailgun's description of its Logs API. What
// Events have as an object, user variables, is text here.
func logRow(e journal.Entry, twist string) map[string]any {
	id := e.MessageID
	if twist == script.Brackets {
		id = "<" + id + ">"
	}
	variables, _ := json.Marshal(e.Variables)
	row := map[string]any{
		"id": "log-" + strconv.FormatUint(e.Seq, 10), "event": "accepted", "domain": map[string]any{"name": e.Domain},
		"@timestamp": time.Unix(0, e.Time).UTC().Format("2006-01-02T15:04:05.000Z07:00"),
		"recipient":  e.Recipient, "tags": notNil(e.Tags), "user-variables": string(variables), "method": "HTTP",
		"message": map[string]any{"size": e.Size, "headers": map[string]any{
			"message-id": id, "from": e.From, "to": e.Recipient, "subject": e.Subject,
		}},
	}
	if twist == script.NullFields {
		for _, field := range []string{"tags", "user-variables", "method", "delivery-status", "storage", "flags", "reason", "severity"} {
			row[field] = nil
		}
	}
	return row
}
