package harness

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// RemoveOrphans removes the containers that test processes left behind because they
// were killed, see Abandoned.
func RemoveOrphans(prefix string) {
	out, _ := exec.Command("docker", "ps", "-a", "--filter", "name=^"+prefix, "--format", "{{.Names}}").Output()
	for _, name := range strings.Fields(string(out)) {
		if Abandoned(prefix, name) {
			_ = exec.Command("docker", "rm", "-fv", name).Run()
		}
	}
}

// Abandoned reports whether name is prefix with the id of a process that is gone, and
// perhaps a hyphen and more. The processes of other users count as running.
func Abandoned(prefix, name string) bool {
	owner, ok := strings.CutPrefix(name, prefix)
	id, _, _ := strings.Cut(owner, "-")
	pid, err := strconv.Atoi(id)
	return ok && err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
