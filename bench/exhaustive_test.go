package bench

import (
	"context"
	"math"
	"strings"
	"testing"

	"uorobench/estimators/oracle"
	"uorobench/stats"
)

func exhaustive(change func(e *Experiment)) *Experiment {
	return enumerable(func(e *Experiment) {
		e.Noise, e.Pilot = NoiseExhaustive, 0
		if change != nil {
			change(e)
		}
	})
}

// All patterns in a run against the oracle's own enumeration: variance over N, λ*
// and the variance there, no bias, no error. The fits all mean the same here.
func TestExhaustiveAgainstEnumeration(t *testing.T) {
	for _, fit := range []string{FitPilot, FitCross, FitInSample} {
		for _, name := range []string{"rnn", "gru"} {
			e := exhaustive(func(e *Experiment) {
				e.Cells, e.LambdaFit = []string{name}, fit
				e.Estimators = append(e.Estimators, "residual", "nobacktrack")
				e.Detail = []string{DetailSteps, DetailCoordinates}
			})
			r := mustRun(t, e, RunOptions{Workers: 2})
			for _, est := range r.Cells[0].Rows {
				moments := enumerated(t, e, est, nil)
				for m := range est.Steps {
					checkAll(t, fit+" "+name+" "+est.Label, est, m, moments[m])
				}
			}
		}
	}
}

func checkAll(t *testing.T, label string, est *EstimatorResult, at int, m *oracle.Moments) {
	t.Helper()
	s, trace := &est.Steps[at], m.Trace()
	switch est.Scope {
	case "":
		is(t, label+" var_trace", s.Var.Value, trace[0][0])
		for j, v := range est.Coordinates[at].Variance {
			if want := m.Cov[0][0][j]; math.Abs(v-want) > 1e-10*trace[0][0] {
				t.Errorf("%s: variance of coordinate %d is %v, want %v", label, j, v, want)
			}
		}
	case "trace":
		is(t, label+" λ", s.Lambda.Value, m.Lambda()[0])
		is(t, label+" var_trace", s.Var.Value, m.VarTrace(m.Lambda()))
		is(t, label+" var_ratio", s.Ratio.Value, m.VarTrace(m.Lambda())/trace[0][0])
		is(t, label+" correlation", s.Correlation.Value, trace[0][1]/math.Sqrt(trace[0][0]*trace[1][1]))
	}
	if s.BiasSq.Value != 0 || s.Draws != 4096 || s.Sampling != SamplingExhaustive {
		t.Errorf("%s: bias_sq %v, %d draws, %s", label, s.BiasSq.Value, s.Draws, s.Sampling)
	}
	for _, f := range []stats.Interval{s.BiasSq, s.Var, s.MSE, s.RelVar, s.Cosine} {
		if !f.HasErr || f.MCSE != 0 || f.Lo != f.Value || f.Hi != f.Value {
			t.Errorf("%s: %+v has an error", label, f)
		}
	}
	if s.MaxZ.OK || s.BiasP.OK || len(s.Warnings) != 0 {
		t.Errorf("%s: z %+v, p %+v, warnings %v", label, s.MaxZ, s.BiasP, s.Warnings)
	}
}

// Fewer patterns than lanes: two units, one step measured at its end, are four.
func TestFewerPatternsThanLanes(t *testing.T) {
	e := exhaustive(func(e *Experiment) { e.Steps, e.Stride, e.Estimators = 1, 1, []string{"uoro-post"} })
	r := mustRun(t, e, RunOptions{})
	if s := r.Cells[0].Rows[0].Steps[0]; s.Draws != 4 || s.BiasSq.Value != 0 {
		t.Errorf("%d draws, bias_sq %v", s.Draws, s.BiasSq.Value)
	}
}

func TestTooManyPatternsAreRefused(t *testing.T) {
	e := exhaustive(func(e *Experiment) { e.Steps = 13 })
	_, err := Run(context.Background(), e, RunOptions{})
	if err == nil || !strings.Contains(err.Error(), "cell gru, estimator uoro") || !strings.Contains(err.Error(), "at most 24") {
		t.Errorf("got %v", err)
	}
}

// The word for draws is another spelling of the noise law.
func TestDrawsExhaustive(t *testing.T) {
	e := Default()
	if err := e.Set("draws", "exhaustive"); err != nil || e.Noise != NoiseExhaustive || e.Draws != Default().Draws {
		t.Errorf("noise %q, draws %d, error %v", e.Noise, e.Draws, err)
	}
	f, err := Parse([]byte("draws = \"exhaustive\"\n"), "x.toml")
	if err != nil || f.Noise != NoiseExhaustive {
		t.Errorf("file: %v, error %v", f, err)
	}
	if err := e.Set("draws", "all"); err == nil || !strings.Contains(err.Error(), "or exhaustive") {
		t.Errorf("got %v", err)
	}
}
