package reports

import (
	"errors"
	"math"
	"os"
	"slices"
	"strings"

	"uorobench/bench"
)

// LambdaRow is the coefficient of one covariate of an estimator, at one measured
// step or over all of them. An estimator with several covariates has as many.
type LambdaRow struct {
	Key
	Step     *int32   `parquet:"step" unit:"1-based" doc:"step of the sequence, counted from 1; NULL in the row of the mean over the measured steps"`
	Position int32    `parquet:"position" unit:"1-based" doc:"place among the estimator's covariates"`
	Part     string   `parquet:"part,dict" unit:"name" doc:"the covariate that the coefficient is of; covariate names them all"`
	Lambda   *float64 `parquet:"lambda" unit:"1" doc:"coefficient used; where it differs by unit or coordinate its mean over those in which the covariate varies"`
	MCSE     *float64 `parquet:"lambda_mcse" unit:"1" doc:"Monte Carlo standard error of lambda; NULL for a coefficient that is given, not fitted"`
	Lo       *float64 `parquet:"lambda_lo" unit:"1" doc:"lower end of the 95 % interval; NULL where it is given"`
	Hi       *float64 `parquet:"lambda_hi" unit:"1" doc:"upper end of the 95 % interval"`
	Exact    *float64 `parquet:"lambda_exact" unit:"1" doc:"coefficient of least variance in closed form, as in steps"`
}

// lambdaRows are those of all estimators with covariates, the mean over the steps
// first.
func lambdaRows(r *bench.Result) []LambdaRow {
	var rows []LambdaRow
	for _, c := range r.Cells {
		for _, est := range c.Rows {
			key := keyOf(r.Experiment, c, est.Selection, est.Convention)
			rows = append(rows, lambdasOf(key, nil, est.Covariates, &est.Pooled)...)
			for m := range est.Steps {
				step := int32(est.Steps[m].Step)
				rows = append(rows, lambdasOf(key, &step, est.Covariates, &est.Steps[m])...)
			}
		}
	}
	return rows
}

func lambdasOf(key Key, step *int32, covariates []string, s *bench.StepResult) []LambdaRow {
	var rows []LambdaRow
	for i, l := range s.Lambdas {
		row := LambdaRow{Key: key, Step: step, Position: int32(i + 1), Part: covariates[i],
			Lambda: value(l), MCSE: mcse(l), Lo: low(l), Hi: high(l)}
		if s.Exact != nil && i < len(s.Exact.Lambdas) {
			row.Exact = value(s.Exact.Lambdas[i])
		}
		rows = append(rows, row)
	}
	return rows
}

// lambdas writes the dataset, where there is a covariate.
func (w *RunWriter) lambdas(rows []LambdaRow) error {
	if len(rows) == 0 {
		return nil
	}
	return Lambdas.WriteAll(w.dir, w.sha256, rows)
}

func readLambdas(path string) ([]LambdaRow, error) {
	rows, err := Lambdas.Read(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return rows, err
}

const lambdasTitle = "Coefficients of the estimators with several covariates, means over the measured steps"

// coefficients is the table of the estimators with several covariates; the others
// have theirs in the first table.
func (b block) coefficients() *grid {
	g := &grid{header: b.header("covariate", "λ", "λ [95 %]", "λ*")}
	g.left = len(g.header) - 4
	for _, r := range b.lambdas {
		if r.Step == nil && several(r.Key) {
			g.rows = append(g.rows, b.line(r.Key, r.Part, withError(r.Lambda, r.MCSE), withInterval(r.Lambda, r.Lo, r.Hi), fixed(r.Exact, 4)))
		}
	}
	return g
}

// several says whether the estimator has more than one covariate.
func several(k Key) bool { return strings.Contains(k.Covariate, "+") }

// ofSeveral says what the first table has of an estimator with several covariates.
func ofSeveral(r Report) string {
	if slices.ContainsFunc(r.Summary, func(s SummaryRow) bool { return several(s.Key) }) {
		return " Of several covariates both are the first one's."
	}
	return ""
}

// lambdaError is the largest difference between the coefficients that lambdas,
// steps and summary have of one estimator: that over all steps is the mean, and the
// first covariate's stands in steps and summary. A run without the dataset has none.
func (r Report) lambdaError(s SummaryRow, steps []StepRow) (most float64) {
	first := map[int32]*float64{0: s.LambdaUsed}
	for _, row := range steps {
		first[row.Step] = row.LambdaUsed
	}
	overall, mean := map[int32]float64{}, map[int32]float64{}
	for _, row := range r.Lambdas {
		switch {
		case row.Key != s.Key || row.Lambda == nil:
			continue
		case row.Step == nil:
			overall[row.Position] = *row.Lambda
		default:
			mean[row.Position] += *row.Lambda / float64(len(steps))
		}
		if used := first[orZeroStep(row.Step)]; row.Position == 1 && used != nil {
			most = math.Max(most, math.Abs(*row.Lambda-*used))
		}
	}
	for at, l := range overall {
		most = math.Max(most, math.Abs(l-mean[at])/(1+math.Abs(l)))
	}
	return most
}

// orZeroStep is 0 for the mean over the steps; steps count from 1.
func orZeroStep(step *int32) int32 {
	if step == nil {
		return 0
	}
	return *step
}
