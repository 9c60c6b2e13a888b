package statuscmd

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/history"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
)

// writeText prints a history for people. Texts from outside are quoted if they contain
// characters that could disturb a terminal.
func writeText(w io.Writer, a *history.Appointment) {
	fmt.Fprintf(w, "appointment %s\n", plain(a.ID))
	if a.Empty() {
		fmt.Fprintln(w, "\nnothing is known: it was never published, or longer ago than the topics keep")
		return
	}
	writeEvents(w, a.Events)
	for _, ch := range a.Channels {
		writeChannel(w, ch)
		writeReceipts(w, ch.Channel, a.Receipts)
	}
	writeDeadLetters(w, a.DeadLetters)
}

func writeEvents(w io.Writer, events []history.Event) {
	fmt.Fprintln(w, "\npublished")
	if len(events) == 0 {
		fmt.Fprintln(w, "  no event is on the source topic any more")
	}
	for _, e := range events {
		fmt.Fprintf(w, "  %s  %s%s\n", stamp(e.Time), where(e.Place), about(e))
	}
}

// about describes the request of an event.
func about(e history.Event) string {
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

func writeChannel(w io.Writer, ch history.Channel) {
	fmt.Fprintf(w, "\n%s\n", ch.Channel)
	if len(ch.Notifications) == 0 {
		fmt.Fprintln(w, "  "+silent(ch.Silence))
	}
	for _, n := range ch.Notifications {
		fmt.Fprintf(w, "  %s: %s\n", strings.ToUpper(string(n.State)), meaning(n))
		fmt.Fprintf(w, "    for %s, reference %s\n", where(n.Source), n.Reference)
		for _, e := range n.History {
			fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("    %s  %-8s%s", stamp(e.At), e.Kind, remark(e)), " "))
		}
	}
}

// writeReceipts prints the receipts of one channel.
func writeReceipts(w io.Writer, ch domain.Channel, all []history.Receipt) {
	for _, r := range all {
		if r.Channel == ch {
			fmt.Fprintf(w, "  %s: %s\n    %s, for %s, id %s\n", strings.ToUpper(string(r.Kind)), fate(r), stamp(r.At.UTC()), where(r.Source), plain(r.ProviderID))
		}
	}
}

// fate returns the meaning of a receipt in a sentence.
func fate(r history.Receipt) string {
	switch r.Kind {
	case domain.ReceiptDelivered:
		return "the recipient's side took it"
	case domain.ReceiptUndelivered:
		why := strings.TrimSpace(r.Reason + " " + r.Code)
		if why == "" {
			why = "no reason given"
		}
		return "it did not arrive and never will (" + plain(why) + "); reach the patient another way"
	case domain.ReceiptComplained:
		return "the recipient called it unwanted"
	case domain.ReceiptUnconfirmed:
		return "the provider said nothing final of it"
	}
	return "told by a newer build"
}

// silent returns the reason of a ledger's silence in a sentence.
func silent(why history.Silence) string {
	switch why {
	case history.NeverClaimed:
		return "never claimed: dead-lettered before any send, see below"
	case history.NotRecorded:
		return "nothing recorded: the worker has not reached the event yet, or skipped it (appointment past, event too old)"
	case history.NotAsked:
	}
	return "nothing recorded and not asked for"
}

// meaning returns in a sentence what a state means for the patient.
func meaning(n *history.Notification) string {
	switch n.State {
	case ledger.KindSent:
		return "the provider accepted it, id " + plain(n.ProviderID)
	case ledger.KindClaimed:
		return "being sent, or its worker died; the provider is asked before anything is sent again"
	case ledger.KindFailed:
		return "not accepted (" + plain(n.Code) + "); tried again by a retry, a replay or a duplicate"
	case ledger.KindNoted:
		return "ended without a send (" + plain(n.Code) + ")"
	case ledger.KindUnknown:
		return "it is not known whether it was accepted (" + plain(n.Code) + "); a person has to decide, see the dead letters"
	case ledger.KindFence, history.None:
	}
	return "recorded only by a worker that had been replaced, which sends nothing on the strength of it"
}

func remark(e history.Entry) string {
	text := ""
	if e.Code != "" {
		text = " " + plain(e.Code)
	}
	if e.Void {
		text += " (void: its writer had been replaced)"
	}
	return text
}

func writeDeadLetters(w io.Writer, letters []history.DeadLetter) {
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
		if d.Resolution != nil {
			fmt.Fprintf(w, "    %s\n", plain(ending(d.Resolution)))
		}
	}
}

// ending returns the resolution of a dead letter in words.
func ending(r *envelope.Resolution) string {
	text := string(r.Status)
	for _, more := range []string{r.Reason, r.Code} {
		if more != "" {
			text += " (" + more + ")"
		}
	}
	return text + " at " + r.At.UTC().Format(time.RFC3339)
}

func where(p history.Place) string {
	return fmt.Sprintf("%s partition %d offset %d", plain(p.Topic), p.Partition, p.Offset)
}

func stamp(t time.Time) string { return t.Format("2006-01-02 15:04:05Z") }

// plain returns s, quoted if it contains characters that a terminal might act on.
func plain(s string) string {
	if quoted := strconv.Quote(s); quoted != `"`+s+`"` {
		return quoted
	}
	return s
}
