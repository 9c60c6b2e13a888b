package replay

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// bookLimit bounds how many jobs are remembered: the unfinished ones, and the latest of
// the others.
const bookLimit = 200

// Book holds the jobs in the resolutions topic. Safe for concurrent use.
type Book struct {
	mu      sync.Mutex
	entries map[string]*bookEntry
	changes uint64
}

type bookEntry struct {
	job Job
	// heard is when this process last read a record of the job, on its own clock.
	heard  time.Time
	cancel cancellation
	// chunks are the parts of the job's selection, expected those of its preview's
	// forecast.
	chunks   map[string][]byte
	expected map[string][]byte
}

// NewBook returns an empty book.
func NewBook() *Book { return &Book{entries: make(map[string]*bookEntry)} }

// See adds a record of the resolutions topic.
func (b *Book) See(r *kgo.Record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes++
	if id, ok := strings.CutPrefix(string(r.Key), cancelPrefix); ok {
		b.entry(id).cancel = decodeCancellation(r.Value)
		return
	}
	if id, chunk, ok := selectionKey(r.Key); ok {
		keep(&b.entry(id).chunks, chunk, r.Value)
		return
	}
	if id, chunk, ok := expectedKey(r.Key); ok {
		keep(&b.entry(id).expected, chunk, r.Value)
		return
	}
	if job, ok := decodeJob(r.Key, r.Value); ok {
		e := b.entry(job.ID)
		e.job, e.heard = job, time.Now()
	}
}

func keep(chunks *map[string][]byte, chunk string, value []byte) {
	if len(value) == 0 {
		delete(*chunks, chunk)
		return
	}
	if *chunks == nil {
		*chunks = make(map[string][]byte)
	}
	(*chunks)[chunk] = slices.Clone(value)
}

func (e *bookEntry) foreseen() map[string]Verdict {
	expected := make(map[string]Verdict)
	for chunk, value := range e.expected {
		addExpected(expected, chunk, value)
	}
	return expected
}

func (e *bookEntry) selected() Selection {
	s := make(Selection)
	for _, chunk := range slices.Sorted(maps.Keys(e.chunks)) {
		s.add(e.chunks[chunk])
	}
	return s
}

func (b *Book) entry(id string) *bookEntry {
	if b.entries[id] == nil {
		if len(b.entries) >= bookLimit {
			delete(b.entries, b.oldest())
		}
		b.entries[id] = new(bookEntry)
	}
	return b.entries[id]
}

// oldest returns the id of the oldest job that need not be carried on.
func (b *Book) oldest() string {
	return slices.MinFunc(slices.Collect(maps.Keys(b.entries)), func(x, y string) int {
		return cmp.Or(b.entries[x].leftToDo()-b.entries[y].leftToDo(), cmp.Compare(x, y))
	})
}

// leftToDo is 1 for a job that is not over. A job of which only the selection was read
// counts as such: compaction keeps the selection in its old place, while the job's
// state is where it was last written, perhaps behind many other jobs.
func (e *bookEntry) leftToDo() int {
	if e.job.ID == "" {
		return min(len(e.chunks), 1)
	}
	if e.job.State.Over() {
		return 0
	}
	return 1
}

// awaited returns the ids of the replays whose outcome is not counted by their job yet.
func (b *Book) awaited() (ids []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.entries {
		ids = append(ids, e.job.Outstanding...)
	}
	return ids
}

// Changes counts the additions to the book.
func (b *Book) Changes() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changes
}

// Jobs returns the jobs, the latest first, without their selections.
func (b *Book) Jobs() []Job {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.jobs()
}

func (b *Book) jobs() []Job {
	var jobs []Job
	for _, e := range b.entries {
		if e.job.ID != "" {
			jobs = append(jobs, e.job.clone())
		}
	}
	slices.SortFunc(jobs, func(a, b Job) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	return jobs
}

// Job returns the job with that id, with its selection unless it is done.
func (b *Book) Job(id string) (Job, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[id]
	if e == nil || e.job.ID == "" {
		return Job{}, false
	}
	job := e.job.clone()
	job.Selected, job.Expected = e.selected(), e.foreseen()
	return job, true
}

// Unfinished returns the latest job that is not over, and for how long no record of it
// was read.
func (b *Book) Unfinished() (job Job, silent time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, j := range b.jobs() {
		if !j.State.Over() {
			return j, time.Since(b.entries[j.ID].heard), true
		}
	}
	return Job{}, 0, false
}

// cancelled returns the name of the person who cancelled the job's present run, or an
// empty text.
func (b *Book) cancelled(j Job) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.entries[j.ID]; e != nil && e.cancel.Run >= j.Run {
		return e.cancel.Who
	}
	return ""
}
