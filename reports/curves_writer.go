package reports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"uorobench/bench/training"
	"uorobench/bench/weights"
)

// TrainingWriter writes a training directory: config.toml first, checkpoints
// while the trainings go on, all else when they are done, the manifest last.
type TrainingWriter struct {
	dir        *Dir
	experiment *training.Experiment
	config     string // as TOML
	sha256     string
}

// NewTrainingWriter starts a training directory at path, which must be new or
// empty.
func NewTrainingWriter(path string, e *training.Experiment) (*TrainingWriter, error) {
	var err error
	w := newTrainingWriter(e)
	if w.dir, err = CreateDir(path); err != nil {
		return nil, err
	}
	return w, w.begin()
}

// ResumeTraining goes on with the training directory at path. The experiment
// must be the very one that it was made with.
func ResumeTraining(path string, e *training.Experiment) (*TrainingWriter, error) {
	w := newTrainingWriter(e)
	if err := w.checkSame(path); err != nil {
		return nil, err
	}
	w.dir = &Dir{path: path}
	if err := w.clear(); err != nil {
		return nil, err
	}
	return w, w.begin()
}

func newTrainingWriter(e *training.Experiment) *TrainingWriter {
	config := string(e.Encode())
	return &TrainingWriter{experiment: e, config: config, sha256: Digest(config)}
}

// checkSame refuses to mix two experiments, or to train a finished one again.
func (w *TrainingWriter) checkSame(path string) error {
	config, err := os.ReadFile(filepath.Join(path, configName))
	if err != nil {
		return fmt.Errorf("nothing to resume in %s: %w", path, err)
	}
	if _, err := os.Stat(filepath.Join(path, ManifestName)); err == nil {
		return fmt.Errorf("nothing to resume in %s: the training is finished", path)
	}
	if given, there, differ := differingLine(w.config, string(config)); differ {
		return fmt.Errorf("%s was made with another experiment: it has %q, this one %q; resume with the same, or give a new directory",
			path, there, given)
	}
	return nil
}

// differingLine finds the first line in which two texts differ.
func differingLine(a, b string) (lineA, lineB string, differ bool) {
	linesA, linesB := bytes.Split([]byte(a), []byte("\n")), bytes.Split([]byte(b), []byte("\n"))
	for i := range max(len(linesA), len(linesB)) {
		lineA, lineB = "", ""
		if i < len(linesA) {
			lineA = string(linesA[i])
		}
		if i < len(linesB) {
			lineB = string(linesB[i])
		}
		if lineA != lineB {
			return lineA, lineB, true
		}
	}
	return "", "", false
}

// configName is the file of the resolved configuration.
const configName = "config.toml"

// clear drops datasets of an end that was cut off before the manifest, and
// files that never got their name. Files that a rename replaces may stay.
func (w *TrainingWriter) clear() error {
	stale, err := filepath.Glob(filepath.Join(w.dir.path, ".*.tmp-*"))
	if err != nil {
		return err
	}
	more, err := filepath.Glob(filepath.Join(w.dir.path, checkpointFolder, ".*.tmp-*"))
	if err != nil {
		return err
	}
	stale = append(append(stale, more...), w.dir.place(Curves.name), w.dir.place(Trainings.File(0)), w.dir.place(Goals.File(0)))
	var errs []error
	for _, name := range stale {
		errs = append(errs, os.RemoveAll(name))
	}
	return errors.Join(errs...)
}

// begin writes what a resumed training is compared with.
func (w *TrainingWriter) begin() error {
	if err := w.text(configName, w.config); err != nil {
		return err
	}
	return os.MkdirAll(w.dir.place(checkpointFolder), 0o755)
}

// Store keeps the checkpoints in the directory.
func (w *TrainingWriter) Store() CheckpointStore {
	return CheckpointStore{w.dir.place(checkpointFolder)}
}

// Finish writes everything and returns the report of the training. The
// checkpoints go when all is written.
func (w *TrainingWriter) Finish(results []training.Result, o Origin) (TrainingReport, error) {
	goals, err := goalRows(w.experiment, results)
	report := TrainingReport{Goals: goals, Trainings: trainingRows(w.experiment, results)}
	if err != nil {
		return report, err
	}
	for _, write := range []func() error{
		func() error { return Curves.WriteAll(w.dir, w.sha256, curveRows(w.experiment, results)) },
		func() error { return Trainings.WriteAll(w.dir, w.sha256, report.Trainings) },
		func() error { return Goals.WriteAll(w.dir, w.sha256, report.Goals) },
		func() error { return w.params(results) },
		func() error { return w.figure(results) },
		func() error { return w.report(report, "summary.md", Markdown) },
		func() error { return w.report(report, "summary.json", JSON) },
		func() error { return w.manifest(o).Write(w.dir) },
		func() error { return os.RemoveAll(w.dir.place(checkpointFolder)) },
	} {
		if err := write(); err != nil {
			return report, err
		}
	}
	return report, nil
}

func (w *TrainingWriter) text(name, text string) error {
	return w.dir.WriteFile(name, func(out io.Writer) error {
		_, err := io.WriteString(out, text)
		return err
	})
}

func (w *TrainingWriter) report(r TrainingReport, name string, f Format) error {
	return w.dir.WriteFile(name, func(out io.Writer) error { return r.Write(out, f) })
}

// params writes the weights that were kept: params-METHOD-SEED-STEP.safetensors,
// float64, PyTorch names, slashes of the method as hyphens. Their metadata has
// the command line that makes them again.
func (w *TrainingWriter) params(results []training.Result) error {
	command, err := w.experiment.Command()
	if err != nil {
		return err
	}
	for _, r := range results {
		for _, s := range r.Snapshots {
			s.Metadata["config_sha256"], s.Metadata["command"] = w.sha256, command
			name := fmt.Sprintf("params-%s-%d-%d.safetensors", methodInFile(r.Method), r.Seed, s.Step)
			err := w.dir.WriteFile(name, func(out io.Writer) error {
				return weights.Write(out, s.Tensors, s.Metadata, weights.F64)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// figure draws the curves in both forms.
func (w *TrainingWriter) figure(results []training.Result) error {
	f := FigureOf(w.experiment, results)
	if err := w.dir.WriteFile("curves.svg", f.WriteSVG); err != nil {
		return err
	}
	return w.dir.WriteFile("curves.png", f.WritePNG)
}

func (w *TrainingWriter) manifest(o Origin) Manifest {
	return Manifest{
		Program: o.Program, Host: o.Host, Started: o.Started, Ended: o.Ended, Exit: Complete,
		ConfigTOML: w.config,
		Seeds:      map[string]uint64{"first": w.experiment.Seed},
		Symbols:    []string{}, Oracle: map[string]float64{}, Bits: map[string]float64{},
	}
}
