package rig

import (
	"os"
	"runtime"
	"runtime/debug"
)

// Machine says in general words where it ran.
type Machine struct {
	System     string
	Cores      int
	MemoryGiB  int64
	Go         string
	PostgreSQL string
	Temporal   string
	SDK        string
}

// ThisMachine is the one that this runs on.
func ThisMachine(postgresVersion string) Machine {
	text, _ := os.ReadFile("/proc/meminfo") // Elsewhere it is not said.
	m := Machine{
		System: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.NumCPU(), MemoryGiB: (kilobytes(string(text), "MemTotal:") + 1<<29) >> 30,
		Go: runtime.Version(), PostgreSQL: postgresVersion,
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			switch module.Path {
			case "go.temporal.io/server":
				m.Temporal = module.Version
			case "go.temporal.io/sdk":
				m.SDK = module.Version
			}
		}
	}
	return m
}
