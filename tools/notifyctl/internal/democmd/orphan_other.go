//go:build !linux

package democmd

import "os/exec"

// endWithParent does nothing on systems without that feature.
func endWithParent(*exec.Cmd) {}
