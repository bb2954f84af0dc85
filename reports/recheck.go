package reports

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"uorobench/bench/task"
	"uorobench/bench/verify"
	"uorobench/bench/weights"
	"uorobench/estimators/cell"
)

// The checks of a finished run. The files are the run's own, so a change of one
// figure shows against its digest, and a change of figure and digest against the
// other datasets.
var (
	filesCheck = &verify.Check{
		Name: "files", Against: "sizes and SHA-256 in manifest.json",
		Claim: "every file of the manifest is there, as it was written",
	}
	exactCheck = &verify.Check{
		Name: "exact gradient", Against: "BPTT from the kept weights and sequence",
		Claim:     "exact_norm_sq of every step; relative",
		Tolerance: 1e-9, // as when the run checked itself
	}
	summaryCheck = &verify.Check{
		Name: "summary", Against: "sums over the rows of steps",
		Claim: "exact_norm_sq, bias_sq, var_trace, mse, rel_var, var_ratio and n_steps of every summary row, relative to var_trace plus ‖g‖²; the coefficients of every covariate",
		// Another order of addition over the steps.
		Tolerance: 1e-11,
	}
	drawsCheck = &verify.Check{
		Name: "draws", Against: "the rows of draws and of coordinates",
		Claim:     "of every step: n_draws, n_groups, mse, the cosine with its error and quantiles, along_exact, and from coordinates exact_norm_sq, bias_sq and var_trace; relative",
		Tolerance: 1e-9,
	}
)

// pageCheck writes the report again.
var pageCheck = &verify.Check{
	Name: "report", Against: "the report written again from the Parquet",
	Claim: "summary.md and summary.json, byte for byte",
}

// Recheck verifies the finished run directory at path: its files against the
// manifest, then its figures against each other, and against its draws where these
// were kept or are few enough to be made again. The error says why nothing
// could be checked, such as a directory without a manifest.
func Recheck(path string) ([]verify.Case, error) {
	if IsTraining(path) {
		return RecheckTraining(path)
	}
	m, err := ReadManifest(path)
	if err != nil {
		return nil, err
	}
	cases := []verify.Case{{Check: filesCheck}}
	if err := m.Check(path); err != nil {
		cases[0].Failure = err.Error()
	}
	r, err := ReadReport(path)
	if err != nil {
		return append(cases, verify.Case{Check: summaryCheck, Failure: err.Error()}), nil
	}
	cases = append(cases, recheckPage(path, r.Write)...)
	cases = append(cases, recheckExact(path, r)...)
	rows, err := readRunRows(path, m, r)
	if err != nil {
		return append(cases, verify.Case{Check: drawsCheck, Failure: err.Error()}), nil
	}
	return append(cases, rows.recheck(nil)...), nil
}

// recheck compares the rows with each other and with their draws. seen, if not nil,
// counts the comparisons of every column.
func (r *runRows) recheck(seen map[string]int) []verify.Case {
	return r.recheckWith(r.recompute(), seen)
}

// recheckWith is recheck with the draws made again already.
func (r *runRows) recheckWith(again *recomputed, seen map[string]int) []verify.Case {
	cases := r.recheckRelations(again, seen)
	cases = append(cases, r.recheckSummary()...)
	cases = append(cases, r.recheckDraws(seen)...)
	cases = append(cases, r.recheckColumns(again, seen)...)
	return append(cases, r.recheckTrainings(again, seen)...)
}

// recheckPage writes both forms of a report again.
func recheckPage(path string, write func(io.Writer, Format) error) []verify.Case {
	var cases []verify.Case
	for name, format := range map[string]Format{"summary.json": JSON, "summary.md": Markdown} {
		cases = append(cases, rewritten(pageCheck, path, name, func(w io.Writer) error { return write(w, format) }))
	}
	return cases
}

// subjectOf says which row a case is about.
func subjectOf(k Key) verify.Subject {
	s := verify.Subject{Cell: k.Cell, Estimator: k.Estimator, Covariate: k.Covariate, Convention: k.Convention}
	if k.LambdaScope != "" {
		s.Covariate += "/" + k.LambdaScope
	}
	return s
}

// caseOf makes a case of an error; one that is no number is a failure.
func caseOf(c *verify.Check, s verify.Subject, e float64) verify.Case {
	if math.IsNaN(e) || math.IsInf(e, 0) {
		return verify.Case{Check: c, Subject: s, Failure: "the error is not finite"}
	}
	return verify.Case{Check: c, Subject: s, Error: e}
}

// stepsOf are the rows of steps under a key.
func (r Report) stepsOf(k Key) []StepRow {
	var rows []StepRow
	for _, s := range r.Steps {
		if s.Key == k && s.Step > 0 {
			rows = append(rows, s)
		}
	}
	return rows
}

func (r Report) recheckSummary() []verify.Case {
	var cases []verify.Case
	for _, s := range r.Summary {
		at, rows := subjectOf(s.Key), r.stepsOf(s.Key)
		switch {
		case len(rows) != int(s.NSteps):
			cases = append(cases, verify.Case{Check: summaryCheck, Subject: at,
				Failure: fmt.Sprintf("n_steps = %d, and steps has %d rows", s.NSteps, len(rows))})
		case s.NNonfinite > 0:
			cases = append(cases, verify.Case{Check: summaryCheck, Subject: at,
				Skipped: "draws were left out from some step on, so the steps do not rest on the same draws"})
		default:
			cases = append(cases, caseOf(summaryCheck, at, r.summaryError(s, rows)))
		}
	}
	return cases
}

// sums are the figures of a summary row as its steps say.
type sums struct{ exact, bias, variance, mse float64 }

func sumsOf(rows []StepRow) sums {
	var t sums
	for _, row := range rows {
		t.exact += row.ExactNormSq
		t.bias += numberOf(row.BiasSq)
		t.variance += numberOf(row.VarTrace)
		t.mse += numberOf(row.MSE)
	}
	return t
}

// summaryError is the largest error of the row's figures.
func (r Report) summaryError(s SummaryRow, rows []StepRow) float64 {
	want := sumsOf(rows)
	size := want.exact + worstOf(0, want.variance)
	if s.VarRatio != nil && *s.VarRatio > 0 { // a variance that is left of a larger one has the rounding of that
		size = worstOf(size, want.variance / *s.VarRatio + want.exact)
	}
	if size == 0 { // then all figures must be 0
		size = 1
	}
	most := math.Abs(s.ExactNormSq-want.exact) / size
	for _, f := range []struct {
		got  *float64
		want float64
	}{{s.BiasSq, want.bias}, {s.VarTrace, want.variance}, {s.MSE, want.mse}} {
		if f.got != nil {
			most = worstOf(most, math.Abs(*f.got-f.want)/size)
		}
	}
	if s.RelVar != nil {
		most = worstOf(most, math.Abs(*s.RelVar*want.exact-want.variance)/size)
	}
	if plain := sumsOf(r.stepsOf(plainOf(s.Key))); s.VarRatio != nil && plain.variance > 0 {
		most = worstOf(most, math.Abs(*s.VarRatio*plain.variance-want.variance)/size)
	}
	return worstOf(most, r.lambdaError(s, rows))
}

// worstOf is the larger of two errors; that of a figure that a step has not, NaN, is
// none: a step may have NULL where the whole window has a number.
func worstOf(a, b float64) float64 {
	if math.IsNaN(b) {
		return a
	}
	return math.Max(a, b)
}

// plainOf is the estimator of a key without its control variate.
func plainOf(k Key) Key {
	if k.Covariate == "" {
		return Key{} // its ratio, if any, is to itself
	}
	k.Estimator = k.Estimator[len("cv-"):]
	k.Covariate, k.LambdaScope = "", ""
	return k
}

// recheckExact computes the exact gradients again, once per cell.
func recheckExact(path string, r Report) []verify.Case {
	before, sequence, err := readSequence(path)
	if err != nil {
		return []verify.Case{{Check: exactCheck, Failure: err.Error()}}
	}
	both := [2]*task.Sequence{&before, &sequence}
	var cases []verify.Case
	seen := map[string]bool{}
	for _, s := range r.Summary {
		if seen[s.Cell] {
			continue
		}
		seen[s.Cell] = true
		at := verify.Subject{Cell: s.Cell}
		if sequence.Steps() == 0 {
			cases = append(cases, verify.Case{Check: exactCheck, Subject: at, Skipped: "the run keeps neither symbols nor vectors, as older versions did of tasks without symbols"})
			continue
		}
		e, err := exactError(path, both, r, s.Key)
		if err != nil {
			cases = append(cases, verify.Case{Check: exactCheck, Subject: at, Failure: err.Error()})
			continue
		}
		cases = append(cases, caseOf(exactCheck, at, e))
	}
	return cases
}

// readSequence reads what the warm-up and the window read.
func readSequence(path string) (before, window task.Sequence, err error) {
	rows, err := Sequence.Read(path)
	if err != nil {
		return before, window, err
	}
	vectors, err := optional(Vectors.Read(path))
	if err != nil {
		return before, window, err
	}
	return keptSequence(rows, vectors)
}

// exactError is the largest relative error of the cell's exact_norm_sq. The parts
// of the sequence are the warm-up and the window.
func exactError(path string, parts [2]*task.Sequence, r Report, k Key) (float64, error) {
	tensors, err := readParams(path, k.Cell, parts)
	if err != nil {
		return 0, err
	}
	steps, kept, err := r.exactOf(k.Cell)
	if err != nil {
		return 0, err
	}
	_, exact, err := verify.Rebuild(k.Cell, int(k.Hidden), tensors, parts[0], parts[1], steps)
	if err != nil {
		return 0, err
	}
	most := 0.0
	for i, g := range exact {
		sum := 0.0
		for _, v := range g {
			sum += v * v
		}
		if e := math.Abs(kept[steps[i]] - sum); e > 0 {
			most = math.Max(most, e/(sum+subnormal))
		}
	}
	return most, nil
}

// subnormal is far above what rounding does to a sum of squares below 1e-308.
const subnormal = 1e-300

// exactOf are the measured steps of a cell and their exact_norm_sq, on which all
// of its rows must agree.
func (r Report) exactOf(name string) (steps []int, kept map[int]float64, err error) {
	kept = map[int]float64{}
	for _, row := range r.Steps {
		t := int(row.Step)
		if row.Cell != name || t < 1 {
			continue
		}
		before, ok := kept[t]
		if !ok {
			steps, kept[t] = append(steps, t), row.ExactNormSq
		} else if before != row.ExactNormSq {
			return nil, nil, fmt.Errorf("two rows of step %d say exact_norm_sq = %g and %g", t, before, row.ExactNormSq)
		}
	}
	return steps, kept, nil
}

// readParams reads the kept weights of a cell and sets the numbers of codes of the
// sequence's parts from their shapes.
func readParams(path, name string, parts [2]*task.Sequence) ([]cell.Tensor, error) {
	file := "params-" + name + ".safetensors"
	data, err := os.ReadFile(filepath.Join(path, file))
	if err != nil {
		return nil, err
	}
	raw, _, err := weights.Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var tensors []cell.Tensor
	for _, t := range raw {
		tensors = append(tensors, cell.Tensor{Name: t.Name, Shape: t.Shape, Data: t.Data})
		for _, s := range parts {
			switch {
			case t.Name == "weight_ih_l0" && len(t.Shape) == 2:
				s.X = t.Shape[1]
			case t.Name == "bias" && len(t.Shape) == 1:
				s.Y = t.Shape[0]
			}
		}
	}
	return tensors, errors.Join(checkCodes(file, parts[0]), checkCodes(file, parts[1]))
}
