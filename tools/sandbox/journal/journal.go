package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

// Options are the journal's file and the limits of its memory.
type Options struct {
	// Path is the file. Empty: a temporary file that goes with the process.
	Path string
	// KeepMessages is how many messages the inbox can show in full (10,000).
	KeepMessages int
	// KeepBytes bounds their size in memory (256 MiB).
	KeepBytes int
}

// Journal is the log of all requests with its indexes. All methods may be
// called concurrently.
type Journal struct {
	mu      sync.Mutex
	file    *os.File
	size    int64
	seq     uint64
	line    []byte
	lines   []line
	index   index
	stats   Stats
	inbox   inbox
	changed chan struct{}
}

// line is the place of an entry in the file. It holds no pointers, so that a journal of
// millions of lines costs the garbage collector nothing.
type line struct {
	offset int64
	time   int64
	size   int32
	flags  uint8
}

const (
	flagAccepted = 1 << iota
	flagSMS
	flagLookup
)

// Open reads the journal at o.Path, if there is one, and goes on behind it.
func Open(o Options) (*Journal, error) {
	file, err := openFile(o.Path)
	if err != nil {
		return nil, err
	}
	j := &Journal{file: file, index: newIndex(), inbox: newInbox(o)}
	if err := j.load(); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("read the journal %s: %w", file.Name(), err)
	}
	return j, nil
}

func openFile(path string) (*os.File, error) {
	if path != "" {
		return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	}
	file, err := os.CreateTemp("", "sandbox-*.jsonl")
	if err != nil {
		return nil, err
	}
	// Unlinked at once, so that the file is gone even after kill -9.
	return file, os.Remove(file.Name())
}

// Append writes the entry, with its number and the time, and returns it as written. If
// it returns an error, nothing was recorded, and the caller must not answer as if it
// were.
func (j *Journal) Append(e Entry, c *Content) (Entry, error) {
	rest, err := encodeRest(e)
	if err != nil {
		return e, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Seq, e.Time = j.seq+1, time.Now().UnixNano()
	j.line = appendLine(j.line[:0], e, rest)
	if _, err := j.file.WriteAt(j.line, j.size); err != nil {
		return e, err
	}
	j.add(e, int32(len(j.line)))
	if c != nil && e.Accepted {
		j.inbox.add(e, c)
	}
	j.notify()
	return e, nil
}

// encodeRest encodes all but number and time, with its line end, outside the
// lock.
func encodeRest(e Entry) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		Entry
		Seq  *uint64 `json:"seq,omitempty"`
		Time *int64  `json:"unix_nano,omitempty"`
	}{Entry: e})
	return b.Bytes(), err
}

func appendLine(b []byte, e Entry, rest []byte) []byte {
	b = append(b, `{"seq":`...)
	b = strconv.AppendUint(b, e.Seq, 10)
	b = append(b, `,"unix_nano":`...)
	b = strconv.AppendInt(b, e.Time, 10)
	b = append(b, ',')
	return append(b, rest[1:]...)
}

// add takes a line that is in the file into the indexes and the counts.
func (j *Journal) add(e Entry, size int32) {
	j.lines = append(j.lines, line{offset: j.size, time: e.Time, size: size, flags: flags(e)})
	j.size += int64(size)
	j.seq = e.Seq
	if e.Kind == KindReset {
		j.forget()
		return
	}
	j.stats.count(e, j.index.add(e, int32(len(j.lines)-1)))
}

func flags(e Entry) uint8 {
	var f uint8
	if e.Accepted {
		f |= flagAccepted
	}
	if e.Channel == SMS {
		f |= flagSMS
	}
	if e.Kind != KindSend {
		f |= flagLookup
	}
	return f
}

// Reset starts a new epoch: counts, indexes and inbox are empty again. The
// file keeps everything; numbers go on rising.
func (j *Journal) Reset() error {
	_, err := j.Append(Entry{Kind: KindReset}, nil)
	return err
}

func (j *Journal) forget() {
	j.lines, j.index = nil, newIndex()
	j.stats.forget()
	j.inbox.forget()
}

// Close closes the file. Later appends fail.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}
