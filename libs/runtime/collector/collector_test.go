package collector

import (
	"runtime"
	"slices"
	"testing"
	"testing/fstest"
)

const need = 100 << 20

// machine is what a collector sets.
type machine struct {
	*Collector
	percents []int
	limit    int64
	freed    int
	state    state
}

func newMachine(own Own, files fstest.MapFS) *machine {
	m := &machine{Collector: New(own, files), state: state{live: 10 << 20, other: 5 << 20}}
	m.setPercent = func(p int) int { m.percents = append(m.percents, p); return 0 }
	m.setLimit = func(n int64) int64 { m.limit = n; return 0 }
	m.free = func() { m.freed++ }
	m.read = func() state { return m.state }
	return m
}

func TestMemoryIsSpentWhileThereIsMuchToDo(t *testing.T) {
	m := newMachine(Own{}, nil)
	expect := func(when string, limit int64, freed int, percents ...int) {
		t.Helper()
		if m.limit != limit || m.freed != freed || !slices.Equal(m.percents, percents) {
			t.Errorf("%s: a limit of %d, %v percent, freed %d times", when, m.limit, m.percents, m.freed)
		}
	}
	m.Tick(need, false)
	expect("calm", need, 0)
	m.Tick(need, true)
	m.Tick(need, true)
	expect("busy", need+busyMemory, 0, busyPercent)
	m.Tick(2*need, true)
	expect("busy, and needs more", 2*need+busyMemory, 0, busyPercent)
	m.Tick(need, false)
	m.Tick(need, false)
	expect("calm again", need, 1, busyPercent, calmPercent)
	m.Tick(leastBusy-busyMemory-1, true)
	expect("busy, and needs little", leastBusy, 1, busyPercent, calmPercent, busyPercent)
	m.Tick(need, false)
	expect("calm once more", need, 2, busyPercent, calmPercent, busyPercent, calmPercent)
	m.Tick(need-worthFreeing+1, false)
	expect("needs a little less", need-worthFreeing+1, 2, busyPercent, calmPercent, busyPercent, calmPercent)
}

// At the limit Go would give pages back and take them again all the time.
func TestGarbageEndsBelowTheLimit(t *testing.T) {
	for _, c := range []struct {
		live int64
		want int
	}{
		{1 << 20, busyPercent},
		{10 << 20, busyPercent},
		{40 << 20, 175}, // 80 of 100 MiB and the 44 on top, less 5 that are no heap
		{70 << 20, calmPercent},
		{200 << 20, calmPercent}, // and the limit is as below
	} {
		m := newMachine(Own{}, nil)
		m.state.live = c.live
		m.Tick(need, true)
		if m.percent != c.want {
			t.Errorf("%d MiB in use: %d percent, want %d", c.live>>20, m.percent, c.want)
		}
	}
}

// With 200 partitions more was held than thought. In one run of twelve the worker spent
// more than half of its processor time on collecting and sent a quarter of its messages.
func TestAProgramThatNeedsMoreThanThoughtIsNotSpentOnCollecting(t *testing.T) {
	m := newMachine(Own{}, nil)
	m.state = state{live: 140 << 20, other: 10 << 20}
	m.Tick(need, true)
	if want := int64(150<<20) / 100 * spacious; m.limit != want {
		t.Errorf("the limit is %d, want %d", m.limit, want)
	}
	m.Tick(need, false)
	if m.limit != need {
		t.Errorf("calm, the limit is %d, want %d", m.limit, int64(need))
	}
	small := newMachine(Own{}, fstest.MapFS{membership: text("0::/\n"), groups + "/memory.max": text("167772200\n")})
	small.state = m.state
	small.Tick(need, true)
	if want := int64(1677722 * 90); small.limit != want {
		t.Errorf("in a container the limit is %d, want %d", small.limit, want)
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
		m.Tick(need, false)
		if m.limit != c.want {
			t.Errorf("%s: the limit is %d, want %d", c.name, m.limit, c.want)
		}
	}
}

func text(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

func TestWhatTheOperatorHasSetIsLeftAlone(t *testing.T) {
	for _, own := range []Own{{Percent: true}, {Limit: true}, {Percent: true, Limit: true}} {
		m := newMachine(own, nil)
		m.Tick(need, true)
		m.Tick(need, false)
		if got := (Own{Percent: m.percents == nil, Limit: m.limit == 0 && m.freed == 0}); got != own {
			t.Errorf("%+v was set, and %+v left alone", own, got)
		}
	}
}

func TestTheStateIsTheRuntimes(t *testing.T) {
	runtime.GC()
	before := read()
	kept := make([]byte, 8<<20)
	runtime.GC()
	after := read()
	if grown := after.live - before.live; grown < int64(len(kept))*9/10 || after.other <= 0 || after.other > 64<<20 {
		t.Errorf("%+v, and with 8 MiB more %+v", before, after)
	}
	runtime.KeepAlive(kept)
}
