package reports

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"uorobench/bench/config"
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
	if err := w.begin(); err != nil {
		return nil, errors.Join(err, removeIfEmpty(w.dir.place(checkpointFolder)), w.dir.Discard())
	}
	return w, nil
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
	text, err := os.ReadFile(filepath.Join(path, configName))
	if err != nil {
		return fmt.Errorf("nothing to resume in %s: %w", path, err)
	}
	if _, err := os.Stat(filepath.Join(path, ManifestName)); err == nil {
		return fmt.Errorf("nothing to resume in %s: the training is finished", path)
	}
	if info, err := os.Lstat(filepath.Join(path, checkpointFolder)); err != nil || !info.IsDir() {
		return fmt.Errorf("nothing to resume in %s: it has no folder %s", path, checkpointFolder)
	}
	there := training.DefaultExperiment()
	if err := there.Fields().Read(text, filepath.Join(path, configName)); err != nil {
		return fmt.Errorf("nothing to resume: %w", err)
	}
	if d := config.Differences(there.Fields(), w.experiment.Fields()); len(d) > 0 {
		return fmt.Errorf("%s was made with another experiment: it has %q, this one %q; resume with the same, or give a new directory",
			path, d[0].Key+" = "+d[0].A, d[0].Key+" = "+d[0].B)
	}
	return nil
}

// configName is the file of the resolved configuration.
const configName = "config.toml"

// clear drops datasets of an end that was cut off before the manifest, and files
// of the training that never got their name. Files that a rename replaces may stay.
// Whatever is not of a training stays, and is refused where it stands among the
// parts of a dataset.
func (w *TrainingWriter) clear() error {
	entries, err := os.ReadDir(w.dir.path)
	if err != nil {
		return err
	}
	var stale []string
	for _, e := range entries {
		name := e.Name()
		switch {
		case e.IsDir() && (name == Curves.name || isTempFolder(name)):
			parts, foreign, err := partEntries(w.dir.place(name))
			if err != nil || foreign != "" {
				return errors.Join(err, fmt.Errorf("%s holds %s, which is no file of a training: move it away", w.dir.place(name), foreign))
			}
			for _, part := range parts {
				stale = append(stale, filepath.Join(name, part))
			}
			stale = append(stale, name)
		case e.Type().IsRegular() && (name == Trainings.File(0) || name == Goals.File(0) || trainingTemp.MatchString(name)):
			stale = append(stale, name)
		}
	}
	var errs []error
	for _, name := range stale {
		errs = append(errs, removeIfThere(w.dir.place(name)))
	}
	return errors.Join(append(errs, w.removeCheckpoints(checkpointTemp))...)
}

var (
	// trainingTemp is a file of a training before it had its name.
	trainingTemp = regexp.MustCompile(`^\.(config\.toml|manifest\.json|summary\.(md|json)|curves\.(svg|png)|params-.+\.safetensors|(trainings|goals)\.parquet|writable)\.tmp-[0-9]+$`)
	// checkpoint is a checkpoint, and checkpointTemp one that had no name yet.
	checkpoint     = regexp.MustCompile(`^.+-[0-9]+\.ckpt$`)
	checkpointTemp = regexp.MustCompile(`^\..+-[0-9]+\.ckpt\.tmp-[0-9]+$`)
)

func isTempFolder(name string) bool {
	m := tempFolder.FindStringSubmatch(name)
	return m != nil && m[1] == Curves.name
}

// removeCheckpoints removes the files of those forms among the checkpoints.
func (w *TrainingWriter) removeCheckpoints(forms ...*regexp.Regexp) error {
	folder := w.dir.place(checkpointFolder)
	entries, err := os.ReadDir(folder)
	errs := []error{err}
	for _, e := range entries {
		if e.Type().IsRegular() && slices.ContainsFunc(forms, func(f *regexp.Regexp) bool { return f.MatchString(e.Name()) }) {
			errs = append(errs, removeIfThere(filepath.Join(folder, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// dropCheckpoints removes the checkpoints, and their folder if nothing else is in
// it.
func (w *TrainingWriter) dropCheckpoints() error {
	err := w.removeCheckpoints(checkpoint, checkpointTemp)
	return errors.Join(err, removeIfEmpty(w.dir.place(checkpointFolder)))
}

// begin makes the folder of the checkpoints, without which there is nothing to
// resume, and writes what a resumed training is compared with.
func (w *TrainingWriter) begin() error {
	if err := os.Mkdir(w.dir.place(checkpointFolder), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return w.text(configName, w.config)
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
		w.dropCheckpoints,
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
