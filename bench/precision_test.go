package bench

import (
	"context"
	"math"
	"strings"
	"testing"

	"uorobench/stats"
)

func precise(change func(e *Experiment)) *Experiment {
	return small(func(e *Experiment) {
		e.Cells, e.Draws, e.Pilot, e.Groups, e.Precision, e.MaxDraws = []string{"rnn"}, 500, 512, 16, 0.1, 1<<16
		e.PlainDraws = 1 << 15
		e.Estimators = []string{"rtrl", "uoro", "cv-uoro/snap1/trace", "cv-uoro/snap1/coordinate", "residual"}
		if change != nil {
			change(e)
		}
	})
}

// A run that stops by itself has the rows of a fixed run of as many draws, bit for
// bit, and is as precise as was asked at every step.
func TestPrecisionIsAFixedRun(t *testing.T) {
	for _, of := range []string{PrecisionVar, PrecisionRatio, PrecisionBias} {
		e := precise(func(e *Experiment) { e.PrecisionOf = of })
		got := mustRun(t, e, RunOptions{Workers: 3})
		for i, est := range got.Cells[0].Rows {
			if est.Label == "rtrl" {
				continue
			}
			fixed := *e
			fixed.Precision, fixed.MaxDraws, fixed.PrecisionOf = 0, Default().MaxDraws, PrecisionVar
			fixed.Draws = est.Pooled.Draws
			want := mustRun(t, &fixed, RunOptions{Workers: 1}).Cells[0].Rows[i]
			for m := range est.Steps {
				checkPrecise(t, of+" "+est.Label, &est.Steps[m], &want.Steps[m], e)
			}
		}
	}
}

func checkPrecise(t *testing.T, label string, got, want *StepResult, e *Experiment) {
	t.Helper()
	if got.Row != want.Row || got.Cosine != want.Cosine || got.Kurtosis != want.Kurtosis || got.TopShare != want.TopShare {
		t.Errorf("%s step %d: %+v, fixed run %+v", label, got.Step, got.Row, want.Row)
	}
	var asked stats.Interval
	switch per := got.Var.Value; e.PrecisionOf {
	case PrecisionVar:
		asked = stats.Interval{Lo: got.Var.Lo / per, Hi: got.Var.Hi / per, OK: true}
	case PrecisionRatio:
		asked = stats.Interval{Lo: got.Ratio.Lo / got.Ratio.Value, Hi: got.Ratio.Hi / got.Ratio.Value, OK: got.Ratio.OK}
	case PrecisionBias:
		asked = stats.Interval{Lo: got.BiasSq.Lo / got.ExactSq, Hi: got.BiasSq.Hi / got.ExactSq, OK: true}
	}
	if asked.OK && (asked.Hi-asked.Lo)/2 > e.Precision || got.Draws%(16*16) != 0 {
		t.Errorf("%s step %d: half-width %v after %d draws", label, got.Step, (asked.Hi-asked.Lo)/2, got.Draws)
	}
}

// Where the draws run out the row says so, and says which row is the wide one.
func TestPrecisionRunsOut(t *testing.T) {
	e := precise(func(e *Experiment) { e.Precision, e.MaxDraws, e.Estimators = 1e-4, 2000, []string{"uoro"} })
	r := mustRun(t, e, RunOptions{})
	if p := &r.Cells[0].Rows[0].Pooled; p.Draws != 1792 || !hasWarning(p, "raise max_draws") || !hasWarning(p, "uoro at step") {
		t.Errorf("%d draws (want 7 rounds of 256), warnings %v", p.Draws, p.Warnings)
	}
}

func TestPrecisionProgressEndsAtTotal(t *testing.T) {
	var last Progress
	mustRun(t, precise(func(e *Experiment) { e.Detail = append(e.Detail, DetailTotal, DetailConvergence) }), RunOptions{Workers: 2, Progress: func(p Progress) { last = p }})
	if last.Done != last.Total || last.Total == 0 {
		t.Errorf("ends at %+v", last)
	}
}

func TestPrecisionRefusals(t *testing.T) {
	for want, change := range map[string]func(e *Experiment){
		"only with precision above 0":     func(e *Experiment) { e.Precision = 0 },
		"all sign patterns":               func(e *Experiment) { e.Noise = NoiseExhaustive },
		`needs lambda_fit = "pilot"`:      func(e *Experiment) { e.LambdaFit, e.Pilot = FitCross, 0 },
		"must be at least draws = 500":    func(e *Experiment) { e.MaxDraws = 500 },
		"must be a number from 0 to 1":    func(e *Experiment) { e.Precision = math.NaN() },
		"must be one of var_trace, var_r": func(e *Experiment) { e.PrecisionOf = "mse" },
	} {
		if _, err := Run(context.Background(), precise(change), RunOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
