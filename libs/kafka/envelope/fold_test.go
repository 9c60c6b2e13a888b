package envelope_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
)

// said is one record of a dead letter's key.
func said(status envelope.ResolutionStatus, count int) envelope.Resolution {
	return envelope.Resolution{ID: "id", Status: status, ReplayCount: count}
}

// by is r of a job.
func by(job string, r envelope.Resolution) envelope.Resolution {
	r.Job = job
	return r
}

func TestWhatCountsIsTheLaterRoundAndAnAcceptedMessageAFact(t *testing.T) {
	for name, c := range map[string]struct {
		first, then envelope.Resolution
		covered     bool
	}{
		"sent, then a late discard of what was replayed":  {said(envelope.ResolutionSent, 1), said(envelope.ResolutionDiscarded, 0), true},
		"sent, then a discard of the same round":          {said(envelope.ResolutionSent, 1), said(envelope.ResolutionDiscarded, 1), true},
		"skipped, then discarded":                         {said(envelope.ResolutionSkipped, 1), said(envelope.ResolutionDiscarded, 1), true},
		"skipped, then sent":                              {said(envelope.ResolutionSkipped, 1), said(envelope.ResolutionSent, 1), false},
		"replayed, then failed":                           {said(envelope.ResolutionReplayed, 0), said(envelope.ResolutionFailed, 0), false},
		"failed, then its replay is repeated":             {said(envelope.ResolutionFailed, 0), said(envelope.ResolutionReplayed, 0), true},
		"failed, then replayed by another job":            {said(envelope.ResolutionFailed, 0), by("another", said(envelope.ResolutionReplayed, 0)), false},
		"replayed, then discarded":                        {said(envelope.ResolutionReplayed, 0), said(envelope.ResolutionDiscarded, 0), false},
		"discarded, then replayed all the same":           {said(envelope.ResolutionDiscarded, 0), said(envelope.ResolutionReplayed, 0), false},
		"the second round, then a late word of the first": {said(envelope.ResolutionReplayed, 1), said(envelope.ResolutionFailed, 0), true},
	} {
		counts, covered := c.first.Fold(c.then)
		if want := c.then; covered != c.covered || !covered && counts != want || covered && counts != c.first {
			t.Errorf("%s: %+v counts, covered %t", name, counts, covered)
		}
	}
}

// TestCompactionLeavesTheTruth writes resolutions of one dead letter at random.
// A reader that may write repeats what counts wherever it was covered, and
// compaction, which keeps only the last record, never comes before it (the
// topic's min.compaction.lag.ms): then a reader that starts after it knows what
// one that started before it does.
func TestCompactionLeavesTheTruth(t *testing.T) {
	statuses := []envelope.ResolutionStatus{
		envelope.ResolutionReplayed, envelope.ResolutionDiscarded, envelope.ResolutionSent, envelope.ResolutionSkipped, envelope.ResolutionFailed,
	}
	rapid.Check(t, func(t *rapid.T) {
		var log []envelope.Resolution
		var truth envelope.Resolution
		covered := false
		write := func(r envelope.Resolution) {
			if log = append(log, r); len(log) == 1 {
				truth = r
				return
			}
			truth, covered = truth.Fold(r)
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			write(said(rapid.SampledFrom(statuses).Draw(t, "status"), rapid.IntRange(0, 3).Draw(t, "count")))
			if covered {
				write(truth)
			}
			if rapid.Bool().Draw(t, "compact") {
				log = log[len(log)-1:]
			}
			known := make(envelope.Resolutions)
			for _, r := range log {
				key, value, err := envelope.EncodeResolution(r)
				if err != nil {
					t.Fatal(err)
				}
				known.Add(key, value)
			}
			if covered || known["id"] != truth {
				t.Fatalf("a reader of %+v knows %+v, want %+v", log, known["id"], truth)
			}
		}
	})
}

func TestATombstoneLeavesNothing(t *testing.T) {
	known := envelope.Resolutions{"id": said(envelope.ResolutionDiscarded, 2), "other": said(envelope.ResolutionSent, 1)}
	known.Add([]byte("id"), nil)
	known.Add([]byte("job/1"), nil)
	known.Add([]byte("other"), []byte("{"))
	if len(known) != 1 || known["other"].Status != envelope.ResolutionSent {
		t.Errorf("known: %v", known)
	}
}
