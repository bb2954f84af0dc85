package reports

import (
	"bytes"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"uorobench/bench"
	"uorobench/bench/verify"
)

// recheckPoints compares the list of points with the axes, each point's
// configuration with the experiment at the axes' values, and the directories with
// the list.
func (m *SweepManifest) recheckPoints(path string) []verify.Case {
	cases := []verify.Case{{Check: pointsCheck, Failure: m.gridFault()}}
	if stray := m.strays(path); stray != "" {
		cases = append(cases, verify.Case{Check: pointsCheck, Failure: stray})
	}
	for i := range m.Points {
		c := verify.Case{Check: pointsCheck}
		c.Failure, c.Skipped = m.configFault(path, i)
		cases = append(cases, c)
	}
	return cases
}

// gridFault says where the points are not all combinations of the axes' values,
// the last axis fastest, or their digests not what the sweep's is made of.
func (m *SweepManifest) gridFault() string {
	want := 1
	for _, a := range m.Axes {
		want *= len(a.Values)
	}
	if len(m.Points) != want {
		return fmt.Sprintf("%s lists %d points, and the axes have %d combinations", SweepName, len(m.Points), want)
	}
	digests := ""
	for i, p := range m.Points {
		rest, values := i, make([]string, len(m.Axes))
		for a := len(m.Axes) - 1; a >= 0; a-- {
			n := len(m.Axes[a].Values)
			values[a], rest = m.Axes[a].Values[rest%n], rest/n
		}
		if !slices.Equal(values, p.Values) {
			return fmt.Sprintf("point %d of %s is at %q, its place is that of %q", i+1, SweepName, p.Values, values)
		}
		digests += p.ConfigSHA256
	}
	if Digest(digests) != m.ConfigSHA256 {
		return "config_sha256 of " + SweepName + " is not that of its points"
	}
	return ""
}

// strays names a run that a reader of **/summary.parquet would take for a point.
func (m *SweepManifest) strays(path string) string {
	listed := map[string]bool{}
	for _, p := range m.Points {
		listed[p.Dir] = true
	}
	found := ""
	err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != Summary.File(0) {
			return err
		}
		dir, err := filepath.Rel(path, filepath.Dir(name))
		if dir = filepath.ToSlash(dir); err == nil && !listed[dir] {
			found = fmt.Sprintf("%s holds a run that is no point of the sweep; **/%s would read it as one", dir, Summary.File(0))
			return fs.SkipAll
		}
		return err
	})
	if err != nil {
		return err.Error()
	}
	return found
}

// configFault says how the configuration of point i differs from the experiment
// at its values. Both are brought into today's canonical form, so that a key which
// came after the sweep makes no difference.
func (m *SweepManifest) configFault(path string, i int) (failure, skipped string) {
	p := m.Points[i]
	run, err := ReadManifest(filepath.Join(path, filepath.FromSlash(p.Dir)))
	if err != nil {
		return "", p.Dir + ": it has no configuration to compare"
	}
	want, err := m.experimentAt(p)
	if err != nil {
		return fmt.Sprintf("%s: %v", p.Dir, err), ""
	}
	got, err := bench.Parse([]byte(run.ConfigTOML), "config.toml")
	if err != nil {
		return fmt.Sprintf("%s: %v", p.Dir, err), ""
	}
	for _, e := range []**bench.Experiment{&want, &got} {
		if *e, err = (*e).Resolve(); err != nil {
			return "", fmt.Sprintf("%s: its configuration cannot be resolved here: %v", p.Dir, err)
		}
	}
	if !bytes.Equal(got.Encode(), want.Encode()) {
		return fmt.Sprintf("%s: its configuration is not the sweep's experiment at %q", p.Dir, p.Values), ""
	}
	return "", ""
}

// experimentAt is the sweep's experiment with a point's values.
func (m *SweepManifest) experimentAt(p SweepPoint) (*bench.Experiment, error) {
	e, err := bench.Parse([]byte(m.ConfigTOML), SweepName)
	if err != nil {
		return nil, err
	}
	for i, a := range m.Axes {
		if err := e.Set(a.Key, p.Values[i]); err != nil {
			return nil, err
		}
	}
	return e, nil
}
