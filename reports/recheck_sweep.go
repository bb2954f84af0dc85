package reports

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"uorobench/bench/verify"
)

// The checks of a sweep as a whole; each point has those of a run besides.
var (
	sweepFilesCheck = &verify.Check{
		Name: "files", Against: "sizes and SHA-256 in " + SweepName,
		Claim: "every file of the sweep itself is there, as it was written",
	}
	pointsCheck = &verify.Check{
		Name: "points", Against: "the experiment of " + SweepName + " at the axes' values",
		Claim: "the points are all combinations of the axes' values, each has the configuration that they give, and no other run stands among them",
	}
	tablesCheck = &verify.Check{
		Name: "tables", Against: "the page written again from the points' summary.parquet",
		Claim: "summary.md, byte for byte",
	}
	planeCheck = &verify.Check{
		Name: "plane", Against: "the figure drawn again from the points' summary.parquet",
		Claim: "plane.svg and plane.png, byte for byte",
	}
)

// SweepPart is what was found of one point, or of the sweep's own files.
type SweepPart struct {
	Name  string // the point's directory inside the sweep's; SweepItself for the sweep
	Cases []verify.Case
}

// SweepItself names the part of a verification that is about no single point.
const SweepItself = "sweep"

// RecheckSweep verifies the finished sweep directory at path: every point as
// Recheck does, in the order of the sweep, and then the sweep's own files. A point
// that is missing or unfinished is a failed case. Workers (0: one per core) share
// the points; what is found does not depend on them. The error says why nothing
// could be checked, or is the context's cause.
func RecheckSweep(ctx context.Context, path string, workers int) ([]SweepPart, error) {
	m, err := ReadSweepManifest(path)
	if err != nil {
		return nil, err
	}
	parts := make([]SweepPart, len(m.Points), len(m.Points)+1)
	eachPoint(ctx, len(parts), workers, func(i int) { parts[i] = m.recheckPoint(path, i) })
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return append(parts, SweepPart{SweepItself, m.recheckItself(path)}), nil
}

// eachPoint calls do for all points, on several goroutines.
func eachPoint(ctx context.Context, points, workers int, do func(i int)) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(workers, points) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < points && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wait.Wait()
}

// recheckPoint verifies the run of point i.
func (m *SweepManifest) recheckPoint(path string, i int) SweepPart {
	p := m.Points[i]
	part := SweepPart{Name: p.Dir}
	dir := filepath.Join(path, filepath.FromSlash(p.Dir))
	if why := unfinished(dir, p.ConfigSHA256); why != "" {
		part.Cases = []verify.Case{{Check: pointsCheck, Failure: why}}
		return part
	}
	var err error
	if part.Cases, err = Recheck(dir); err != nil {
		part.Cases = []verify.Case{{Check: filesCheck, Failure: err.Error()}}
	}
	return part
}

// unfinished says in a line why no finished run of that configuration stands in a
// point's directory; "" where one does.
func unfinished(dir, config string) string {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return "the point is missing: there is no such directory"
	}
	if _, err := os.Stat(filepath.Join(dir, ManifestName)); errors.Is(err, os.ErrNotExist) {
		return "the point is not finished: it has no " + ManifestName
	}
	run, err := ReadManifest(dir)
	switch {
	case err != nil:
		return err.Error()
	case run.Exit != Complete:
		return fmt.Sprintf("the point is not finished: its run ended %s", run.Exit)
	case run.ConfigSHA256 != config:
		return fmt.Sprintf("the point is of another configuration: config_sha256 %.12s…, %s has %.12s…", run.ConfigSHA256, SweepName, config)
	}
	return ""
}

// recheckItself verifies what is of no single point.
func (m *SweepManifest) recheckItself(path string) []verify.Case {
	cases := []verify.Case{m.recheckFiles(path)}
	cases = append(cases, m.recheckPoints(path)...)
	r, err := m.Report(path)
	if err != nil {
		why := "not all points can be read: " + err.Error()
		return append(cases, verify.Case{Check: tablesCheck, Skipped: why}, verify.Case{Check: planeCheck, Skipped: why})
	}
	cases = append(cases, rewritten(tablesCheck, path, "summary.md", func(w io.Writer) error { return r.Write(w, Markdown) }))
	return append(cases, recheckPlane(path, r)...)
}

// recheckFiles compares the sweep's own files with their digests.
func (m *SweepManifest) recheckFiles(path string) verify.Case {
	c := verify.Case{Check: sweepFilesCheck}
	if len(m.Files) == 0 {
		c.Skipped = SweepName + " is of a version that kept no digests of the sweep's own files"
		return c
	}
	var errs []error
	for _, f := range m.Files {
		errs = append(errs, f.check(path))
	}
	if err := errors.Join(errs...); err != nil {
		c.Failure = err.Error()
	}
	return c
}

// recheckPlane draws the figure again. Another version of the program or of the
// drawing library may draw it otherwise from the same rows; its digest vouches for
// it then.
func recheckPlane(path string, r SweepReport) []verify.Case {
	plane, ok := PlaneOf(r)
	if !ok {
		return []verify.Case{{Check: planeCheck, Skipped: "too few estimators for a figure"}}
	}
	return []verify.Case{redraw(path, "plane.svg", plane.WriteSVG), redraw(path, "plane.png", plane.WritePNG)}
}

func redraw(path, name string, draw func(io.Writer) error) verify.Case {
	c := verify.Case{Check: planeCheck}
	kept, err := os.ReadFile(filepath.Join(path, name))
	var drawn bytes.Buffer
	if err = errors.Join(err, draw(&drawn)); err != nil {
		c.Failure = err.Error()
	} else if !bytes.Equal(kept, drawn.Bytes()) {
		c.Skipped = name + ": this program draws it otherwise; its digest alone is checked"
	}
	return c
}
