package replay

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// Selection is a set of dead letters: their offsets by partition, ascending. It is
// immutable.
type Selection map[int32][]int64

func selectionOf(items []index.Item) Selection {
	s := make(Selection)
	for _, item := range items {
		s[item.Partition] = append(s[item.Partition], item.Offset)
	}
	for partition, offsets := range s {
		slices.Sort(offsets)
		s[partition] = slices.Compact(offsets)
	}
	return s
}

// Len returns how many dead letters are selected.
func (s Selection) Len() int {
	n := 0
	for _, offsets := range s {
		n += len(offsets)
	}
	return n
}

// from returns the part at or after the cursor.
func (s Selection) from(cursor map[int32]int64) Selection {
	rest := make(Selection)
	for partition, offsets := range s {
		i, _ := slices.BinarySearch(offsets, cursor[partition])
		if i < len(offsets) {
			rest[partition] = offsets[i:]
		}
	}
	return rest
}

// maxChunk bounds one record of a selection, in bytes, so that every topic takes it. A
// dead letter takes one to three bytes.
const maxChunk = 64 << 10

// chunks encodes the selection: in each chunk a partition, the number of
// offsets, and each offset as the distance from the one before.
func (s Selection) chunks() [][]byte {
	var chunks [][]byte
	for _, partition := range slices.Sorted(maps.Keys(s)) {
		for part := range slices.Chunk(s[partition], maxChunk/binary.MaxVarintLen64) {
			chunk := binary.AppendVarint(nil, int64(partition))
			chunk = binary.AppendVarint(chunk, int64(len(part)))
			last := int64(0)
			for _, offset := range part {
				chunk = binary.AppendVarint(chunk, offset-last)
				last = offset
			}
			chunks = append(chunks, chunk)
		}
	}
	return chunks
}

// add adds a chunk. Unreadable parts are left out, which the job's total shows.
func (s Selection) add(chunk []byte) {
	read := true
	next := func() int64 {
		v, n := binary.Varint(chunk)
		read = read && n > 0
		chunk = chunk[max(n, 0):]
		return v
	}
	partition, n, offset := int32(next()), next(), next() //nolint:gosec // one of ours
	for ; n > 0 && read; n-- {
		s[partition] = append(s[partition], offset)
		offset += next()
	}
}

// records returns the records that keep the selection of the job with that id,
// or those that delete it.
func (s Selection) records(job string, keep bool) []*kgo.Record {
	var records []*kgo.Record
	for i, chunk := range s.chunks() {
		if !keep {
			chunk = nil
		}
		key := fmt.Appendf(nil, "%s%s/%06d", selectionPrefix, job, i)
		records = append(records, &kgo.Record{Topic: topics.Resolutions, Key: key, Value: chunk})
	}
	return records
}

// selectionKey parses the key of a chunk.
func selectionKey(key []byte) (job, chunk string, ok bool) {
	rest, ok := strings.CutPrefix(string(key), selectionPrefix)
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, "/")
}
