package console

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/history"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/mask"
)

// channelStory is the state of an appointment on one channel.
type channelStory struct {
	Channel string
	// State is one of ours, for the colour; Text is a sentence.
	State, Text string
}

// happening is an entry of the timeline.
type happening struct {
	At time.Time
	// Channel is empty if the entry belongs to no channel.
	Channel string
	// Kind is one word, for the colour.
	Kind, Text string
	// Letter is the id of the dead letter that the entry is about.
	Letter string
	// Void is set on records that do not count.
	Void bool
}

// channelStories returns the state of the appointment on each channel.
func channelStories(a *history.Appointment) (stories []channelStory) {
	for _, ch := range a.Channels {
		s := channelStory{Channel: string(ch.Channel), State: string(ch.Silence)}
		switch {
		case len(ch.Notifications) > 0:
			last := ch.Notifications[len(ch.Notifications)-1]
			s.State, s.Text = string(last.State), stateText(last.State)
			if last.Reference != "" {
				s.Text = strings.TrimSuffix(s.Text, ".") + " (reference " + last.Reference + ")."
			}
			if told := receiptOf(a, last.ProviderID); told != nil {
				s.State, s.Text = string(told.Kind), s.Text+" "+receiptText(*told)
			}
		case ch.Silence == history.NotAsked:
			s.Text = "No event asks for this channel."
		case ch.Silence == history.NotRecorded:
			s.Text = "Published, and nothing is recorded yet: the worker has not reached it, or skipped it."
		case ch.Silence == history.NeverClaimed:
			s.Text = "Dead-lettered before any send."
		}
		if n := openLetters(a, ch.Channel); n > 0 {
			s.State = "dead_lettered"
			s.Text += " Open dead letters: " + strconv.Itoa(n) + "."
		}
		stories = append(stories, s)
	}
	return stories
}

// receiptOf returns the receipt that counts for a provider's message; nil without one.
func receiptOf(a *history.Appointment, providerID string) (counts *history.Receipt) {
	for i, r := range a.Receipts {
		if providerID != "" && r.ProviderID == providerID && (counts == nil || r.Kind.Rank() > counts.Kind.Rank()) {
			counts = &a.Receipts[i]
		}
	}
	return counts
}

func receiptText(r history.Receipt) string {
	text := map[domain.ReceiptKind]string{
		domain.ReceiptDelivered: "It was delivered", domain.ReceiptUndelivered: "It was not delivered",
		domain.ReceiptComplained: "The recipient complained about it", domain.ReceiptUnconfirmed: "The provider never said whether it was delivered",
	}[r.Kind]
	if why := strings.TrimSpace(mask.Text(r.Reason) + " " + mask.Text(r.Code)); why != "" {
		text += ": " + why
	}
	return text + "."
}

func openLetters(a *history.Appointment, ch domain.Channel) (n int) {
	for _, d := range a.DeadLetters {
		if d.Open && d.Channel == ch {
			n++
		}
	}
	return n
}

func stateText(k ledger.Kind) string {
	switch k {
	case ledger.KindSent:
		return "The provider accepted the message."
	case ledger.KindClaimed:
		return "A send is under way, or its outcome is being asked for."
	case ledger.KindUnknown:
		return "It is not known whether the provider accepted it."
	case ledger.KindFailed:
		return "It was not accepted."
	case ledger.KindNoted:
		return "Seen, and withdrawn or given up before any send."
	case ledger.KindFence, history.None:
	}
	return "Nothing that counts is recorded."
}

// timeline returns all entries, the newest first. A claim often has the same
// millisecond as its event and its settlement, so entries of the same time are ordered
// by their step, the later step first.
func timeline(a *history.Appointment) (all []happening) {
	for _, e := range a.Events {
		all = append(all, published(e))
	}
	for _, ch := range a.Channels {
		for _, n := range ch.Notifications {
			for _, h := range n.History {
				all = append(all, recorded(string(ch.Channel), n, h))
			}
		}
	}
	for _, d := range a.DeadLetters {
		all = append(all, lettered(d)...)
	}
	for _, r := range a.Receipts {
		all = append(all, happening{At: r.At, Channel: string(r.Channel), Kind: string(r.Kind), Text: receiptText(r)})
	}
	slices.Reverse(all)
	slices.SortStableFunc(all, func(x, y happening) int { return y.At.Compare(x.At) })
	return all
}

func published(e history.Event) happening {
	text := "Published"
	if e.AppointmentTime != nil {
		text += " for " + e.AppointmentTime.UTC().Format("2006-01-02 15:04 UTC")
	}
	if len(e.Requested) > 0 {
		text += ", asks for " + strings.Join(texts(e.Requested), " and ")
	}
	if e.Revision != nil {
		text += ", revision " + strconv.FormatInt(*e.Revision, 10)
	}
	kind := "published"
	if e.Invalid != "" {
		kind, text = "invalid", text+"; it breaks the contract: "+mask.Text(e.Invalid)
	}
	return happening{At: e.Time, Kind: kind, Text: text + " (partition " + strconv.Itoa(int(e.Partition)) + ", offset " + strconv.FormatInt(e.Offset, 10) + ")"}
}

func recorded(channel string, n *history.Notification, e history.Entry) happening {
	h := happening{At: e.At, Channel: channel, Kind: string(e.Kind), Void: e.Void}
	switch e.Kind {
	case ledger.KindSent:
		h.Text = "Accepted by the provider as " + mask.Printable(e.Code) // the provider's id of the message, not a recipient
	case ledger.KindClaimed:
		h.Text = "A send was announced"
	case ledger.KindFailed:
		h.Text = "Not accepted: " + mask.Text(e.Code)
	case ledger.KindUnknown:
		h.Text = "Outcome not known: " + mask.Text(e.Code)
	case ledger.KindNoted:
		h.Text = "Ended without a send: " + words(mask.Text(e.Code))
	case ledger.KindFence:
	}
	if n.Reference != "" {
		h.Text += " (reference " + n.Reference + ")"
	}
	return h
}

func lettered(d history.DeadLetter) []happening {
	all := []happening{{
		At: d.FailedAt, Channel: string(d.Channel), Kind: "dead_lettered", Letter: d.ID,
		Text: "Dead-lettered: " + words(string(d.Class)) + " " + mask.Text(d.Code) + ". " + mask.Text(d.Message),
	}}
	if r := d.Resolution; r != nil {
		all = append(all, happening{
			At: r.At, Channel: string(d.Channel), Kind: string(r.Status), Letter: d.ID, Text: resolutionText(*r),
		})
	}
	return all
}

func resolutionText(r envelope.Resolution) string {
	reason := words(mask.Text(r.Reason))
	switch r.Status {
	case envelope.ResolutionReplayed:
		return "Replayed; no outcome yet"
	case envelope.ResolutionSent:
		return "The replay was sent"
	case envelope.ResolutionSkipped:
		return "The replay was skipped: " + reason
	case envelope.ResolutionFailed:
		return "The replay failed again: " + words(string(r.Class)) + " " + mask.Text(r.Code)
	case envelope.ResolutionDiscarded:
		return "Discarded: " + reason
	}
	return words(string(r.Status))
}
