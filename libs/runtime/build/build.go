// Package build says which build of a program is running.
package build

import (
	"fmt"
	"runtime/debug"

	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
)

// unknown stands for facts that the binary does not contain.
const unknown = "unknown"

// Info describes a binary.
type Info struct {
	// Service is the name of the program.
	Service string `json:"service"`
	// Version is the released version, or "dev".
	Version string `json:"version"`
	// Revision is the commit, with "-dirty" when files had been changed.
	Revision string `json:"revision"`
	// Go is the version of the toolchain.
	Go string `json:"go"`
	// Zones is the version of the time-zone data that is built in.
	Zones string `json:"zones"`
}

// Read returns the Info of this binary. stamped is the version that the linker put into
// it (-ldflags "-X main.version=…"); if it is empty, the version of the main module
// counts, then "dev".
func Read(service, stamped string) Info {
	info := Info{Service: service, Version: stamped, Revision: unknown, Go: unknown, Zones: localtime.BuiltInVersion()}
	binary, ok := debug.ReadBuildInfo()
	if ok {
		info.Go = binary.GoVersion
		info.Revision = revision(binary.Settings)
		if info.Version == "" && binary.Main.Version != "(devel)" {
			info.Version = binary.Main.Version
		}
	}
	if info.Version == "" {
		info.Version = "dev"
	}
	return info
}

func revision(settings []debug.BuildSetting) string {
	commit, changed := unknown, ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "-dirty"
		}
	}
	return commit + changed
}

// String returns the line that `<program> version` prints.
func (i Info) String() string {
	return fmt.Sprintf("%s %s (revision %s, %s, time zones %s)", i.Service, i.Version, i.Revision, i.Go, i.Zones)
}
