package reports

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"uorobench/bench"
	"uorobench/bench/config"
	"uorobench/bench/weights"
)

// RunData is a finished run that was read back for a comparison.
type RunData struct {
	Path     string
	Manifest Manifest
	Report   Report
	sequence []SequenceRow
	vectors  []VectorRow
	weights  map[string][]weights.Tensor // by cell
}

// ReadRun reads manifest, rows, sequence and weights of the run directory at
// path.
func ReadRun(path string) (*RunData, error) {
	r := &RunData{Path: path, weights: make(map[string][]weights.Tensor)}
	var err error
	if r.Manifest, err = ReadManifest(path); err != nil {
		return nil, err
	}
	if r.Report, err = ReadReport(path); err != nil {
		return nil, err
	}
	if r.sequence, err = Sequence.Read(path); err != nil {
		return nil, err
	}
	if r.vectors, err = optional(Vectors.Read(path)); err != nil {
		return nil, err
	}
	for _, s := range r.Report.Summary {
		if r.weights[s.Cell] == nil {
			if r.weights[s.Cell], err = readTensors(filepath.Join(path, "params-"+s.Cell+".safetensors")); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

func readTensors(name string) ([]weights.Tensor, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	tensors, _, err := weights.Read(data)
	return tensors, wrapPath("reading", name, err)
}

// differences says in what the trajectories of two runs differ, for the cells
// that both have; nil where they are one. The files themselves are not compared:
// each carries the digest of its own run's configuration.
func (r *RunData) differences(o *RunData) []string {
	out := r.sequenceDifference(o)
	for _, cell := range r.cells() {
		if !slices.Contains(o.cells(), cell) {
			continue
		}
		if text := tensorDifference(r.weights[cell], o.weights[cell]); text != "" {
			out = append(out, "weights of "+cell+": "+text)
			continue
		}
		out = append(out, r.gradientDifference(o, cell)...)
	}
	return out
}

func (r *RunData) cells() []string {
	var cells []string
	for _, s := range r.Report.Summary {
		if !slices.Contains(cells, s.Cell) {
			cells = append(cells, s.Cell)
		}
	}
	return cells
}

// sequenceDifference compares the tasks and what was read. Runs of older versions kept
// no vectors; the gradients tell theirs apart.
func (r *RunData) sequenceDifference(o *RunData) []string {
	if a, b := r.tasks(), o.tasks(); a != b {
		return []string{"task: " + a + " and " + b}
	}
	if a, b := r.warmUp(), o.warmUp(); a != b && (len(r.vectors) > 0) == (len(o.vectors) > 0) {
		return []string{fmt.Sprintf("warm-up: %d and %d steps", a, b)}
	}
	if a, b := len(r.sequence), len(o.sequence); a != b {
		return []string{fmt.Sprintf("sequence: %d and %d steps", a, b)}
	}
	if len(r.vectors) > 0 && len(o.vectors) > 0 && !slices.Equal(r.vectors, o.vectors) {
		return []string{vectorDifference(r.vectors, o.vectors)}
	}
	differing, first := 0, 0
	for i := range r.sequence {
		if !r.stepsAlike(o, i) {
			if differing++; differing == 1 {
				first = int(r.sequence[i].Step)
			}
		}
	}
	if differing == 0 {
		return nil
	}
	return []string{fmt.Sprintf("sequence: %d of %d steps differ, the first is step %d; --sequence-seed holds it for runs of other seeds",
		differing, len(r.sequence), first)}
}

// warmUp is the number of steps before the window.
func (r *RunData) warmUp() int {
	n := 0
	for _, s := range r.sequence {
		if s.Step < 1 {
			n++
		}
	}
	if len(r.vectors) > 0 {
		n = max(0, 1-int(r.vectors[0].Step))
	}
	return n
}

// vectorDifference says where two lists of vectors differ, which they do.
func vectorDifference(a, b []VectorRow) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("sequence: vectors differ, first at step %d, %s[%d] = %v and %v; --sequence-seed holds it for runs of other seeds",
				a[i].Step, a[i].Kind, a[i].Index, a[i].Value, b[i].Value)
		}
	}
	return fmt.Sprintf("sequence: %d and %d numbers of vectors", len(a), len(b))
}

func (r *RunData) tasks() string {
	var tasks []string
	for _, s := range r.Report.Summary {
		if !slices.Contains(tasks, s.Task) {
			tasks = append(tasks, s.Task)
		}
	}
	return strings.Join(tasks, ", ")
}

// stepsAlike compares step i by its symbols, as two runs may number them in
// their own ways.
func (r *RunData) stepsAlike(o *RunData, i int) bool {
	a, b := r.sequence[i], o.sequence[i]
	if (a.Target == nil) != (b.Target == nil) || r.symbol(a.Input) != o.symbol(b.Input) {
		return false
	}
	return a.Target == nil || r.symbol(*a.Target) == o.symbol(*b.Target)
}

func (r *RunData) symbol(code int32) string {
	if int(code) < len(r.Manifest.Symbols) {
		return r.Manifest.Symbols[code]
	}
	return fmt.Sprint(code)
}

// tensorDifference describes the first tensor that differs, in shape if any does,
// which says more than numbers. Both lists are ordered by name.
func tensorDifference(a, b []weights.Tensor) string {
	if len(a) != len(b) {
		return fmt.Sprintf("%d and %d tensors", len(a), len(b))
	}
	for i := range a {
		switch {
		case a[i].Name != b[i].Name:
			return fmt.Sprintf("tensors %s and %s", a[i].Name, b[i].Name)
		case !slices.Equal(a[i].Shape, b[i].Shape):
			return fmt.Sprintf("%s has the shapes %v and %v", a[i].Name, a[i].Shape, b[i].Shape)
		}
	}
	for i := range a {
		if n := countDifferences(a[i].Data, b[i].Data); n > 0 {
			return fmt.Sprintf("%s differs in %d of %d numbers", a[i].Name, n, len(a[i].Data))
		}
	}
	return ""
}

// countDifferences compares bits; the lengths are equal.
func countDifferences(a, b []float64) int {
	n := 0
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
			n++
		}
	}
	return n
}

// sameGradient is the relative difference of ‖g‖² that rounding on another build
// target may make.
const sameGradient = 1e-9

// gradientDifference compares ‖g‖² at the steps that both measured: what differs
// although weights and sequence are one (the program's version, say) shows here.
func (r *RunData) gradientDifference(o *RunData, cell string) []string {
	other := o.gradients(cell)
	common, differing := 0, 0
	for step, a := range r.gradients(cell) {
		b, ok := other[step]
		if !ok {
			continue
		}
		common++
		if math.Abs(a-b) > sameGradient*math.Max(a, b) {
			differing++
		}
	}
	if differing == 0 {
		return nil
	}
	return []string{fmt.Sprintf("exact gradients of %s: ‖g‖² differs at %d of the %d steps that both measured", cell, differing, common)}
}

// gradients are ‖g‖² by measured step.
func (r *RunData) gradients(cell string) map[int32]float64 {
	out := make(map[int32]float64)
	for i := range r.Report.Steps {
		if s := &r.Report.Steps[i]; s.Cell == cell {
			out[s.Step] = s.ExactNormSq
		}
	}
	return out
}

// settings lists in what the configurations differ, but for labels and what is
// only written: "guard 'code' and 'paper'".
func (r *RunData) settings(o *RunData) ([]string, error) {
	a, errA := bench.Parse([]byte(r.Manifest.ConfigTOML), filepath.Join(r.Path, configName))
	b, errB := bench.Parse([]byte(o.Manifest.ConfigTOML), filepath.Join(o.Path, configName))
	if err := errors.Join(errA, errB); err != nil {
		return nil, err
	}
	var out []string
	for _, d := range config.Differences(a.Fields(), b.Fields()) {
		if d.Key != "name" && d.Key != "detail" {
			out = append(out, d.Key+" "+d.A+" and "+d.B)
		}
	}
	return out, nil
}
