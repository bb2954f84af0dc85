package main

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"uorobench/reports"
)

// versionCommand says what was built.
type versionCommand struct{}

func (c *versionCommand) execute(_ context.Context, out output) error {
	info, _ := debug.ReadBuildInfo()
	p := reports.ProgramOf(version, revision, info)
	modified := ""
	if p.VCSModified {
		modified = " (modified)"
	}
	_, err := fmt.Fprintf(out.stdout, "uorobench %s, revision %s%s, %s, %s/%s\n",
		cmp.Or(p.Version, "unknown"), cmp.Or(p.VCSRevision, "unknown"), modified, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
