package democmd

import (
	"os/exec"
	"syscall"
)

// endWithParent lets the system kill the program when the demo dies without
// ending it, by kill -9 for one: it would go on for ever, with nothing to do.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
