package engine

import (
	"testing"

	"pgregory.net/rapid"
)

// naiveTracker keeps every record for ever and looks for the first unfinished
// one.
type naiveTracker struct {
	offsets  []int64
	finished []bool
}

func (n *naiveTracker) watermark() (int64, bool) {
	for i, offset := range n.offsets {
		if !n.finished[i] {
			return offset, true
		}
	}
	if len(n.offsets) == 0 {
		return 0, false
	}
	return n.offsets[len(n.offsets)-1] + 1, true
}

func (n *naiveTracker) window() int {
	for i := range n.offsets {
		if !n.finished[i] {
			return len(n.offsets) - i
		}
	}
	return 0
}

func (n *naiveTracker) unfinished() []int {
	var open []int
	for i, done := range n.finished {
		if !done {
			open = append(open, i)
		}
	}
	return open
}

func TestTheWatermarkIsTheFirstUnfinishedRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tr tracker
		var naive naiveTracker
		var seqs []uint64
		next := rapid.Int64Range(0, 1<<40).Draw(t, "first offset")
		t.Repeat(map[string]func(*rapid.T){
			"read": func(t *rapid.T) {
				next += rapid.Int64Range(0, 3).Draw(t, "hole")
				seqs = append(seqs, tr.register(next))
				naive.offsets, naive.finished = append(naive.offsets, next), append(naive.finished, false)
				next++
			},
			"finish": func(t *rapid.T) {
				open := naive.unfinished()
				if len(open) == 0 {
					t.Skip("everything is finished")
				}
				i := rapid.SampledFrom(open).Draw(t, "record")
				tr.done(seqs[i])
				naive.finished[i] = true
			},
			"": func(t *rapid.T) {
				at, ok := tr.watermark()
				if wantAt, wantOK := naive.watermark(); ok != wantOK || ok && at != wantAt {
					t.Fatalf("watermark %d, %v; want %d, %v", at, ok, wantAt, wantOK)
				}
				if got, want := tr.window(), naive.window(); got != want {
					t.Fatalf("window %d, want %d", got, want)
				}
			},
		})
	})
}

// One record that waits for half an hour must not make the million behind it
// expensive.
func TestAMillionRecordsFinishAboveOneThatWaits(t *testing.T) {
	const records = 1 << 20
	var tr tracker
	head := tr.register(0)
	for offset := int64(1); offset < records; offset++ {
		tr.done(tr.register(offset))
	}
	if at, _ := tr.watermark(); at != 0 || tr.window() != records {
		t.Errorf("meanwhile: watermark %d, window %d", at, tr.window())
	}
	tr.done(head)
	if at, _ := tr.watermark(); at != records || tr.window() != 0 || cap(tr.entries) != 0 {
		t.Errorf("afterwards: watermark %d, window %d, room for %d kept", at, tr.window(), cap(tr.entries))
	}
}
