package reports

import (
	"runtime/debug"
	"strings"
)

// ProgramOf describes the running program. version and revision come from the
// linker (-ldflags "-X main.revision=…") and win where they are not empty;
// otherwise they are taken from info, which may be nil. Both ways are needed:
// a build with -buildvcs=false has no revision in info.
func ProgramOf(version, revision string, info *debug.BuildInfo) Program {
	p := Program{Version: version, VCSRevision: revision}
	if info == nil {
		return p
	}
	p.GoVersion = info.GoVersion
	if p.Version == "" {
		p.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && p.VCSRevision == "":
			p.VCSRevision = s.Value
		case s.Key == "vcs.modified":
			p.VCSModified = s.Value == "true"
		}
	}
	return p
}

// HostOf describes the build target from info, which may be nil. cpu is the
// CPU's model name and workers the number of workers.
func HostOf(cpu string, workers int, info *debug.BuildInfo) Host {
	h := Host{CPU: cpu, Workers: workers}
	if info == nil {
		return h
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "GOOS":
			h.OS = s.Value
		case "GOARCH":
			h.Arch = s.Value
		case "GOAMD64":
			h.AMD64 = s.Value
		}
	}
	return h
}

// CPUModel finds the first "model name" in the text of Linux's /proc/cpuinfo.
// It is empty where there is none, as on other systems and on most arm64.
func CPUModel(cpuinfo string) string {
	for line := range strings.Lines(cpuinfo) {
		key, value, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
