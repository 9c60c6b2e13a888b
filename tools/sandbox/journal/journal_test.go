package journal_test

import (
	"fmt"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/journal"
)

func open(t *testing.T, o journal.Options) *journal.Journal {
	t.Helper()
	j, err := journal.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func add(t *testing.T, j *journal.Journal, e journal.Entry, html string) {
	t.Helper()
	if _, err := j.Append(e, &journal.Content{HTML: html}); err != nil {
		t.Fatal(err)
	}
}

func sent(i int) journal.Entry {
	id := fmt.Sprintf("k%d", i)
	return journal.Entry{Kind: journal.KindSend, Channel: journal.Email, Accepted: true, MessageID: id, ID: id, Identity: id, BodyHash: id, Subject: id}
}

func TestTheInboxIsBoundedAndTheIdentitiesAreNot(t *testing.T) {
	j := open(t, journal.Options{KeepMessages: 3})
	for i := range 10 {
		add(t, j, sent(i), "")
	}

	kept, total := j.Messages(journal.Email, "", 100)
	if total != 3 || kept[0].Subject != "k9" || kept[2].Subject != "k7" {
		t.Errorf("keeps %d: %+v", total, kept)
	}
	found, err := j.Find(journal.Email, journal.ByMessageID, "k0")
	if err != nil || len(found) != 1 {
		t.Errorf("the first message is found %d times, %v", len(found), err)
	}
	add(t, j, sent(0), "")
	if got := j.Stats().Email; got.Doubled != 1 || got.Distinct != 10 {
		t.Errorf("counted as %+v", got)
	}
}

func TestTheInboxIsBoundedInBytes(t *testing.T) {
	j := open(t, journal.Options{KeepBytes: 100})
	for i := range 5 {
		add(t, j, sent(i), string(make([]byte, 40)))
	}
	if _, total := j.Messages(journal.Email, "", 100); total != 2 {
		t.Errorf("keeps %d messages of 40 bytes in 100", total)
	}
}

func TestWhoeverReadsOnFromTheLastNumberMissesNothing(t *testing.T) {
	j := open(t, journal.Options{})
	var read []string
	since := uint64(0)
	for i := range 7 {
		add(t, j, sent(i), "")
		if i%3 != 2 && i != 6 {
			continue
		}
		for page := 1; page > 0; {
			entries, err := j.Entries(journal.Query{Since: since, Limit: 2})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				read, since = append(read, e.Subject), e.Seq
			}
			page = len(entries)
		}
	}
	if fmt.Sprint(read) != "[k0 k1 k2 k3 k4 k5 k6]" {
		t.Errorf("read %v", read)
	}
}

func TestNothingIsAcceptedThatCannotBeWritten(t *testing.T) {
	j := open(t, journal.Options{})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(sent(1), nil); err == nil {
		t.Error("appended to a closed file")
	}
	if got := j.Stats().Email.Accepted; got != 0 {
		t.Errorf("counted %d", got)
	}
}
