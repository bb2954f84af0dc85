package reports

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"uorobench/bench"
	"uorobench/bench/verify"
)

// measureSweep writes a sweep of three sizes and two seeds into a new directory. It
// has a figure with three estimators or more, which takes most of the time of a
// check.
func measureSweep(t *testing.T, estimators ...string) string {
	t.Helper()
	base := tiny()
	base.Cells, base.Detail = []string{"rnn"}, []string{bench.DetailSteps}
	base.Estimators = estimators
	axes := []bench.Axis{{Key: "hidden", Values: []string{"2", "3", "4"}}, {Key: "weight_seed", Values: []string{"1", "2"}}}
	points, err := bench.Sweep(base, axes)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "sweep")
	for _, p := range points {
		measurePoint(t, filepath.Join(path, PointDir(p)), p.Experiment)
	}
	m := NewSweepManifest(base, axes, points)
	r, err := m.Report(path)
	if err == nil {
		err = m.Write(path, r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func measurePoint(t *testing.T, path string, e *bench.Experiment) {
	t.Helper()
	dir, err := CreateDir(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewRunWriter(dir, e)
	if err != nil {
		t.Fatal(err)
	}
	r, err := bench.Run(context.Background(), e, bench.RunOptions{Workers: 1})
	if err == nil {
		_, err = w.Finish(r, Origin{Started: time.Unix(1, 0), Ended: time.Unix(2, 0)})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func mustRecheckSweep(t *testing.T, path string) []SweepPart {
	t.Helper()
	parts, err := RecheckSweep(context.Background(), path, 2)
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

// failedParts names the checks that fail, after the part's name.
func failedParts(parts []SweepPart) []string {
	var names []string
	for _, p := range parts {
		for _, c := range verify.Failures(p.Cases) {
			if name := p.Name + " " + c.Check.Name; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

func TestRecheckSweepHolds(t *testing.T) {
	path := measureSweep(t, "uoro", "snap1", "cv-uoro/snap1", "residual")
	parts := mustRecheckSweep(t, path)
	if len(parts) != 7 || parts[0].Name != "axis_hidden=2/axis_weight_seed=1" || parts[6].Name != SweepItself {
		t.Fatalf("%d parts", len(parts))
	}
	if failed := failedParts(parts); len(failed) > 0 {
		t.Errorf("fails %v: %+v", failed, verify.Failures(parts[6].Cases))
	}
	compared := map[string]int{}
	for _, c := range parts[6].Cases {
		if c.Skipped == "" {
			compared[c.Check.Name]++
		}
	}
	// The page; the list, its directories' six configurations;
	// two figures.
	if compared["tables"] != 1 || compared["points"] != 7 || compared["files"] != 1 || compared["plane"] != 2 {
		t.Errorf("compared %v", compared)
	}
	must(t, os.Remove(filepath.Join(path, "plane.svg")))
	if got, want := failedParts(mustRecheckSweep(t, path)), []string{"sweep files", "sweep plane"}; !slices.Equal(got, want) {
		t.Errorf("without the figure: fails %v, want %v", got, want)
	}
}

func TestRecheckSweepForAnyWorkers(t *testing.T) {
	path := measureSweep(t, "uoro", "residual")
	parts := mustRecheckSweep(t, path)
	one, err := RecheckSweep(context.Background(), path, 1)
	if err != nil || len(one) != len(parts) {
		t.Fatalf("by one worker: %v", err)
	}
	for i := range one {
		if one[i].Name != parts[i].Name || len(one[i].Cases) != len(parts[i].Cases) {
			t.Errorf("by one worker part %d is another", i)
		}
	}
}

// redigest makes sweep.json fit what the sweep's own files are, as one would who
// wants a change to pass.
func redigest(t *testing.T, path string, change func(m *SweepManifest)) {
	t.Helper()
	m, err := ReadSweepManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range m.Files {
		data, err := os.ReadFile(filepath.Join(path, f.Name))
		if err != nil {
			t.Fatal(err)
		}
		m.Files[i].Bytes, m.Files[i].SHA256 = int64(len(data)), Digest(string(data))
	}
	if change != nil {
		change(&m)
	}
	var text bytes.Buffer
	if err := errors.Join(encodeJSON(&text, m), os.WriteFile(filepath.Join(path, SweepName), text.Bytes(), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func rewrite(t *testing.T, name string, change func(text string) string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	changed := change(string(data))
	if changed == string(data) {
		t.Fatalf("%s is not changed", name)
	}
	if err := os.WriteFile(name, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestRecheckSweepSeesFaults(t *testing.T) {
	sweep := measureSweep(t, "uoro", "residual")
	const first, point = "axis_hidden=2/axis_weight_seed=1", "axis_hidden=3/axis_weight_seed=2"
	summary := func(change func(string) string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			rewrite(t, filepath.Join(path, "summary.md"), change)
			redigest(t, path, nil)
		}
	}
	list := func(change func(m *SweepManifest)) func(t *testing.T, path string) {
		return func(t *testing.T, path string) { redigest(t, path, change) }
	}
	for _, tt := range []struct {
		name  string
		fault func(t *testing.T, path string)
		want  []string
		why   string
	}{
		{"nothing", func(*testing.T, string) {}, nil, ""},
		{"no point", func(t *testing.T, path string) { must(t, os.RemoveAll(filepath.Join(path, point))) },
			[]string{point + " points"}, "the point is missing: there is no such directory"},
		{"an unfinished point", func(t *testing.T, path string) { must(t, os.Remove(filepath.Join(path, point, ManifestName))) },
			[]string{point + " points"}, "the point is not finished: it has no manifest.json"},
		{"an interrupted point", func(t *testing.T, path string) {
			rewrite(t, filepath.Join(path, point, ManifestName), func(s string) string { return strings.Replace(s, `"complete"`, `"interrupted"`, 1) })
		}, []string{point + " points"}, "the point is not finished: its run ended interrupted"},
		{"another point's run", func(t *testing.T, path string) {
			must(t, os.RemoveAll(filepath.Join(path, point)))
			must(t, os.CopyFS(filepath.Join(path, point), os.DirFS(filepath.Join(path, first))))
		}, []string{point + " points", "sweep points", "sweep tables"}, "the point is of another configuration: config_sha256 "},
		{"a point's file", func(t *testing.T, path string) {
			must(t, os.WriteFile(filepath.Join(path, point, "summary.md"), nil, 0o644))
		},
			[]string{point + " files"}, "summary.md: 0 bytes"},
		{"a run too many", func(t *testing.T, path string) {
			must(t, os.CopyFS(filepath.Join(path, "axis_hidden=9"), os.DirFS(filepath.Join(path, first))))
		}, []string{"sweep points"}, "axis_hidden=9 holds a run that is no point of the sweep"},
		{"two points exchanged", list(func(m *SweepManifest) {
			m.Points[0].Values, m.Points[1].Values = m.Points[1].Values, m.Points[0].Values
		}),
			[]string{"sweep points", "sweep tables"}, `point 1 of sweep.json is at ["2" "2"], its place is that of ["2" "1"]`},
		{"a point left out", list(func(m *SweepManifest) { m.Points = m.Points[:5] }),
			[]string{"sweep points", "sweep tables"}, "sweep.json lists 5 points, and the axes have 6 combinations"},
		{"another experiment", list(func(m *SweepManifest) { m.ConfigTOML = strings.Replace(m.ConfigTOML, "scale = 1.0", "scale = 1.5", 1) }),
			[]string{"sweep points"}, first + `: its configuration is not the sweep's experiment at ["2" "1"]`},
		{"another digest", list(func(m *SweepManifest) { m.ConfigSHA256 = Digest("") }),
			[]string{"sweep points"}, "config_sha256 of sweep.json is not that of its points"},
		{"the summary, digest kept", func(t *testing.T, path string) {
			rewrite(t, filepath.Join(path, "summary.md"), func(s string) string { return s + "\n" })
		}, []string{"sweep files"}, "summary.md: "},
		{"a line less", summary(func(s string) string { return regexp.MustCompile(`\| residual.*\n`).ReplaceAllString(s, "") }),
			[]string{"sweep tables"}, "from the Parquet"},
		{"a line more", summary(func(s string) string {
			return strings.Replace(s, "| residual", "| resid | 1 | 2 | 3 | 4 |\n| residual", 1)
		}),
			[]string{"sweep tables"}, `"| resid | 1 | 2 | 3 | 4 |"`},
		{"a column less", summary(func(s string) string { return strings.Replace(s, " | exponent [95 %]", "", 1) }),
			[]string{"sweep tables"}, "and this program writes"},
		{"the repetitions", summary(func(s string) string { return strings.Replace(s, "2 repetitions", "8 repetitions", 1) }),
			[]string{"sweep tables"}, "8 repetitions of weight_seed"},
		{"the heading", summary(func(s string) string { return strings.Replace(s, "### rnn", "### gru", 1) }),
			[]string{"sweep tables"}, `and this program writes "### rnn, anbn`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := copyRun(t, sweep)
			tt.fault(t, path)
			parts := partsFor(t, path, tt.want)
			if got := failedParts(parts); !holdsAll(got, tt.want) {
				t.Errorf("fails %v, want %v", got, tt.want)
			}
			var told bytes.Buffer
			must(t, SweepVerification{Parts: parts, Each: false}.Write(&told, JSON))
			var rows []sweepCaseRow
			must(t, json.Unmarshal(told.Bytes(), &rows))
			if tt.why != "" && !slices.ContainsFunc(rows, func(r sweepCaseRow) bool { return r.Result == "FAIL" && strings.Contains(r.Why, tt.why) }) {
				t.Errorf("nobody says %q:\n%s", tt.why, told.String())
			}
		})
	}
}

// partsFor leaves the points out where only the sweep's own files are to fail.
func partsFor(t *testing.T, path string, want []string) []SweepPart {
	t.Helper()
	if len(want) == 0 || !strings.HasPrefix(want[0], SweepItself) {
		return mustRecheckSweep(t, path)
	}
	m, err := ReadSweepManifest(path)
	must(t, err)
	return []SweepPart{{SweepItself, m.recheckItself(path)}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A point whose rows were forged together with its digests differs from the tables.
func TestRecheckSweepSeesForgedRows(t *testing.T) {
	path := measureSweep(t, "uoro", "cv-uoro/snap1")
	const point = "axis_hidden=4/axis_weight_seed=1"
	forge(t, filepath.Join(path, point), func(r *Report) {
		for i := range r.Steps {
			r.Steps[i].VarTrace, r.Steps[i].MSE, r.Steps[i].RelVar = double(r.Steps[i].VarTrace), nil, nil
		}
		for i := range r.Summary {
			s := &r.Summary[i]
			s.VarTrace, s.RelVar, s.MSE, s.VarRatio = double(s.VarTrace), double(s.RelVar), nil, nil
		}
	})
	if got, want := failedParts(mustRecheckSweep(t, path)), []string{"sweep tables"}; !holdsAll(got, want) {
		t.Errorf("fails %v, want %v", got, want)
	}
}

func double(x *float64) *float64 {
	if x == nil {
		return nil
	}
	return scaledBy(x, 2)
}

func TestUnfinishedSweepIsTold(t *testing.T) {
	path := measureSweep(t, "uoro", "residual")
	must(t, os.Remove(filepath.Join(path, SweepName)))
	if _, err := Recheck(path); err == nil || !strings.Contains(err.Error(), "is a sweep that is not finished: it has no sweep.json; uorobench sweep with --resume goes on") {
		t.Errorf("got %v", err)
	}
}

func TestRecheckSweepStops(t *testing.T) {
	path := measureSweep(t, "uoro", "residual")
	cause := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	if _, err := RecheckSweep(ctx, path, 1); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}
