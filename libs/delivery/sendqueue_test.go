package delivery

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The model: places in the order of arrival, each ready or not; the first ready
// ones have the slots.
func TestSlotsGoInTheOrderOfArrivalToThoseWhoAreReady(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 3).Draw(t, "slots")
		q := newSendQueue(size)
		var line, holders []*place
		ready := map[*place]bool{}
		t.Repeat(map[string]func(*rapid.T){
			"join": func(*rapid.T) { line = append(line, q.join()) },
			"ready": func(t *rapid.T) {
				if len(line) > 0 {
					p := rapid.SampledFrom(line).Draw(t, "place")
					ready[p] = true
					q.ready(p)
				}
			},
			"retire": func(t *rapid.T) {
				if len(line) > 0 {
					p := rapid.SampledFrom(line).Draw(t, "place")
					ready[p] = false
					if !q.retire(p) {
						t.Fatal("a place without a slot cannot retire")
					}
				}
			},
			"leave": func(t *rapid.T) {
				if all := append(slices.Clone(line), holders...); len(all) > 0 {
					p := rapid.SampledFrom(all).Draw(t, "place")
					q.leave(p)
					gone := func(o *place) bool { return o == p }
					line, holders = slices.DeleteFunc(line, gone), slices.DeleteFunc(holders, gone)
				}
			},
			"": func(t *rapid.T) {
				for len(holders) < size {
					i := slices.IndexFunc(line, func(p *place) bool { return ready[p] })
					if i < 0 {
						break
					}
					holders = append(holders, line[i])
					line = slices.Delete(line, i, i+1)
				}
				for _, p := range holders {
					if !p.given || q.retire(p) {
						t.Fatal("one whose turn it is has no slot, or can retire")
					}
				}
				if q.busy() != len(holders) || slices.ContainsFunc(line, func(p *place) bool { return p.given }) {
					t.Fatalf("%d slots are taken, want %d", q.busy(), len(holders))
				}
			},
		})
	})
}
