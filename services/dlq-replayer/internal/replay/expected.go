package replay

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
)

// expectedPrefix begins the keys of the records of a job's forecast.
const expectedPrefix = "foreseen/"

// maxChanges bounds how many changes are listed.
const maxChanges = 200

// maxExpected bounds how many dead letters are remembered one by one as not to be sent:
// each takes 16 bytes in the topic, and in the memory of every server.
const maxExpected = 10_000

// Expect makes j remember its preview's forecast.
func (j *Job) Expect(f Forecast) {
	if f.Of == nil {
		return
	}
	j.Foreseen = f.Counts()
	expected := maps.Clone(f.Of)
	maps.DeleteFunc(expected, func(_ string, v Verdict) bool { return v == VerdictSend })
	if j.Unlisted = f.Unseen > 0 || len(expected) > maxExpected; !j.Unlisted {
		j.Expected = expected
	}
}

// expectedRecords returns the records of the dead letters whose verdict was not to
// send.
func (j Job) expectedRecords() (records []*kgo.Record) {
	ids := make(map[Verdict][]byte)
	for _, id := range slices.Sorted(maps.Keys(j.Expected)) {
		raw, err := hex.DecodeString(id)
		if err != nil || len(raw) != idLength/2 {
			continue // another tool's id is not replayed either
		}
		ids[j.Expected[id]] = append(ids[j.Expected[id]], raw...)
	}
	for v, all := range ids {
		n := 0
		for chunk := range slices.Chunk(all, maxChunk) {
			key := fmt.Appendf(nil, "%s%s/%s/%06d", expectedPrefix, j.ID, v, n)
			records = append(records, &kgo.Record{Topic: topics.Resolutions, Key: key, Value: chunk})
			n++
		}
	}
	return records
}

// expectedKey parses the key of such a record.
func expectedKey(key []byte) (job, chunk string, ok bool) {
	rest, ok := strings.CutPrefix(string(key), expectedPrefix)
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, "/")
}

// addExpected takes a chunk in.
func addExpected(to map[string]Verdict, chunk string, value []byte) {
	verdict, _, _ := strings.Cut(chunk, "/")
	for raw := range slices.Chunk(value, idLength/2) {
		to[hex.EncodeToString(raw)] = Verdict(verdict)
	}
}

// Change is a dead letter that did not end as its job's preview foresaw.
type Change struct {
	ID       string
	Foreseen Verdict
	// Ended is how it ended, or the reason why it was left.
	Ended string
}

// Changes lists the dead letters that did not end as foreseen, at most 200 of them, and
// counts all. A job without a preview, or an Unlisted one, has no changes.
func (j Job) Changes(x *index.Index) (changes []Change, total int) {
	if j.Foreseen == nil || j.Unlisted {
		return nil, 0
	}
	note := func(id, ended string) {
		if total++; len(changes) < maxChanges {
			changes = append(changes, Change{id, j.foreseen(id), ended})
		}
	}
	for _, l := range j.LeftLetters {
		note(l.ID, l.Reason)
	}
	for r := range x.Resolutions() {
		if r.Job == j.ID && r.Status.Final() && !j.foreseen(r.ID).meets(r) {
			note(r.ID, strings.Join(strings.Fields(string(r.Status)+" "+r.Reason+" "+r.Code), " "))
		}
	}
	slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.ID, b.ID) })
	return changes, total
}

func (j Job) foreseen(id string) Verdict {
	if v, ok := j.Expected[id]; ok {
		return v
	}
	return VerdictSend
}

// meets reports whether a dead letter ended as v foresaw. A doubt may end in any way.
func (v Verdict) meets(r envelope.Resolution) bool {
	switch {
	case v == VerdictDoubt:
		return true
	case r.Status == envelope.ResolutionSent:
		return v == VerdictSend
	case r.Status == envelope.ResolutionSkipped:
		return string(v) == r.Reason
	case r.Status == envelope.ResolutionFailed:
		return v == VerdictFail
	}
	return false
}
