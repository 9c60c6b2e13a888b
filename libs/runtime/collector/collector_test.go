package collector

import (
	"runtime"
	"testing"
	"testing/fstest"
)

const need = 100 << 20

// machine is what a collector sets, and how often it collects.
type machine struct {
	*Collector
	percent []int
	limit   int64
	ran     uint64
}

func newMachine(own Own, files fstest.MapFS) *machine {
	m := &machine{Collector: New(own, files)}
	m.setPercent = func(p int) int { m.percent = append(m.percent, p); return 0 }
	m.setLimit = func(n int64) int64 { m.limit = n; return 0 }
	m.cycles = func() uint64 { return m.ran }
	m.ran = 50 // while it started
	return m
}

// seconds lets time pass with so many collections in each second.
func (m *machine) seconds(n int, collections uint64) {
	for range n {
		m.ran += collections
		m.Tick(need)
	}
}

func (m *machine) now() int {
	if len(m.percent) == 0 {
		return 0
	}
	return m.percent[len(m.percent)-1]
}

func TestMemoryIsSpentWhileThereIsMuchToDo(t *testing.T) {
	m := newMachine(Own{}, nil)
	m.seconds(100, raiseAt-1)
	if m.now() != 0 {
		t.Errorf("a calm program has %v percent", m.percent)
	}
	m.seconds(1, raiseAt)
	if m.now() != busyPercent {
		t.Errorf("a busy program has %v percent", m.percent)
	}
	// What took three collections a second takes three in four seconds now.
	for range 25 {
		m.seconds(3, 1)
		m.seconds(1, 0)
	}
	if m.now() != busyPercent || len(m.percent) != 1 {
		t.Errorf("under a steady load it goes to and fro: %v percent", m.percent)
	}
	m.seconds(2*calmTicks, 0)
	if m.now() != calmPercent || len(m.percent) != 2 {
		t.Errorf("afterwards it has %v percent", m.percent)
	}
}

func TestTheLimitIsWhatIsNeededOrWhatTheContainerHas(t *testing.T) {
	for _, c := range []struct {
		name  string
		files fstest.MapFS
		want  int64
	}{
		{"no groups", nil, need},
		{"no limit", fstest.MapFS{membership: text("0::/\n"), groups + "/memory.max": text("max\n")}, need},
		{"ample", fstest.MapFS{membership: text("0::/\n"), groups + "/memory.max": text("536870912\n")}, need},
		{"a container, version 2", fstest.MapFS{membership: text("0::/\n"), groups + "/memory.max": text("67108800\n")}, 671088 * 90},
		{"a unit within a slice", fstest.MapFS{
			membership: text("0::/system.slice/worker.service\n"), groups + "/system.slice/memory.max": text("67108800\n"), groups + "/system.slice/worker.service/memory.max": text("max\n"),
		}, 671088 * 90},
		{"a container that is told its path from outside", fstest.MapFS{membership: text("0::/docker/1234\n"), groups + "/memory.max": text("67108800\n")}, 671088 * 90},
		{"version 1", fstest.MapFS{
			membership: text("12:cpu,cpuacct:/docker/1234\n4:memory:/docker/1234\n0::/\n"), groups + "/memory/memory.limit_in_bytes": text("67108800\n"),
		}, 671088 * 90},
		{"version 1, no limit", fstest.MapFS{membership: text("4:memory:/\n"), groups + "/memory/memory.limit_in_bytes": text("9223372036854771712\n")}, need},
		{"nonsense", fstest.MapFS{membership: text("4\n::\n0::../../x\n"), groups + "/memory.max": text("-1\n")}, need},
	} {
		m := newMachine(Own{}, c.files)
		m.Tick(need)
		if m.limit != c.want {
			t.Errorf("%s: the limit is %d, want %d", c.name, m.limit, c.want)
		}
	}
}

func text(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

func TestWhatTheOperatorHasSetIsLeftAlone(t *testing.T) {
	for _, own := range []Own{{Percent: true}, {Limit: true}, {Percent: true, Limit: true}} {
		m := newMachine(own, nil)
		m.seconds(5, 100)
		if got := (Own{Percent: m.percent == nil, Limit: m.limit == 0}); got != own {
			t.Errorf("%+v was set, and %+v left alone", own, got)
		}
	}
}

func TestCollectionsAreCounted(t *testing.T) {
	before := cycles()
	runtime.GC()
	if after := cycles(); after <= before {
		t.Errorf("%d collections, and %d after one more", before, after)
	}
}
