package reports

import (
	"errors"
	"fmt"
	"os"
	"reflect"

	"uorobench/bench"
	"uorobench/bench/input"
	"uorobench/bench/task"
	"uorobench/bench/verify"
	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// runRows are the rows of a run, of a finished directory or of a result in memory,
// and what its draws can be made again from.
type runRows struct {
	Report
	experiment     *bench.Experiment
	tensors        map[string][]cell.Tensor // by cell
	warmUp, window task.Sequence
	sequence       []SequenceRow
	vectors        []VectorRow
	inputs         []input.Digest // of the files that the run read; nil for one in memory
	scales         []ScaleRow
	coordinates    []CoordinateRow
	draws          map[drawKey][]bench.DrawValue
	notKept        error // why the draws cannot be made again; nil where they can
}

// drawKey is the step row that a draw counts for.
type drawKey struct {
	cell, estimator, covariate, scope, convention string
	step                                          int32
}

func keyOfStep(k Key, step int32) drawKey {
	return drawKey{k.Cell, k.Estimator, k.Covariate, k.LambdaScope, k.Convention, step}
}

// readRunRows reads the rows of a directory; those of the report are given.
func readRunRows(path string, m Manifest, r Report) (*runRows, error) {
	rows := &runRows{Report: r, tensors: map[string][]cell.Tensor{}, inputs: m.Inputs}
	var err error
	if rows.experiment, err = bench.Parse([]byte(m.ConfigTOML), "config.toml"); err != nil {
		return nil, err
	}
	if rows.sequence, err = Sequence.Read(path); err != nil {
		return nil, err
	}
	if rows.vectors, err = optional(Vectors.Read(path)); err != nil {
		return nil, err
	}
	rows.warmUp, rows.window, rows.notKept = rows.readParts()
	for _, name := range rows.experiment.Cells {
		tensors, err := readParams(path, name, [2]*task.Sequence{&rows.warmUp, &rows.window})
		if err != nil {
			rows.notKept = errors.Join(rows.notKept, err)
		}
		rows.tensors[name] = tensors
	}
	rows.scales, err = optional(Scales.Read(path))
	if err == nil && rows.experiment.HasDetail(bench.DetailCoordinates) {
		rows.coordinates, err = Coordinates.Read(path)
	}
	if err == nil && rows.experiment.HasDetail(bench.DetailDraws) {
		err = rows.readDraws(path)
	}
	return rows, err
}

// optional takes a dataset that is not there as one without rows.
func optional[T any](rows []T, err error) ([]T, error) {
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return rows, err
}

// readParts are the sequence as the network reads it, as it was kept; where an older
// run kept no vectors, they are made again.
func (r *runRows) readParts() (before, window task.Sequence, err error) {
	if len(r.sequence)+len(r.vectors) == 0 {
		return verify.SequenceOf(r.experiment)
	}
	return keptSequence(r.sequence, r.vectors)
}

func (r *runRows) readDraws(path string) error {
	r.draws = map[drawKey][]bench.DrawValue{}
	return Draws.Scan(path, func(rows []DrawRow) error {
		r.addDraws(rows)
		return nil
	})
}

func (r *runRows) addDraws(rows []DrawRow) {
	for i := range rows {
		d := &rows[i]
		k := drawKey{d.Cell, d.Estimator, d.Covariate, d.LambdaScope, d.Convention, d.Step}
		v := bench.DrawValue{Draw: d.Draw, NormSq: d.NormSq, Dot: d.Dot, HasAngle: d.Cosine != nil}
		if d.Cosine != nil {
			v.Cosine = *d.Cosine
		}
		if d.Task != r.experiment.Task.Name {
			k.cell = "of another task" // no row of steps has it
		}
		r.draws[k] = append(r.draws[k], v)
	}
}

// rowsOfResult are the rows as the writer would write them.
func rowsOfResult(r *bench.Result, draws []bench.DrawValue) *runRows {
	e := r.Experiment
	rows := &runRows{
		Report:     Report{Summary: summaryRows(r), Steps: stepRows(r), Total: totalRows(r), Lambdas: lambdaRows(r), Training: covariateTrainingRows(r), Convergence: convergenceRows(r)},
		experiment: e, tensors: map[string][]cell.Tensor{}, sequence: sequenceRows(r.Cells[0]), vectors: vectorRows(r.Cells[0]), scales: scaleRows(r),
		warmUp: r.Cells[0].WarmUp, window: r.Cells[0].Sequence, draws: map[drawKey][]bench.DrawValue{},
	}
	for _, c := range r.Cells {
		rows.tensors[c.Cell] = c.Tensors
		if e.HasDetail(bench.DetailCoordinates) {
			for _, est := range c.Rows {
				rows.coordinates = append(rows.coordinates, coordinateRows(e, c, est)...)
			}
		}
	}
	rows.addDraws(drawRows(nil, e, draws))
	return rows
}

// selections are the experiment's estimators in order.
func (r *runRows) selections() (all []estimators.Selection, err error) {
	for _, label := range r.experiment.Estimators {
		sel, err := estimators.Parse(label)
		if err != nil {
			return nil, err
		}
		all = append(all, sel)
	}
	return all, nil
}

// keys are the keys that the rows must have, in order.
func (r *runRows) keys() ([]Key, error) {
	selections, err := r.selections()
	if err != nil {
		return nil, err
	}
	e := r.experiment
	var keys []Key
	for _, name := range e.Cells {
		for _, sel := range selections {
			convention := e.Convention
			if sel.Spec.Convention != nil {
				convention = sel.Spec.Convention.String()
			}
			keys = append(keys, Key{Task: e.Task.Name, Cell: name, Hidden: r.hidden(name), Seed: int64(e.Seed),
				Estimator: sel.Estimator(), Covariate: sel.Covariate(), LambdaScope: sel.Scope, Convention: convention})
		}
	}
	return keys, nil
}

// hidden is H as the kept weights have it, or as the experiment has.
func (r *runRows) hidden(name string) int32 {
	for _, t := range r.tensors[name] {
		if t.Name == "weight_hh_l0" && len(t.Shape) == 2 {
			return int32(t.Shape[1])
		}
	}
	return int32(r.experiment.Hidden)
}

// stepsOf are the rows of steps under a key, in order.
func (r *runRows) stepsOf(k Key) []*StepRow {
	var rows []*StepRow
	for i := range r.Steps {
		if r.Steps[i].Key == k {
			rows = append(rows, &r.Steps[i])
		}
	}
	return rows
}

// numbersOf are the numeric columns of a row by name; NULL is not there.
func numbersOf(row any) verify.Columns {
	v := reflect.ValueOf(row)
	out := verify.Columns{}
	for _, c := range columnsOf(v.Type()) {
		cell := c.value(v)
		switch {
		case !cell.IsValid():
		case cell.CanInt():
			out[c.name] = float64(cell.Int())
		case cell.CanFloat():
			out[c.name] = cell.Float()
		}
	}
	return out
}

// difference is the relative one of two numbers; size is what is added to the scale
// so that the rounding of a large figure's part does not count.
func difference(got, want, size float64) float64 {
	if got == want {
		return 0
	}
	d := got - want
	if d < 0 {
		d = -d
	}
	scale := size
	if want > 0 {
		scale += want
	} else {
		scale -= want
	}
	return d / scale
}

// finding collects what is found of the rows of one estimator.
type finding struct {
	check   *verify.Check
	subject verify.Subject
	error   float64
	failure string
	seen    map[string]int // columns compared, by name; may be nil
}

// compare compares a column with what it must be.
func (f *finding) compare(dataset, column string, got, want, size float64) {
	if f.seen != nil {
		f.seen[dataset+"."+column]++
	}
	e := difference(got, want, size)
	if !(e <= f.check.Tolerance) {
		f.fail("%s: %s = %.9g, must be %.9g", dataset, column, got, want)
	} else if e > f.error {
		f.error = e
	}
}

// holds notes a condition.
func (f *finding) holds(ok bool, format string, args ...any) {
	if !ok {
		f.fail(format, args...)
	}
}

// fail keeps the first failure.
func (f *finding) fail(format string, args ...any) {
	if f.failure == "" {
		f.failure = fmt.Sprintf(format, args...)
	}
}

func (f *finding) verdict() verify.Case {
	if f.failure != "" {
		return verify.Case{Check: f.check, Subject: f.subject, Failure: f.failure}
	}
	return verify.Case{Check: f.check, Subject: f.subject, Error: f.error}
}
