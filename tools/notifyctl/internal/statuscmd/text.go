package statuscmd

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// writeText prints the report for people. Texts from outside are quoted where
// they hold anything that could disturb a terminal.
func writeText(w io.Writer, r *Report) {
	fmt.Fprintf(w, "appointment %s\n", plain(r.Appointment))
	if r.empty() {
		fmt.Fprintln(w, "\nnothing is known: it was never published, or longer ago than the topics keep")
		return
	}
	writeEvents(w, r.Events)
	for _, ch := range r.Channels {
		writeChannel(w, ch, r)
	}
	writeDeadLetters(w, r.DeadLetters)
}

func writeEvents(w io.Writer, events []Event) {
	fmt.Fprintln(w, "\npublished")
	if len(events) == 0 {
		fmt.Fprintln(w, "  no event is on the source topic any more")
	}
	for _, e := range events {
		fmt.Fprintf(w, "  %s  %s%s\n", stamp(e.Time), where(e.Place), about(e))
	}
}

// about tells what an event asks for.
func about(e Event) string {
	var parts []string
	if e.AppointmentTime != nil {
		asks := "asks for nothing"
		if len(e.Requested) > 0 {
			names := make([]string, len(e.Requested))
			for i, ch := range e.Requested {
				names[i] = string(ch)
			}
			asks = "asks for " + strings.Join(names, " and ")
		}
		parts = append(parts, asks, "appointment at "+e.AppointmentTime.Format(time.RFC3339))
	}
	if e.Revision != nil {
		parts = append(parts, "revision "+strconv.FormatInt(*e.Revision, 10))
	}
	if e.Invalid != "" {
		parts = append(parts, "breaks the contract ("+plain(e.Invalid)+")")
	}
	return "  " + strings.Join(parts, ", ")
}

func writeChannel(w io.Writer, ch Channel, r *Report) {
	fmt.Fprintf(w, "\n%s\n", ch.Channel)
	if len(ch.Notifications) == 0 {
		fmt.Fprintln(w, "  "+silent(ch.Channel, r))
	}
	for _, n := range ch.Notifications {
		fmt.Fprintf(w, "  %s: %s\n", strings.ToUpper(n.State), meaning(n))
		fmt.Fprintf(w, "    for %s, reference %s\n", where(n.Source), n.Reference)
		for _, e := range n.History {
			fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("    %s  %-8s%s", stamp(e.At), e.Kind, remark(e)), " "))
		}
	}
}

// silent tells why a ledger may know nothing.
func silent(ch domain.Channel, r *Report) string {
	for _, d := range r.DeadLetters {
		if d.Channel == ch {
			return "never claimed: dead-lettered before any send, see below"
		}
	}
	for _, e := range r.Events {
		for _, requested := range e.Requested {
			if requested == ch {
				return "nothing recorded: the worker has not reached the event yet, or skipped it (appointment past, event too old)"
			}
		}
	}
	return "nothing recorded and not asked for"
}

// meaning says in a sentence what a state means for the patient.
func meaning(n *Notification) string {
	switch n.State {
	case "sent":
		return "the provider accepted it, id " + plain(n.ProviderID)
	case "claimed":
		return "being sent, or its worker died; the provider is asked before anything is sent again"
	case "failed":
		return "not accepted (" + plain(n.Code) + "); tried again by a retry, a replay or a duplicate"
	case "noted":
		return "ended without a send (" + plain(n.Code) + ")"
	case "unknown":
		return "nobody can tell whether it was accepted (" + plain(n.Code) + "); a person has to decide, see the dead letters"
	}
	return "recorded only by a worker that had been replaced, which sends nothing on the strength of it"
}

func remark(e Entry) string {
	text := ""
	if e.Code != "" {
		text = " " + plain(e.Code)
	}
	if e.Void {
		text += " (void: its writer had been replaced)"
	}
	return text
}

func writeDeadLetters(w io.Writer, letters []DeadLetter) {
	if len(letters) == 0 {
		return
	}
	fmt.Fprintln(w, "\ndead letters")
	for _, d := range letters {
		standing := "open"
		if !d.Open {
			standing = "closed"
		}
		fmt.Fprintf(w, "  %s  %s  %s (%s), %d attempts, %s: %s\n",
			stamp(d.FailedAt), plain(string(d.Channel)), plain(string(d.Class)), plain(d.Code), d.Attempts, standing, plain(d.Message))
		fmt.Fprintf(w, "    id %s, for %s\n", plain(d.ID), where(d.Source))
		if d.Resolution != "" {
			fmt.Fprintf(w, "    %s\n", plain(d.Resolution))
		}
	}
}

func where(p Place) string {
	return fmt.Sprintf("%s partition %d offset %d", plain(p.Topic), p.Partition, p.Offset)
}

func stamp(t time.Time) string { return t.Format("2006-01-02 15:04:05Z") }

// plain returns s, quoted when it holds what a terminal might act on.
func plain(s string) string {
	if quoted := strconv.Quote(s); quoted != `"`+s+`"` {
		return quoted
	}
	return s
}
