package query

import (
	"regexp"
	"strconv"
	"strings"
)

// Command returns the command line of `dlq-replayer` that applies verb to the dead
// letters of q, for a POSIX shell. further are additional flags.
func (q Query) Command(verb string, further ...string) string {
	words := []string{"dlq-replayer", verb}
	for _, name := range q.Names {
		words = append(words, quote(name))
	}
	add := func(flag string, values ...string) {
		for _, value := range values {
			if value != "" {
				words = append(words, "--"+flag, quote(value))
			}
		}
	}
	add("channel", q.Channels...)
	add("class", q.Classes...)
	add("code", q.Codes...)
	add("status", q.Statuses...)
	add("text", q.Text)
	add("appointment", q.Appointment)
	add("since", q.Since)
	add("until", q.Until)
	if q.Partition != nil {
		add("partition", strconv.Itoa(int(*q.Partition)))
	}
	if q.Offset != nil {
		add("offset", strconv.FormatInt(*q.Offset, 10))
	}
	return strings.Join(append(words, further...), " ")
}

// quote quotes s as one word of a shell.
func quote(s string) string {
	if regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9@%+=:,./_-]*$`).MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
