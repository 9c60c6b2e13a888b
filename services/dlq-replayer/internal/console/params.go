package console

import (
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/query"
)

// maxParam bounds one value of a query string, in bytes: the longest appointment id.
const maxParam = 256 * utf8.UTFMax

// queryOf reads the filter of a query string or a form. The error is an
// *query.Error.
func queryOf(v url.Values) (query.Query, error) {
	q := query.Query{
		Channels: given(v["channel"]), Classes: given(v["class"]), Codes: given(v["code"]), Statuses: given(v["status"]),
		Text: one(v, "text"), Appointment: one(v, "appointment"), Since: one(v, "since"), Until: one(v, "until"),
		Names: given(v["id"]),
	}
	if s := one(v, "partition"); s != "" {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil || n < 0 {
			return q, &query.Error{Field: "partition", Problem: "must be a number of a partition"}
		}
		p := int32(n)
		q.Partition = &p
	}
	if s := one(v, "offset"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 {
			return q, &query.Error{Field: "offset", Problem: "must be a number"}
		}
		q.Offset = &n
	}
	return q, nil
}

// known refuses unknown parameters. A filter that is not understood would select
// everything.
func known(v url.Values) error {
	for name := range v {
		switch name {
		case "channel", "class", "code", "status", "text", "appointment", "since", "until", "partition", "offset", "id", "page":
		case "selected", "limit", "rate", "reason", "count", "replaying", "accept_duplicate", "job", "bounds", "digest":
		default:
			return &query.Error{Field: mask.Text(clip(name)), Problem: "is nothing that can be asked for"}
		}
	}
	return nil
}

// valuesOf is what queryOf reads.
func valuesOf(q query.Query) url.Values {
	v := make(url.Values)
	all := map[string][]string{
		"channel": q.Channels, "class": q.Classes, "code": q.Codes, "status": q.Statuses, "id": q.Names,
		"text": {q.Text}, "appointment": {q.Appointment}, "since": {q.Since}, "until": {q.Until},
	}
	if q.Partition != nil {
		all["partition"] = []string{strconv.Itoa(int(*q.Partition))}
	}
	if q.Offset != nil {
		all["offset"] = []string{strconv.FormatInt(*q.Offset, 10)}
	}
	for name, values := range all {
		if values = given(values); len(values) > 0 {
			v[name] = values
		}
	}
	return v
}

// given returns the values that are not blank: empty form fields send blank values.
func given(values []string) (kept []string) {
	for _, s := range values {
		if s = strings.TrimSpace(clip(s)); s != "" {
			kept = append(kept, s)
		}
	}
	return kept
}

func one(v url.Values, name string) string { return strings.TrimSpace(clip(v.Get(name))) }

func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxParam)], "") }

// number reads a number from a form. Any other text means the default.
func number(v url.Values, name string, otherwise int) int {
	n, err := strconv.Atoi(one(v, name))
	if err != nil || n < 0 {
		return otherwise
	}
	return n
}

// maxPage is more pages than an index has, and few enough to count their rows.
const maxPage = 1 << 20

// pageOf reads the number of a page. Text that is not a number means the first page.
func pageOf(v url.Values) int { return min(max(1, number(v, "page", 1)), maxPage) }

// limitOf reads a limit; 0, from an empty field, means no limit. Any other text that is
// not a number above zero is refused, because the action would otherwise be applied to
// all dead letters instead of a few.
func limitOf(v url.Values) (int, error) {
	s := one(v, "limit")
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, &query.Error{Field: "limit", Problem: "must be a number above 0; leave it empty for all"}
	}
	return n, nil
}

// boundsText writes the ends of a topic for a hidden field: "0:12,1:33".
func boundsText(bounds map[int32]int64) string {
	var parts []string
	for partition, end := range bounds {
		parts = append(parts, strconv.Itoa(int(partition))+":"+strconv.FormatInt(end, 10))
	}
	return strings.Join(parts, ",")
}

// boundsOf reads what boundsText wrote; ok is false for any other text.
func boundsOf(s string) (bounds map[int32]int64, ok bool) {
	bounds = make(map[int32]int64)
	for part := range strings.SplitSeq(s, ",") {
		partition, end, _ := strings.Cut(part, ":")
		p, err := strconv.ParseInt(partition, 10, 32)
		e, err2 := strconv.ParseInt(end, 10, 64)
		if err != nil || err2 != nil {
			return nil, false
		}
		bounds[int32(p)] = e
	}
	return bounds, true
}
