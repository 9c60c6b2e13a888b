package democmd

import (
	"os/exec"
	"syscall"
)

// endWithParent lets the system kill the program when the demo dies without ending it,
// for example by kill -9. Otherwise it would run for ever.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
