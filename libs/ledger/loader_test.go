package ledger_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
)

// both loads one log in two ways: as a new owner reads it, and record by record.
type both struct {
	loader *ledger.Loader
	line   ledger.Line
	index  *ledger.Index
	since  time.Time
}

func newBoth() *both {
	since := time.Date(2031, 6, 1, 0, 0, 0, 0, time.UTC)
	return &both{loader: ledger.NewLoader(since), index: ledger.NewIndex(), since: since}
}

// fold folds one value and returns what differs already.
func (b *both) fold(t rapid.TB, value []byte, at time.Time) (ledger.Entry, bool) {
	t.Helper()
	e, wantErr := ledger.Unmarshal(value)
	// The line is scanned where the next record will stand, too, as in a buffer.
	buffer := bytes.Clone(value)
	err := b.line.Scan(buffer)
	if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
		t.Fatalf("%q: %v, want %v", value, err, wantErr)
	}
	if err != nil {
		return e, false
	}
	if b.line.Kind != e.Kind || string(b.line.Token) != e.Token || b.line.Channel != e.Channel {
		t.Fatalf("%q: %+v", value, b.line)
	}
	if got, want := b.loader.Fold(&b.line, at), b.index.Fold(&e, at, b.since); got != want {
		t.Fatalf("%q counts: %t, want %t", value, got, want)
	}
	clear(buffer)
	return e, true
}

// wantSame wants both to know the same of keys of appointments. It ends the loading.
func (b *both) wantSame(t rapid.TB, entries []ledger.Entry) {
	t.Helper()
	got := b.loader.Index()
	if got.Token() != b.index.Token() || got.Highest() != b.index.Highest() || got.Len() != b.index.Len() {
		t.Fatalf("token %s, highest %d, %d keys; want %s, %d, %d",
			got.Token(), got.Highest(), got.Len(), b.index.Token(), b.index.Highest(), b.index.Len())
	}
	for i := range entries {
		c := &entries[i].Claim
		if got, want := got.LookUp(c.Key, c.AppointmentID), b.index.LookUp(c.Key, c.AppointmentID); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s of %s:\n got %+v\nwant %+v", c.Key, c.AppointmentID, got, want)
		}
		if got, want := got.LastTold(c.AppointmentID, c.Recipient), b.index.LastTold(c.AppointmentID, c.Recipient); !got.Equal(want) {
			t.Fatalf("a recipient of %s was last told %s, want %s", c.AppointmentID, got, want)
		}
	}
}

// earlier returns what an earlier build would have written for a record.
func earlier(t *rapid.T, value []byte) []byte {
	f := bytes.Split(value, []byte("\t"))
	if len(f) < 17 {
		return value
	}
	switch rapid.IntRange(0, 9).Draw(t, "form") {
	case 0:
		f[0] = []byte("2")
		return bytes.Join(f[:16], []byte("\t"))
	case 1:
		f[0] = []byte("2")
		return bytes.Join(f, []byte("\t"))
	case 2:
		if string(f[1]) == string(ledger.KindNoted) {
			return value
		}
		first := append([][]byte{[]byte("1")}, f[1:10]...)
		return bytes.Join(append(first, f[12], f[14], f[15]), []byte("\t"))
	}
	return value
}

func TestALoadedLogSaysWhatItsRecordsSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, both := newStory(), newBoth()
		var entries []ledger.Entry
		for range rapid.IntRange(1, 60).Draw(t, "records") {
			s.clock = s.clock.Add(time.Minute)
			e := s.record(t)
			if rapid.IntRange(0, 9).Draw(t, "fence") == 0 {
				e = s.fence()
			}
			if read, ok := both.fold(t, earlier(t, e.Marshal()), s.clock); ok && e.Kind != ledger.KindFence {
				entries = append(entries, read)
			}
		}
		both.wantSame(t, entries)
	})
}

// A line that is nearly one of ours is judged alike, whichever way it is read.
func TestWhateverALineSaysItIsReadAsUnmarshalReadsIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		both := newBoth()
		fence := ledger.Entry{Kind: ledger.KindFence, Token: "OWNER", Channel: domain.Email}
		both.fold(t, fence.Marshal(), both.since)
		e := entries().Draw(t, "entry")
		e.Token = "OWNER"
		fields := bytes.Split(e.Marshal(), []byte("\t"))
		for range rapid.IntRange(0, 2).Draw(t, "changes") {
			i := rapid.IntRange(0, len(fields)-1).Draw(t, "field")
			fields[i] = []byte(rapid.SampledFrom([]string{
				"", "-", "-5", "0", "+1", "7", "007", "2147483648", "4294967296", "1234567890123456789", "99999999999999999999",
				"x", "1x", "1\t2", "claimed", "noted", "cancelled", "resent", "1", "3", aKey, "A" + aKey[1:], aKey + "0", ports.NotedSuperseded,
			}).Draw(t, "text"))
		}
		if rapid.IntRange(0, 5).Draw(t, "cut") == 0 {
			fields = fields[:rapid.IntRange(0, len(fields)).Draw(t, "length")]
		}
		read, ok := both.fold(t, bytes.Join(fields, []byte("\t")), both.since)
		if ok {
			both.wantSame(t, []ledger.Entry{read})
		}
	})
}

// More claims than are put off, settled late, never, or again and again.
func TestALongLogIsLoadedAsItsRecordsSay(t *testing.T) {
	for seed := range uint64(5) {
		random := rand.New(rand.NewPCG(seed, 0))
		both, at := newBoth(), time.Date(2031, 5, 1, 9, 0, 0, 0, time.UTC)
		fence := ledger.Entry{Kind: ledger.KindFence, Token: "OWNER", Channel: domain.Email}
		both.fold(t, fence.Marshal(), at)
		kinds := []ledger.Kind{ledger.KindClaimed, ledger.KindClaimed, ledger.KindClaimed, ledger.KindUnknown, ledger.KindFailed, ledger.KindSent, ledger.KindNoted}
		var entries []ledger.Entry
		for i := range int64(6_000) {
			appointment, event := random.IntN(1_000), random.IntN(3)
			e := ledger.Entry{Kind: kinds[random.IntN(len(kinds))], Token: "OWNER", Code: "code", Claim: ports.Claim{
				Key: domain.Key{byte(appointment), byte(appointment >> 8), byte(event)}, AppointmentID: appointmentID(appointment),
				Handle: "handle", Lease: time.Duration(random.IntN(9)) * time.Second,
				Origin: ports.Origin{Topic: "topic", Offset: i, Timestamp: at.Add(time.Duration(i) * time.Second)},
			}}
			if read, ok := both.fold(t, e.Marshal(), at.Add(time.Duration(i)*time.Second)); ok {
				entries = append(entries, read)
			}
		}
		both.wantSame(t, entries)
	}
}

func FuzzScanJudgesAsUnmarshal(f *testing.F) {
	for i := range 3 {
		f.Add(record([]ledger.Kind{ledger.KindClaimed, ledger.KindSent, ledger.KindNoted}[i], i))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		both := newBoth()
		if e, ok := both.fold(t, value, both.since); ok {
			both.wantSame(t, []ledger.Entry{e})
		} else if err := new(ledger.Line).Scan(value); !errors.Is(err, ledger.ErrMalformed) && !errors.As(err, new(*ledger.NewerError)) {
			t.Fatal(err)
		}
	})
}

// A million records are a million times what one allocates.
func TestNothingIsAllocatedForARecordWhoseKeyIsKnown(t *testing.T) {
	claimed, sent := record(ledger.KindClaimed, 1), record(ledger.KindSent, 1)
	loader, now := ledger.NewLoader(time.Time{}), time.Now()
	var line ledger.Line
	fold := func(value []byte) {
		if err := line.Scan(value); err != nil {
			t.Fatal(err)
		}
		loader.Fold(&line, now)
	}
	fence := ledger.Entry{Kind: ledger.KindFence, Token: "OWNEROWNEROWNEROWNEROWNERO", Channel: domain.Email}
	fold(fence.Marshal())
	failed := bytes.Replace(claimed, []byte("\tclaimed\t"), []byte("\tfailed\t"), 1)
	if n := testing.AllocsPerRun(100, func() { fold(claimed); fold(failed) }); n != 0 {
		t.Errorf("a claim that is settled allocates %v times", n)
	}
	fold(sent)
	if n := testing.AllocsPerRun(100, func() { fold(claimed); fold(sent) }); n != 0 {
		t.Errorf("records of a key that was sent allocate %v times", n)
	}
}
