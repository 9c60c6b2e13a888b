package mailgun_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// entry is one row of what Mailgun recorded.
type entry struct {
	domain, messageID, event string
	at                       time.Time
	more                     map[string]any
}

// book is what Mailgun recorded, as Events and Logs tell it.
type book struct {
	mu       sync.Mutex
	key      string
	entries  []entry
	accepted int
	loops    bool
}

// accept returns the id of a message that Mailgun took.
func (b *book) accept(left time.Time) string {
	b.mu.Lock()
	b.accepted++
	id := fmt.Sprintf("k%d@mg.clinic.example", b.accepted)
	b.mu.Unlock()
	if !left.IsZero() {
		b.write(entry{messageID: id, event: "accepted", at: left})
	}
	return id
}

func (b *book) write(e entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e.domain = cmp.Or(e.domain, "mg.clinic.example")
	b.entries = append(b.entries, e)
}

// tell writes a receipt as Mailgun does; bare leaves nothing in it that need not
// be there.
func (b *book) tell(r ports.Receipt, bare bool) {
	e := entry{messageID: r.ProviderID, at: r.At, more: map[string]any{}}
	switch code := strings.TrimPrefix(r.Code, "mailgun."); {
	case r.Kind == domain.ReceiptDelivered:
		e.event = "delivered"
	case r.Kind == domain.ReceiptComplained:
		e.event = "complained"
	case r.Reason == "rejected":
		e.event = "rejected"
	default:
		number, _ := strconv.Atoi(code)
		e.event = "failed"
		e.more["severity"], e.more["reason"], e.more["delivery-status"] = "permanent", r.Reason, map[string]any{"code": number, "message": nil}
	}
	for _, field := range []string{"recipient", "tags", "user-variables", "flags", "storage", "delivery-status", "severity", "reason"} {
		if _, set := e.more[field]; bare && !set {
			e.more[field] = nil
		}
	}
	b.write(e)
}

// interim writes that an attempt failed for now.
func (b *book) interim(id string, at time.Time) {
	b.write(entry{messageID: id, at: at, event: "failed", more: map[string]any{
		"severity": "temporary", "reason": "generic", "delivery-status": map[string]any{"code": 421, "retry-seconds": 600},
	}})
}

// page returns the rows after a place, up to limit, and where the next ones are.
func (b *book) page(want func(entry) bool, after string, limit int) (page []entry, next string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	rows := slices.Clone(b.entries)
	slices.SortStableFunc(rows, func(x, y entry) int { return x.at.Compare(y.at) })
	for _, e := range rows {
		if (b.loops || place(e) > after) && want(e) && len(page) < limit {
			page = append(page, e)
		}
	}
	if b.loops {
		return page, "loop"
	}
	if len(page) > 0 {
		next = place(page[len(page)-1])
	}
	return page, next
}

// place orders rows; those of one instant by message and event.
func place(e entry) string { return fmt.Sprintf("%020d", e.at.UnixNano()) + e.messageID + e.event }

func (b *book) answer(w http.ResponseWriter, r request) {
	switch {
	case r.Key != b.key:
		http.Error(w, "Forbidden", http.StatusUnauthorized)
	case r.Path == logsPath:
		b.logs(w, r.Body)
	default:
		b.events(w, r)
	}
}

func (b *book) events(w http.ResponseWriter, r request) {
	q := func(name string) string { return strings.Join(r.Query[name], "") }
	where, token, _ := strings.Cut(strings.TrimPrefix(r.Path, "/v3/"), "/events")
	token, _ = strings.CutPrefix(token, "/")
	begin, beginErr := mail.ParseDate(q("begin"))
	end, endErr := mail.ParseDate(cmp.Or(q("end"), time.Now().Add(time.Hour).Format(time.RFC1123Z)))
	limit, limitErr := strconv.Atoi(q("limit"))
	if beginErr != nil || endErr != nil || limitErr != nil || limit > 300 || q("ascending") != "yes" {
		http.Error(w, `{"message":"not understood"}`, http.StatusBadRequest)
		return
	}
	page, next := b.page(func(e entry) bool {
		return e.domain == where && !e.at.Before(begin) && !e.at.After(end) && (q("message-id") == "" || q("message-id") == e.messageID) &&
			slices.Contains(strings.Split(q("event"), " OR "), e.event)
	}, token, limit)
	items := []any{}
	for _, e := range page {
		items = append(items, e.row(map[string]any{"timestamp": float64(e.at.UnixMicro()) / 1e6}))
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"items": items, "paging": map[string]string{"next": "https://api.mailgun.example/v3/" + where + "/events/" + cmp.Or(next, token) + "?" + r.RawQuery},
	})
}

func (b *book) logs(w http.ResponseWriter, body string) {
	var q search
	err := json.Unmarshal([]byte(body), &q)
	start, startErr := time.Parse(time.RFC1123Z, q.Start)
	end, endErr := time.Parse(time.RFC1123Z, cmp.Or(q.End, time.Now().Add(time.Hour).Format(time.RFC1123Z)))
	if err != nil || startErr != nil || endErr != nil || q.Pagination.Limit > 100 || q.value("domain") == "" {
		http.Error(w, `{"message":"not understood"}`, http.StatusBadRequest)
		return
	}
	if time.Since(start) > eventsRetention {
		http.Error(w, `{"message":"the start is outside of the log retention of the account"}`, http.StatusBadRequest)
		return
	}
	page, next := b.page(func(e entry) bool {
		return !e.at.Before(start) && !e.at.After(end) && (q.value("message_id") == "" || q.value("message_id") == e.messageID) &&
			(len(q.Events) == 0 || slices.Contains(q.Events, e.event))
	}, q.Pagination.Token, q.Pagination.Limit)
	var rows []string
	for _, e := range page {
		row, _ := json.Marshal(e.row(map[string]any{
			"@timestamp": e.at.UTC().Format("2006-01-02T15:04:05.000Z07:00"), "domain": map[string]any{"name": e.domain},
		}))
		rows = append(rows, string(row))
	}
	if len(page) < q.Pagination.Limit && next != "loop" {
		next = ""
	}
	_, _ = w.Write([]byte(logsAnswer(next, rows...)))
}

// row is the entry with what one of the APIs adds.
func (e entry) row(own map[string]any) map[string]any {
	row := map[string]any{"id": "E", "event": e.event, "message": map[string]any{"headers": map[string]any{"message-id": "<" + e.messageID + ">"}}}
	for _, more := range []map[string]any{own, e.more} {
		for field, value := range more {
			row[field] = value
		}
	}
	return row
}
