package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"uorobench/estimators"
)

// small is an experiment of a second or less.
func small(change func(e *Experiment)) *Experiment {
	e := Default()
	e.Cells, e.Hidden, e.Weights = []string{"gru"}, 4, WeightsRandom
	e.Steps, e.Stride, e.Draws, e.Pilot, e.Groups = 12, 4, 600, 256, 8
	e.Task.Hi = 4
	if change != nil {
		change(e)
	}
	return e
}

func mustRun(t *testing.T, e *Experiment, o RunOptions) *Result {
	t.Helper()
	r, err := Run(context.Background(), e, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// row finds an estimator of the first cell.
func row(t *testing.T, r *Result, label string) *EstimatorResult {
	t.Helper()
	for _, est := range r.Cells[0].Rows {
		if est.Label == label {
			return est
		}
	}
	t.Fatalf("no row %q", label)
	return nil
}

// The promise of the package: what is found does not depend on who looks for
// it. 600 draws are 38 chunks, the last half empty, over 8 groups.
func TestSameResultForAnyWorkers(t *testing.T) {
	for _, fit := range []string{FitPilot, FitCross, FitInSample} {
		e := small(func(e *Experiment) {
			if e.LambdaFit = fit; fit != FitPilot {
				e.Pilot = 0
			}
			e.Detail = []string{DetailCoordinates, DetailDraws}
			e.Estimators = append(e.Estimators, "cv-uoro/snap1/coordinate", "cv-uoro/snap1/pooled", "cv-uoro/snap1/one")
		})
		var want *Result
		var wantDraws []DrawValue
		for _, workers := range []int{1, 2, 7} {
			var draws []DrawValue
			got := mustRun(t, e, RunOptions{Workers: workers, Draws: func(d []DrawValue) error {
				draws = append(draws, plainDraws(d)...)
				return nil
			}})
			got.Timing = Timing{}
			if want == nil {
				want, wantDraws = got, draws
				continue
			}
			// DeepEqual compares bits: no tolerance. Cells hold scratch and are left out.
			sameRows(t, fmt.Sprintf("%s, %d workers", fit, workers), got, want)
			if !reflect.DeepEqual(draws, wantDraws) {
				t.Errorf("%s: %d workers give other draws than 1", fit, workers)
			}
		}
	}
}

// sameRows compares bit by bit.
func sameRows(t *testing.T, label string, got, want *Result) {
	t.Helper()
	for i, est := range got.Cells[0].Rows {
		w := want.Cells[0].Rows[i]
		est.Spec, w.Spec = estimators.Spec{}, estimators.Spec{} // functions are never equal
		if !reflect.DeepEqual(est, w) {
			t.Errorf("%s: another row of %s", label, est.Label)
		}
	}
}

// plainDraws leaves out the list entry of the estimator, which holds functions.
func plainDraws(draws []DrawValue) []DrawValue {
	out := append([]DrawValue(nil), draws...)
	for i := range out {
		out[i].Estimator.Spec = estimators.Spec{}
	}
	return out
}

// Draw n of N is the same whatever N is.
func TestDrawsDoNotDependOnTheirNumber(t *testing.T) {
	of := func(n int64) (out []DrawValue) {
		e := small(func(e *Experiment) {
			e.Draws, e.Detail, e.Estimators = n, []string{DetailDraws}, []string{"uoro"}
		})
		mustRun(t, e, RunOptions{Workers: 2, Draws: func(d []DrawValue) error { out = append(out, plainDraws(d)...); return nil }})
		return out
	}
	type place struct {
		draw int64
		step int
	}
	long := map[place]DrawValue{}
	for _, d := range of(200) {
		long[place{d.Draw, d.Step}] = d
	}
	short := of(130)
	for i, d := range short {
		if !reflect.DeepEqual(d, long[place{d.Draw, d.Step}]) {
			t.Fatalf("draw %d, step %d: %+v with 130 draws, %+v with 200", d.Draw, d.Step, d, long[place{d.Draw, d.Step}])
		}
		if i > 0 && d.Draw/Lanes < short[i-1].Draw/Lanes {
			t.Fatal("chunks are not in order")
		}
	}
	if want := 130 * 3; len(short) != want || len(long) != 200*3 {
		t.Errorf("%d values, want %d", len(short), want)
	}
}

// The summed moments and the draws told one by one are two paths to the same
// figures: mean square of the estimate, mean product with g.
func TestMomentsAgreeWithDraws(t *testing.T) {
	for _, label := range []string{"uoro", "uoro-post", "cv-uoro/snap1/trace", "cv-uoro/snap1/unit", "cv-uoro/snap1/coordinate", "cv-uoro/linear-dense/trace", "cv-uoro/linear-rowwise/unit"} {
		e := small(func(e *Experiment) { e.Estimators, e.Detail = []string{label}, []string{DetailDraws} })
		square, dot, n := map[int]float64{}, map[int]float64{}, map[int]float64{}
		r := mustRun(t, e, RunOptions{Draws: func(d []DrawValue) error {
			for _, v := range d {
				square[v.Step] += v.NormSq
				dot[v.Step] += v.Dot
				n[v.Step]++
			}
			return nil
		}})
		for _, s := range row(t, r, label).Steps {
			// E‖ĝ−g‖² over the draws = mean ‖ĝ‖² − 2 mean ĝ·g + ‖g‖²
			// = var (N−1)/N + ‖ḡ−g‖², and ‖ḡ−g‖² = bias_sq + var/N.
			want := (square[s.Step]-2*dot[s.Step])/n[s.Step] + s.ExactSq
			got := s.Var.Value*(n[s.Step]-1)/n[s.Step] + s.BiasSq.Value + s.Var.Value/n[s.Step]
			if math.Abs(got-want) > 1e-11*(math.Abs(want)+s.ExactSq) {
				t.Errorf("%s, step %d: %v from moments, %v from draws", label, s.Step, got, want)
			}
		}
	}
}

func TestReferenceHasNeitherBiasNorVariance(t *testing.T) {
	est := row(t, mustRun(t, small(nil), RunOptions{}), "rtrl")
	for _, s := range append(est.Steps, est.Pooled) {
		if s.BiasSq.Value != 0 || s.Var.Value != 0 || s.ExactSq <= 0 {
			t.Errorf("step %d: bias %v, variance %v, ‖g‖² %v", s.Step, s.BiasSq.Value, s.Var.Value, s.ExactSq)
		}
	}
}

// Not a matter of luck: the linear covariates are odd and UORO is even, so λ is
// noise about zero; SnAp-1's is even and helps. Four standard errors of one
// fixed seed; the exact statement is tested by enumeration in estimators.
func TestParityShowsInTheReport(t *testing.T) {
	r := mustRun(t, small(func(e *Experiment) { e.Draws, e.Pilot, e.Groups = 4096, 4096, 32 }), RunOptions{})
	for _, label := range []string{"cv-uoro/linear-dense/trace", "cv-uoro/linear-rowwise/trace"} {
		p := row(t, r, label).Pooled
		if l := p.Lambda; !l.HasErr || l.MCSE == 0 || math.Abs(l.Value) > 4*l.MCSE {
			t.Errorf("%s: λ = %v ± %v, want 0", label, l.Value, l.MCSE)
		}
		if math.Abs(p.Ratio.Value-1) > 0.005 {
			t.Errorf("%s: var_ratio %v, want 1.00", label, p.Ratio.Value)
		}
	}
	if p := row(t, r, "cv-uoro/snap1/trace").Pooled; !p.Ratio.HasCI || p.Ratio.Hi >= 0.9 {
		t.Errorf("snap1: var_ratio %+v, want clearly below 1", p.Ratio)
	}
}

// Every unbiased row must pass its own test for bias, at a size of bias that it
// could have seen.
func TestUnbiasedRowsPassTheirTest(t *testing.T) {
	r := mustRun(t, small(func(e *Experiment) { e.Draws = 4096 }), RunOptions{})
	for _, est := range r.Cells[0].Rows {
		b := est.Pooled.BiasSq
		if est.Label == "rtrl" {
			continue
		}
		if !b.HasErr || math.Abs(b.Value) > 4*b.MCSE {
			t.Errorf("%s: bias_sq %v ± %v", est.Label, b.Value, b.MCSE)
		}
		if b.MCSE > 0.1*est.Pooled.ExactSq {
			t.Errorf("%s: bias_sq ± %v says nothing beside ‖g‖² = %v", est.Label, b.MCSE, est.Pooled.ExactSq)
		}
		if p := est.Pooled.MaxZP; !p.OK || p.Value < 1e-3 {
			t.Errorf("%s: p %v", est.Label, p.Value)
		}
	}
}

func TestCoordinateMeansAddUp(t *testing.T) {
	e := small(func(e *Experiment) { e.Detail = []string{DetailCoordinates} })
	r := mustRun(t, e, RunOptions{})
	for _, est := range r.Cells[0].Rows {
		for m, c := range est.Coordinates {
			sum, s := 0.0, est.Steps[m]
			for _, v := range c.Variance {
				sum += v
			}
			if math.Abs(sum-s.Var.Value) > 1e-10*s.Var.Value {
				t.Errorf("%s, step %d: variances add up to %v, var_trace %v", est.Label, s.Step, sum, s.Var.Value)
			}
			bias := 0.0
			for j, v := range c.Mean {
				d := v - r.Cells[0].Exact[m][j]
				bias += d * d
			}
			want := s.BiasSq.Value + s.Var.Value/float64(s.Draws)
			if math.Abs(bias-want) > 1e-9*(want+s.ExactSq) {
				t.Errorf("%s, step %d: ‖ḡ−g‖² %v, want %v", est.Label, s.Step, bias, want)
			}
		}
	}
}

func TestInterruptStops(t *testing.T) {
	cause := errors.New("stopped by the test")
	ctx, cancel := context.WithCancelCause(context.Background())
	calls := 0
	_, err := Run(ctx, small(nil), RunOptions{Workers: 2, Progress: func(p Progress) {
		if calls++; p.Done > 50 {
			cancel(cause)
		}
	}})
	if !errors.Is(err, cause) {
		t.Errorf("got %v after %d reports", err, calls)
	}
}

func TestProgressEndsAtTotal(t *testing.T) {
	var last Progress
	mustRun(t, small(nil), RunOptions{Workers: 2, Progress: func(p Progress) { last = p }})
	if last.Done != last.Total || last.Total == 0 {
		t.Errorf("ends at %+v", last)
	}
}

func TestNoMeasuredStepIsRefused(t *testing.T) {
	e := small(func(e *Experiment) {
		e.Task = Default().Task
		e.Task.Name, e.Task.Delay, e.Steps, e.Stride = "copy", 40, 60, 29
	})
	if _, err := Run(context.Background(), e, RunOptions{}); err == nil || !strings.Contains(err.Error(), "no step would be measured") {
		t.Errorf("got %v", err)
	}
}
