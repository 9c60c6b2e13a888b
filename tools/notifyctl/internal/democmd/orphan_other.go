//go:build !linux

package democmd

import "os/exec"

// endWithParent does nothing where the system cannot do it.
func endWithParent(*exec.Cmd) {}
