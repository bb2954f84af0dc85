package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"uorobench/bench"
	"uorobench/bench/input"
)

// SweepName is the file that makes a directory one of a sweep. It is written
// last.
const SweepName = "sweep.json"

// SweepManifest tells what a sweep measured. The points' own manifests tell the
// rest.
type SweepManifest struct {
	SchemaVersion int          `json:"schema_version"` // of the datasets; set by Write
	Name          string       `json:"name"`           // of the experiment
	ConfigTOML    string       `json:"config_toml"`    // the experiment without the axes' settings
	ConfigSHA256  string       `json:"config_sha256"`  // of the points' digests, joined: what was measured
	Axes          []SweepAxis  `json:"axes"`
	Points        []SweepPoint `json:"points"` // the last axis fastest
	Program       Program      `json:"program"`
	Host          Host         `json:"host"`
	// Inputs are the files that the points read: a text, a network's weights.
	Inputs  []input.Digest `json:"inputs,omitempty"`
	Files   []FileEntry    `json:"files,omitempty"` // of the sweep itself, ordered by name, but for this one; set by Write
	Started time.Time      `json:"started"`
	Ended   time.Time      `json:"ended"`
}

// SweepAxis is a field and the values that it was given.
type SweepAxis struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
}

// SweepPoint is the run of one point.
type SweepPoint struct {
	Dir          string   `json:"dir"`    // its run directory inside the sweep's, forward slashes
	Values       []string `json:"values"` // one per axis
	ConfigSHA256 string   `json:"config_sha256"`
}

// PointDir is the folder of a point inside a sweep's directory, a level per axis
// named axis_KEY=VALUE, as partitions are: DuckDB and PyArrow then give the axes as
// columns of their own. Without the prefix hidden and seed would be there twice,
// which PyArrow refuses. Values are percent-encoded, "=" as well.
func PointDir(p bench.Point) string {
	dir := ""
	for _, s := range p.Settings {
		dir = filepath.Join(dir, axisColumn(s.Key)+"="+strings.ReplaceAll(url.QueryEscape(s.Value), "+", "%20"))
	}
	return filepath.ToSlash(dir)
}

// NewSweepManifest lists the axes and points of a sweep of the experiment.
func NewSweepManifest(base *bench.Experiment, axes []bench.Axis, points []bench.Point) SweepManifest {
	m := SweepManifest{Name: base.Name, ConfigTOML: string(base.Encode())}
	for _, a := range axes {
		m.Axes = append(m.Axes, SweepAxis{a.Key, a.Values})
	}
	digests := ""
	for _, p := range points {
		point := SweepPoint{Dir: PointDir(p), ConfigSHA256: Digest(string(p.Experiment.Encode()))}
		for _, s := range p.Settings {
			point.Values = append(point.Values, s.Value)
		}
		m.Points = append(m.Points, point)
		digests += point.ConfigSHA256
	}
	m.ConfigSHA256 = Digest(digests)
	if len(points) > 0 {
		m.Inputs = points[0].Experiment.Inputs() // all share one memory of what was read
	}
	return m
}

// Write writes summary.md, the plane of the estimators where there are several,
// and then the manifest into the sweep's directory.
func (m SweepManifest) Write(path string, r SweepReport) error {
	m.SchemaVersion = SchemaVersion
	m.Started, m.Ended = m.Started.UTC().Truncate(time.Second), m.Ended.UTC().Truncate(time.Second)
	dir := &Dir{path: path}
	if err := dir.WriteFile("summary.md", func(w io.Writer) error { return r.Write(w, Markdown) }); err != nil {
		return err
	}
	if plane, ok := PlaneOf(r); ok {
		if err := errors.Join(dir.WriteFile("plane.svg", plane.WriteSVG), dir.WriteFile("plane.png", plane.WritePNG)); err != nil {
			return err
		}
	}
	m.Files = dir.Files()
	return dir.WriteFile(SweepName, func(w io.Writer) error { return encodeJSON(w, m) })
}

// IsSweep says whether the directory at path is one of a finished sweep.
func IsSweep(path string) bool {
	_, err := os.Stat(filepath.Join(path, SweepName))
	return err == nil
}

// ReadSweepManifest reads the manifest of the sweep directory at path.
func ReadSweepManifest(path string) (SweepManifest, error) {
	var m SweepManifest
	name := filepath.Join(path, SweepName)
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s is not a finished sweep: it has no %s", path, SweepName)
	}
	if err != nil {
		return m, fmt.Errorf("sweep: %w", err)
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("sweep %s is damaged: %w", name, err)
	}
	return m, m.check(name)
}

func (m *SweepManifest) check(name string) error {
	if m.SchemaVersion != SchemaVersion {
		return fmt.Errorf("sweep %s: schema version %d; this program reads version %d: use the program that wrote it",
			name, m.SchemaVersion, SchemaVersion)
	}
	for _, p := range m.Points {
		if len(p.Values) != len(m.Axes) {
			return fmt.Errorf("sweep %s is damaged: point %s has %d values for %d axes", name, p.Dir, len(p.Values), len(m.Axes))
		}
		if !filepath.IsLocal(filepath.FromSlash(p.Dir)) {
			return fmt.Errorf("sweep %s is damaged: point %q lies outside of it", name, p.Dir)
		}
	}
	return nil
}

// ReadSweep reads the report of the sweep directory at path, from its points'
// Parquet.
func ReadSweep(path string) (SweepReport, error) {
	m, err := ReadSweepManifest(path)
	if err != nil {
		return SweepReport{}, err
	}
	return m.Report(path)
}

// Report reads the points' summaries under path.
func (m *SweepManifest) Report(path string) (SweepReport, error) {
	r := SweepReport{Name: m.Name, Axes: m.Axes}
	for _, p := range m.Points {
		rows, err := Summary.Read(filepath.Join(path, filepath.FromSlash(p.Dir)))
		if err != nil {
			return SweepReport{}, err
		}
		for _, row := range (Report{Summary: rows}).exportedSummary() {
			r.Rows = append(r.Rows, SweepRow{Values: p.Values, Key: row.Key, NSteps: row.NSteps, Figures: row.Figures, Derived: row.Derived})
		}
	}
	return r, nil
}
