package reports

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"uorobench/bench"
)

// CovariateTrainingRow is a covariate network before an update of its training,
// or after the last one.
type CovariateTrainingRow struct {
	Task       string   `parquet:"task,dict" unit:"name" doc:"as in steps"`
	Cell       string   `parquet:"cell,dict" unit:"name" doc:"as in steps"`
	Hidden     int32    `parquet:"hidden" unit:"units" doc:"as in steps"`
	Seed       int64    `parquet:"seed" unit:"-" doc:"as in steps"`
	Covariate  string   `parquet:"covariate,dict" unit:"name" doc:"covariate as in steps, such as linear-dense@bptt"`
	Method     string   `parquet:"method,dict" unit:"name" doc:"how the gradient of its weights was computed: bptt, rtrl or uoro"`
	Updates    int32    `parquet:"updates" unit:"updates" doc:"updates made so far, each from 16 draws; the last row has all"`
	Loss       *float64 `parquet:"loss" unit:"gradient²" doc:"mean of ‖ĝ − c‖² over the 16 fresh draws of the next update and the measured steps; NULL in the last row"`
	LossAtZero *float64 `parquet:"loss_at_zero" unit:"gradient²" doc:"mean of ‖ĝ‖² over the same draws: the loss of c = 0"`
	HeldOut    *float64 `parquet:"held_out" unit:"gradient²" doc:"mean of ‖ĝ − c‖² over 128 draws that no update sees, the same ones for all rows and methods; NULL where it was not taken"`
	HeldOutAt0 *float64 `parquet:"held_out_at_zero" unit:"gradient²" doc:"mean of ‖ĝ‖² over those draws"`
}

// CovariateTraining is the dataset of the trainings of covariates.
var CovariateTraining = Dataset[CovariateTrainingRow]{name: "covariate_training"}

// covariateTrainingRows are the loss curves of a run; none where nothing was
// trained.
func covariateTrainingRows(r *bench.Result) []CovariateTrainingRow {
	var rows []CovariateTrainingRow
	for _, c := range r.Cells {
		for _, trained := range c.Trained {
			rows = append(rows, curveOf(r.Experiment, c, trained)...)
		}
	}
	return rows
}

func curveOf(e *bench.Experiment, c *bench.CellResult, t bench.TrainedCovariate) []CovariateTrainingRow {
	rows := make([]CovariateTrainingRow, len(t.Loss)+1)
	for i := range rows {
		rows[i] = CovariateTrainingRow{
			Task: e.Task.Name, Cell: c.Cell, Hidden: int32(c.Hidden), Seed: int64(e.Seed),
			Covariate: t.Name, Method: t.Method, Updates: int32(i),
		}
		if i < len(t.Loss) {
			rows[i].Loss, rows[i].LossAtZero = &t.Loss[i], &t.Scale[i]
		}
	}
	for i := range t.HeldOut {
		h := &t.HeldOut[i]
		rows[h.Updates].HeldOut, rows[h.Updates].HeldOutAt0 = &h.Loss, &h.Scale
	}
	return rows
}

// covariateTraining writes the dataset where something was trained.
func (w *RunWriter) covariateTraining(rows []CovariateTrainingRow) error {
	if len(rows) == 0 {
		return nil
	}
	return CovariateTraining.WriteAll(w.dir, w.sha256, rows)
}

// readCovariateTraining reads it back; there is none where nothing was trained.
func readCovariateTraining(path string) ([]CovariateTrainingRow, error) {
	rows, err := CovariateTraining.Read(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return rows, err
}

func (r *CovariateTrainingRow) network() Key {
	return Key{Task: r.Task, Cell: r.Cell, Hidden: r.Hidden, Seed: r.Seed}
}

const trainingTitle = "Trained covariates: loss ‖ĝ−c‖²/‖ĝ‖² on held-out draws at start and end, and var_ratio beside those of snap1 and instant"

// trainings is the table of the estimators with a trained covariate: what the
// training did and what came of it.
func (b block) trainings() *grid {
	g := &grid{header: b.header("updates", "loss", "λ", "corr", "var_ratio [95 %]", "snap1, instant")}
	for _, r := range b.summary {
		for name := range strings.SplitSeq(r.Covariate, "+") {
			first, last, updates := b.heldOut(name)
			if last == nil {
				continue
			}
			f := r.Figures
			g.rows = append(g.rows, b.line(r.Key, strconv.Itoa(int(updates)),
				digits4(first)+" → "+digits4(last),
				withError(f.LambdaUsed, f.LambdaMCSE), fixed(f.Correlation, 4),
				withInterval(f.VarRatio, f.VarRatioLo, f.VarRatioHi), b.beside(r)))
			break // a further one has a row where it stands alone
		}
	}
	return g
}

func digits4(x *float64) string { return significant(*x, 4) }

// beside is why a linear covariate gains nothing, and what an even one is to be
// compared with: the ratios of the covariates that need no training, on the same
// draws.
func (b block) beside(r SummaryRow) string {
	if isLinear(r.Covariate) {
		return "parity: Cov = 0"
	}
	ratios := []string{absent, absent}
	for i, name := range []string{"snap1", "instant"} {
		k := r.Key
		k.Covariate = name
		for _, other := range b.summary {
			if other.Key == k {
				ratios[i] = fixed(other.VarRatio, 3)
			}
		}
	}
	return strings.Join(ratios, ", ")
}

// isLinear says whether all covariates of a list are linear.
func isLinear(covariates string) bool {
	for name := range strings.SplitSeq(covariates, "+") {
		if !strings.HasPrefix(name, "linear-") {
			return false
		}
	}
	return true
}

// trainingLegend explains the trainings of a report that has any.
func (r Report) trainingLegend() []string {
	if len(r.Training) == 0 {
		return nil
	}
	return []string{"loss: of a trained covariate at the start of its training and at the end; 1 is that of c = 0. " +
		"That of a linear covariate falls because c loses its noise and its mean comes near g; Cov(ĝ, c), which alone can lower the variance, is 0 by parity for any weights (docs/parity.md)."}
}

// heldOut is the held-out loss, over that of c = 0, at a training's start and end.
func (b block) heldOut(name string) (first, last *float64, updates int32) {
	for i := range b.training {
		row := &b.training[i]
		if row.Covariate != name || row.HeldOut == nil || *row.HeldOutAt0 == 0 {
			continue
		}
		ratio := *row.HeldOut / *row.HeldOutAt0
		if first == nil {
			first = &ratio
		}
		last, updates = &ratio, row.Updates
	}
	return first, last, updates
}
