package mailgun

import (
	"regexp"
	"slices"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// Whatever a row says: a receipt names a message and a time, its reason is a word of a
// closed list, and nothing else of the row shows.
func FuzzReceiptRows(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `[]`, `{"event":"delivered","timestamp":1.5e9,"message":{"headers":{"message-id":"<k@mg.example>"}}}`,
		`{"event":"failed","severity":"permanent","reason":"patient@clinic.example","delivery-status":{"code":1e9},"@timestamp":"2031-05-06T10:00:00Z","message":{"headers":{"message-id":"k"}}}`,
		`{"event":"failed","severity":"permanent","delivery-status":{"code":"605"},"timestamp":"1","message":{"headers":{"message-id":"k"}}}`,
		`{"event":"rejected","timestamp":-1,"message":{"headers":{"message-id":"k"}}}`, `{"event":"complained","@timestamp":"yesterday"}`,
		`{"event":"delivered","timestamp":1e18,"message":{"headers":{"message-id":"k"}}}`, `{"event":"delivered","@timestamp":"0001-01-01T00:00:00Z","message":{"headers":{"message-id":"k"}}}`,
	} {
		f.Add([]byte(seed))
	}
	words := append(reasons(), "other", "rejected")
	code := regexp.MustCompile(`^mailgun\.[a-z0-9-]+$`)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, ok := readReceipt(raw)
		if r.Kind == "" {
			if r != (ports.Receipt{}) {
				t.Errorf("%+v without a kind", r)
			}
			return
		}
		failed := r.Kind == domain.ReceiptUndelivered
		if !ok || r.Kind.Rank() == 0 || r.Kind == domain.ReceiptUnconfirmed || r.ProviderID == "" || r.At.Year() < firstYear || r.At.Year() > lastYear {
			t.Errorf("%+v, %t", r, ok)
		}
		if failed != slices.Contains(words, r.Reason) || failed != code.MatchString(r.Code) || !failed && r.Reason+r.Code != "" {
			t.Errorf("%+v", r)
		}
	})
}
