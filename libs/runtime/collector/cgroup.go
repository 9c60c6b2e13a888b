package collector

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// The files in which Linux lists the control groups of a process, and the limits of the
// groups (cgroups(7)).
const (
	membership = "proc/self/cgroup"
	groups     = "sys/fs/cgroup"
)

// containerLimit returns how much memory, in bytes, the groups of this process allow;
// unlimited if they set no limit.
func containerLimit(root fs.FS) int64 {
	text, err := fs.ReadFile(root, membership)
	if err != nil {
		return unlimited
	}
	least := int64(unlimited)
	for line := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n") {
		// A line is "0::/path" for version 2 and "4:memory:/path" for version 1.
		fields := strings.SplitN(line, ":", 3)
		switch {
		case len(fields) != 3:
		case fields[0] == "0" && fields[1] == "":
			least = min(least, along(root, groups, fields[2], "memory.max"))
		case fields[1] == "memory":
			least = min(least, along(root, groups+"/memory", fields[2], "memory.limit_in_bytes"))
		}
	}
	return least
}

// along returns the lowest limit of a group and its parents. A container may see its
// own group as the root, but get a path from outside: a group that does not exist here
// sets no limit.
func along(root fs.FS, mount, group, file string) int64 {
	least := int64(unlimited)
	for at := path.Clean("/" + group); ; at = path.Dir(at) {
		if n := limitIn(root, path.Join(mount, at, file)); n > 0 {
			least = min(least, n)
		}
		if at == "/" {
			return least
		}
	}
}

// limitIn reads a limit; 0 for no limit.
func limitIn(root fs.FS, file string) int64 {
	text, err := fs.ReadFile(root, file)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0 // "max"
	}
	return n
}
