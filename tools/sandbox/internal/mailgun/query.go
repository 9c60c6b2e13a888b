package mailgun

import (
	"errors"
	"math"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
)

// parseQuery reads the parameters of a first page.
//
// Mailgun's rules for the range (user manual, "Events: Time Range"): with both
// ends, a begin later than the end means newest first; with a begin alone, the
// direction must be given, and "no" searches from the begin into the past.
func parseQuery(q url.Values) (cursor, error) {
	c := cursor{Filters: filters(q)}
	var ok bool
	if c.Limit, ok = parseLimit(q.Get("limit")); !ok {
		return c, errors.New("limit must be a number between 1 and 300")
	}
	begin, hasBegin, err := parseTime(q.Get("begin"))
	if err != nil {
		return c, errors.New("begin is not a valid timestamp")
	}
	end, hasEnd, err := parseTime(q.Get("end"))
	if err != nil {
		return c, errors.New("end is not a valid timestamp")
	}
	ascending := q.Get("ascending")
	switch {
	case ascending != "" && ascending != "yes" && ascending != "no":
		return c, errors.New("ascending must be either yes or no")
	case hasBegin && hasEnd && ascending == "yes" && begin > end:
		return c, errors.New("there is a contradiction between the range and ascending")
	case hasBegin && !hasEnd && ascending == "":
		return c, errors.New("ascending must be provided if the range end time is not specified")
	}
	c.setRange(begin, end, hasBegin, hasEnd, ascending == "yes")
	return c, nil
}

func (c *cursor) setRange(begin, end int64, hasBegin, hasEnd, ascending bool) {
	c.Begin, c.End, c.Descend = 0, math.MaxInt64, !ascending
	switch {
	case hasBegin && hasEnd:
		c.Begin, c.End, c.Descend = min(begin, end), max(begin, end), begin > end
	case hasBegin && ascending:
		c.Begin = begin
	case hasBegin:
		c.End = begin
	case hasEnd && ascending:
		c.End = end
	case hasEnd:
		c.Begin = end
	}
}

// parseTime reads epoch seconds, with or without decimals, or RFC 2822.
func parseTime(s string) (nanos int64, given bool, err error) {
	if s == "" {
		return 0, false, nil
	}
	if seconds, err := strconv.ParseFloat(s, 64); err == nil {
		return int64(seconds * float64(time.Second)), true, nil
	}
	t, err := mail.ParseDate(s)
	return t.UnixNano(), true, err
}

func filters(q url.Values) map[string]string {
	found := map[string]string{}
	for name := range q {
		if !slices.Contains([]string{"begin", "end", "ascending", "limit", "pretty"}, name) && q.Get(name) != "" {
			found[name] = q.Get(name)
		}
	}
	return found
}

// matchesAll applies the filters; a field that Mailgun does not know, or that
// an accepted event does not have, matches nothing.
func matchesAll(h journal.Happening, filters map[string]string) bool {
	for field, expression := range filters {
		if !slices.ContainsFunc(fieldValues(h, field), func(v string) bool { return matches(v, expression) }) {
			return false
		}
	}
	return true
}

func fieldValues(h journal.Happening, field string) []string {
	e := h.Entry
	switch field {
	case "event":
		return []string{eventOf(h.Turn)}
	case "severity":
		return []string{severityOf(h.Turn)}
	case "message-id":
		return []string{e.MessageID}
	case "recipient", "recipients", "to":
		return []string{e.Recipient}
	case "from":
		return []string{e.From, bareAddress(e.From)}
	case "subject":
		return []string{e.Subject}
	case "tags", "tag":
		return e.Tags
	}
	return nil
}

// matches applies a filter expression: alternatives with OR, NOT before a
// value, quotes around words.
func matches(value, expression string) bool {
	for alternative := range strings.SplitSeq(expression, " OR ") {
		want := strings.Trim(alternative, `() `)
		rest, negated := strings.CutPrefix(want, "NOT ")
		if strings.EqualFold(value, strings.Trim(rest, `"`)) != negated {
			return true
		}
	}
	return false
}
