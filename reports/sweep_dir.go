package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"uorobench/bench"
	"uorobench/bench/config"
	"uorobench/bench/input"
)

// sweepSettingsName is the file that says what an unfinished sweep was asked for. It
// is written before the first point, and goes when the manifest is there.
const sweepSettingsName = "sweep-settings.json"

// unfinishedPoint is the file in a point's directory that says that a sweep is
// measuring it, or was when it ended. A point with it may be deleted by the sweep's
// --resume; anything else is the user's.
const unfinishedPoint = "unfinished.json"

// SweepDir is the directory of a sweep that is being carried out. It is for one
// goroutine.
type SweepDir struct {
	dir      *Dir
	manifest *SweepManifest
	finished []bool // of the points
}

// CreateSweep makes the directory of a sweep, new or empty, and writes what it was
// asked for.
func CreateSweep(path string, m *SweepManifest) (*SweepDir, error) {
	dir, err := CreateDir(path)
	if err != nil {
		return nil, err
	}
	settings := *m
	settings.SchemaVersion = SchemaVersion
	text, err := json.MarshalIndent(settings, "", "  ")
	if err == nil {
		err = dir.Mark(sweepSettingsName, string(text)+"\n")
	}
	if err != nil {
		return nil, errors.Join(err, dir.Discard())
	}
	return &SweepDir{dir, m, make([]bool, len(m.Points))}, nil
}

// ResumeSweep takes up the directory of a sweep that was not finished. It must be
// one of this very sweep, and hold nothing under a point's name but a run of that
// point, or what this sweep left of one; the error says what differs. Nothing is
// changed yet.
func ResumeSweep(path string, m *SweepManifest) (*SweepDir, error) {
	was, done, err := readSettings(path)
	if err != nil {
		return nil, err
	}
	if differs := m.differences(&was); len(differs) > 0 {
		return nil, fmt.Errorf("%s was made with other settings: %s; resume with the same, or give a new directory", path, strings.Join(differs, "; "))
	}
	s := &SweepDir{&Dir{path: path, mark: sweepSettingsName}, m, make([]bool, len(m.Points))}
	for i := range m.Points {
		if s.finished[i], err = s.look(i); err != nil {
			return nil, err
		}
	}
	if done && !slices.Contains(s.finished, false) {
		return nil, fmt.Errorf("nothing to resume in %s: the sweep is finished", path)
	}
	return s, nil
}

// isUnfinishedSweep says whether the directory has points, or the settings, of a
// sweep. The names are compared one by one: a pattern over a user's path finds what
// lies in its siblings ("g[1]" is g1).
func isUnfinishedSweep(path string) bool {
	entries, err := os.ReadDir(path)
	return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return e.Name() == sweepSettingsName || strings.HasPrefix(e.Name(), axisColumn("")) && strings.Contains(e.Name(), "=")
	})
}

// readSettings reads what a sweep was asked for, of a finished one from its
// manifest.
func readSettings(path string) (m SweepManifest, done bool, err error) {
	if IsSweep(path) {
		m, err = ReadSweepManifest(path)
		return m, true, err
	}
	name := filepath.Join(path, sweepSettingsName)
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, fmt.Errorf("%s is not the directory of a sweep: it has neither %s nor %s", path, sweepSettingsName, SweepName)
	}
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		return m, false, fmt.Errorf("sweep %s is damaged: %w", name, err)
	}
	return m, false, m.check(name)
}

// differences tells what m measures that the sweep of another time did not. Two
// ways to write the same experiment are the same.
func (m *SweepManifest) differences(was *SweepManifest) []string {
	lines := inputDifferences(m.Inputs, was.Inputs)
	if m.Name != was.Name {
		lines = append(lines, fmt.Sprintf("name was %q, is %q", was.Name, m.Name))
	}
	if m.ConfigSHA256 == was.ConfigSHA256 && slices.EqualFunc(m.Points, was.Points, SweepPoint.equal) {
		return lines
	}
	if now, then := axesText(m.Axes), axesText(was.Axes); now != then {
		lines = append(lines, fmt.Sprintf("axes were %s, are %s", then, now))
	}
	now, errNow := bench.Parse([]byte(m.ConfigTOML), SweepName)
	then, errThen := bench.Parse([]byte(was.ConfigTOML), SweepName)
	if err := errors.Join(errNow, errThen); err != nil {
		return append(lines, err.Error())
	}
	for _, d := range config.Differences(then.Fields(), now.Fields()) {
		if !m.isAxis(d.Key) {
			lines = append(lines, fmt.Sprintf("%s was %s, is %s", d.Key, d.A, d.B))
		}
	}
	if len(lines) == 0 {
		lines = append(lines, "the points resolve to other configurations than in the program that made it")
	}
	return lines
}

func (p SweepPoint) equal(q SweepPoint) bool {
	return p.Dir == q.Dir && p.ConfigSHA256 == q.ConfigSHA256
}

func (m *SweepManifest) isAxis(key string) bool {
	return slices.ContainsFunc(m.Axes, func(a SweepAxis) bool { return a.Key == key })
}

func axesText(axes []SweepAxis) string {
	var parts []string
	for _, a := range axes {
		parts = append(parts, a.Key+"="+strings.Join(a.Values, ","))
	}
	return strings.Join(parts, " ")
}

// inputDifferences tells which files of the experiment have other bytes.
func inputDifferences(now, then []input.Digest) []string {
	var lines []string
	for _, a := range now {
		for _, b := range then {
			if a.Path == b.Path && a.SHA256 != b.SHA256 {
				lines = append(lines, fmt.Sprintf("%s had SHA-256 %.12s…, has %.12s…", a.Path, b.SHA256, a.SHA256))
			}
		}
	}
	return lines
}

// pointPath is the directory of a point.
func (s *SweepDir) pointPath(i int) string {
	return filepath.Join(s.dir.path, filepath.FromSlash(s.manifest.Points[i].Dir))
}

// look says whether point i is finished, and refuses what stands in its place and
// was not made by this sweep.
func (s *SweepDir) look(i int) (finished bool, err error) {
	path, digest := s.pointPath(i), s.manifest.Points[i].ConfigSHA256
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || !info.IsDir() {
		return false, fmt.Errorf("point %s is no directory: move it away", path)
	}
	run, err := ReadManifest(path)
	if ours := err == nil && run.ConfigSHA256 == digest; ours && run.Exit == Complete && run.whole(path) {
		return true, nil
	} else if !ours && !markedBy(path, digest) {
		return false, refuseForeign(path)
	}
	return false, onlyRunFiles(path)
}

// markedBy says whether a sweep left the point's directory unfinished.
func markedBy(path, digest string) bool {
	var mark pointMark
	data, err := os.ReadFile(filepath.Join(path, unfinishedPoint))
	return err == nil && json.Unmarshal(data, &mark) == nil && mark.ConfigSHA256 == digest
}

// pointMark is what unfinishedPoint holds.
type pointMark struct {
	Note         string `json:"note"`
	ConfigSHA256 string `json:"config_sha256"`
}

// refuseForeign refuses whatever a directory holds that no sweep marked.
func refuseForeign(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil || len(entries) == 0 {
		return err
	}
	return fmt.Errorf("point %s is not finished, and not marked as left by this sweep; it holds %s: move it away, and it is measured anew", path, entries[0].Name())
}

// Finished says whether point i need not be measured any more.
func (s *SweepDir) Finished(i int) bool { return s.finished[i] }

// Point makes the directory of point i, marked as unfinished. What this sweep left
// there of an earlier try goes.
func (s *SweepDir) Point(i int) (*Dir, error) {
	path := s.pointPath(i)
	if _, err := os.Lstat(path); err == nil {
		if _, err := s.look(i); err != nil {
			return nil, err
		}
		if err := removeRunFiles(path); err != nil {
			return nil, fmt.Errorf("unfinished point %s: %w", path, err)
		}
	}
	dir, err := CreateDir(path)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(pointMark{"a point that a sweep began and did not finish: --resume deletes it and measures it anew", s.manifest.Points[i].ConfigSHA256})
	if err == nil {
		err = dir.Mark(unfinishedPoint, string(text)+"\n")
	}
	if err != nil {
		return nil, errors.Join(err, dir.Discard())
	}
	return dir, nil
}

// Discard removes the settings of a sweep that came to nothing, and its directory if
// the sweep made it.
func (s *SweepDir) Discard() error { return s.dir.Discard() }

// Path is the sweep's directory.
func (s *SweepDir) Path() string { return s.dir.path }

// Finish writes summary.md, the plane of the estimators where there are several,
// and then the manifest. The settings go.
func (s *SweepDir) Finish(r SweepReport) error {
	if err := s.manifest.Write(s.dir.path, r); err != nil {
		return err
	}
	var errs []error
	for i := range s.finished { // a process may end between a point's manifest and its mark
		errs = append(errs, removeIfThere(filepath.Join(s.pointPath(i), unfinishedPoint)))
	}
	return errors.Join(append(errs, s.dir.Unmark())...)
}
