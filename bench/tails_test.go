package bench

import (
	"math"
	"slices"
	"strings"
	"testing"

	"uorobench/stats"
)

// x = ‖ĝ − c‖² of every draw, from the draws told one by one: with c known,
// kurtosis and the largest x follow by definition. For uoro-post c = 0, so x is
// the norm_sq that --detail draws tells.
func TestTailsByDefinition(t *testing.T) {
	e := small(func(e *Experiment) { e.Estimators, e.Detail = []string{"uoro-post"}, []string{DetailDraws} })
	x := map[int][]float64{}
	r := mustRun(t, e, RunOptions{Draws: func(d []DrawValue) error {
		for _, v := range d {
			x[v.Step] = append(x[v.Step], v.NormSq)
		}
		return nil
	}})
	est := row(t, r, "uoro-post")
	pooled := make([]float64, e.Draws)
	for _, s := range est.Steps {
		checkTails(t, &s, x[s.Step])
		for n, v := range x[s.Step] { // draws come in the same order at every step
			pooled[n] += v
		}
	}
	checkTails(t, &est.Pooled, pooled)
}

func checkTails(t *testing.T, s *StepResult, x []float64) {
	t.Helper()
	sum, square := 0.0, 0.0
	for _, v := range x {
		sum += v
		square += v * v
	}
	if want := float64(len(x)) * square / sum / sum; math.Abs(s.Kurtosis.Value-want) > 1e-12*want {
		t.Errorf("step %d: kurtosis %v, want %v", s.Step, s.Kurtosis.Value, want)
	}
	if want := slices.Max(x); math.Abs(s.MaxNormSq.Value-want) > 1e-12*want {
		t.Errorf("step %d: largest %v, want %v", s.Step, s.MaxNormSq.Value, want)
	}
}

// What the engine tells without forming an estimate, against plain batches.
func TestTailsFromTheEngine(t *testing.T) {
	e := small(func(e *Experiment) {
		e.Estimators = []string{"uoro", "cv-uoro/snap1/one", "cv-uoro/snap1+instant/trace", "cv-uoro/snap1/unit", "cv-uoro/snap1/pooled"}
	})
	fast := mustRun(t, e, RunOptions{Workers: 2})
	slow := mustRun(t, e, RunOptions{Workers: 2, Draws: func([]DrawValue) error { return nil }})
	for i, est := range fast.Cells[0].Rows {
		other := slow.Cells[0].Rows[i]
		for m, s := range append(est.Steps, est.Pooled) {
			w := append(other.Steps, other.Pooled)[m]
			near(t, est.Label+" kurtosis", s.Kurtosis, w.Kurtosis, w.Kurtosis.Value)
			near(t, est.Label+" top share", s.TopShare, w.TopShare, 1e3) // a draw at a bin's edge may fall on either side
			near(t, est.Label+" largest", s.MaxNormSq, w.MaxNormSq, w.MaxNormSq.Value)
		}
	}
}

// Quantiles of the cosines against the sorted draws, to the histogram's 0.005.
func TestCosineQuantiles(t *testing.T) {
	e := small(func(e *Experiment) { e.Estimators, e.Detail = []string{"uoro"}, []string{DetailDraws} })
	var cosines []float64
	r := mustRun(t, e, RunOptions{Draws: func(d []DrawValue) error {
		for _, v := range d {
			if v.HasAngle {
				cosines = append(cosines, v.Cosine)
			}
		}
		return nil
	}})
	slices.Sort(cosines)
	p := row(t, r, "uoro").Pooled
	for q, got := range map[float64]stats.Interval{0.05: p.CosineLow, 0.5: p.CosineMedian, 0.95: p.CosineHigh} {
		if want := cosines[int(q*float64(len(cosines)))]; !got.OK || math.Abs(got.Value-want) > 0.01 {
			t.Errorf("quantile %v: %+v, want %v", q, got, want)
		}
	}
}

// Holm by its definition on the rows of a run: the smallest p times the number
// of tested rows, over all estimators and steps.
func TestHolmIsOverTheRun(t *testing.T) {
	r := mustRun(t, small(nil), RunOptions{})
	least, holm, tests := 1.0, 1.0, 0
	for _, est := range r.Cells[0].Rows {
		for _, s := range est.Steps {
			if !s.MaxZP.OK {
				continue
			}
			tests++
			if s.MaxZHolm.Value < s.MaxZP.Value {
				t.Errorf("%s step %d: adjusted %v below p %v", est.Label, s.Step, s.MaxZHolm.Value, s.MaxZP.Value)
			}
			if s.MaxZP.Value < least {
				least, holm = s.MaxZP.Value, s.MaxZHolm.Value
			}
		}
	}
	if want := min(1, least*float64(tests)); tests < 10 || math.Abs(holm-want) > 1e-12 {
		t.Errorf("smallest p %v of %d tests becomes %v, want %v", least, tests, holm, want)
	}
}

// Two covariates that are the same thing: λ of the second is 0, and the row says
// so. On a tanh network truncated-1 is instant.
func TestDroppedCovariateIsToldOf(t *testing.T) {
	e := small(func(e *Experiment) {
		e.Estimators = []string{"cv-uoro/instant+truncated-1/trace", "cv-uoro/instant/trace"}
	})
	r := mustRun(t, e, RunOptions{})
	for i, want := range []bool{true, false} {
		if got := hasWarning(&r.Cells[0].Rows[i].Pooled, "set to 0"); got != want {
			t.Errorf("%s: warnings %v", r.Cells[0].Rows[i].Label, r.Cells[0].Rows[i].Pooled.Warnings)
		}
	}
}

// A variance that a few draws carry: with one hidden unit and Gaussian noise, x is
// near ε⁴, whose kurtosis E ε⁸/(E ε⁴)² is 105/9; 128 draws of that are too few.
func TestHeavyTailsWarn(t *testing.T) {
	for _, heavy := range []bool{false, true} {
		e := small(func(e *Experiment) {
			e.Cells, e.Estimators, e.Draws = []string{"rnn"}, []string{"uoro"}, 4096
			if heavy {
				e.Noise, e.Guard, e.Hidden, e.Draws = NoiseGaussian, "none", 1, 128
			}
		})
		p := row(t, mustRun(t, e, RunOptions{}), "uoro").Pooled
		if got := hasWarning(&p, "rests on few draws"); got != heavy {
			t.Errorf("heavy %v: kurtosis %v, top share %v, warnings %v", heavy, p.Kurtosis.Value, p.TopShare.Value, p.Warnings)
		}
	}
}

func hasWarning(s *StepResult, text string) bool {
	return slices.ContainsFunc(s.Warnings, func(err error) bool { return strings.Contains(err.Error(), text) })
}
