package journal

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
)

// load reads the file from its start. A last line without its end was never
// answered, because the answer follows the write: it is cut off.
func (j *Journal) load() error {
	r := bufio.NewReaderSize(io.NewSectionReader(j.file, 0, 1<<62), 1<<20)
	for {
		raw, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return j.file.Truncate(j.size)
		}
		if err != nil {
			return err
		}
		if err := j.replay(raw); err != nil {
			return err
		}
	}
}

func (j *Journal) replay(raw []byte) error {
	var e Entry
	if err := json.Unmarshal(raw, &e); err != nil {
		return err
	}
	j.add(e, int32(len(raw)))
	if e.Accepted {
		j.inbox.add(e, &Content{})
	}
	return nil
}

// at reads line i. The caller holds the lock or a copy of the line.
func (j *Journal) at(l line) (Entry, error) {
	raw := make([]byte, l.size)
	if _, err := j.file.ReadAt(raw, l.offset); err != nil {
		return Entry{}, err
	}
	var e Entry
	err := json.Unmarshal(raw, &e)
	return e, err
}
