package bench

import (
	"math"
	"slices"
	"testing"

	"uorobench/bench/noise"
	"uorobench/estimators"
	"uorobench/estimators/oracle"
)

// enumerable is an experiment whose noise has so few patterns that all can be
// run through: 2 units, 6 steps.
func enumerable(change func(e *Experiment)) *Experiment {
	return small(func(e *Experiment) {
		e.Hidden, e.Steps, e.Stride, e.Draws, e.Pilot = 2, 6, 3, 1024, 256
		e.Estimators = []string{
			"uoro", "cv-uoro/snap1/one", "cv-uoro/snap1/trace", "cv-uoro/snap1+instant/pooled",
			"cv-uoro/snap1/unit", "cv-uoro/truncated-1/coordinate", "uoro-post", "cv-uoro-post/snap1/trace",
		}
		if change != nil {
			change(e)
		}
	})
}

// enumerated are the exact moments of a row's chain, found by running it on every
// pattern of its noise; the closed form knows nothing of that path.
func enumerated(t *testing.T, e *Experiment, est *EstimatorResult, schedule *estimators.Schedule) []*oracle.Moments {
	t.Helper()
	pr, err := newProblem(e, e.Cells[0])
	if err != nil {
		t.Fatal(err)
	}
	o := estimators.Options{Guard: estimators.Guard(e.Guard), Schedule: schedule, Covariates: est.Covariates}
	if est.Convention == "post" {
		o.Convention = estimators.Post
	}
	chain, err := est.Spec.New(pr.Trajectory.Layout, o)
	if err != nil {
		t.Fatal(err)
	}
	m, err := oracle.Enumerate(chain, pr.Trajectory, oracle.Signs, pr.Measured...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestExactFiguresAgainstEnumeration(t *testing.T) {
	for _, name := range []string{"rnn", "gru"} {
		for _, guard := range []string{"none", "fixed"} {
			e := enumerable(func(e *Experiment) { e.Cells, e.Guard = []string{name}, guard })
			r := mustRun(t, e, RunOptions{})
			for _, est := range r.Cells[0].Rows {
				moments := enumerated(t, e, est, r.Cells[0].Schedule)
				for m, s := range est.Steps {
					checkExact(t, name+" "+guard+" "+est.Label, est, &s, moments[m])
				}
			}
		}
	}
}

func checkExact(t *testing.T, label string, est *EstimatorResult, s *StepResult, m *oracle.Moments) {
	t.Helper()
	if s.Exact == nil {
		t.Fatalf("%s: no exact figures", label)
	}
	trace := m.Trace()
	is(t, label+" parts", s.Exact.Spatial.Value+s.Exact.Temporal.Value, s.Exact.Var.Value)
	is(t, label+" signs", s.Exact.Signs.Value, s.Exact.Var.Value)
	if s.Exact.PerTime.Value < s.Exact.PerUnit.Value*(1-1e-9) && s.Exact.PerTime.Value <= 0 {
		t.Errorf("%s: yardsticks %v, %v", label, s.Exact.PerTime.Value, s.Exact.PerUnit.Value)
	}
	switch est.Scope {
	case "":
		is(t, label+" var", s.Exact.Var.Value, trace[0][0])
	case "one", "trace":
		is(t, label+" var", s.Exact.Var.Value, oracle.Combine(trace, []float64{s.Lambda.Value}))
		is(t, label+" ratio", s.Exact.Ratio.Value, s.Exact.Var.Value/trace[0][0])
		is(t, label+" λ", s.Exact.Lambda.Value, m.Lambda()[0])
		is(t, label+" best", s.Exact.Best.Value, m.VarTrace(m.Lambda())/trace[0][0])
	case "coordinate":
		mean, best, varying := 0.0, 0.0, 0.0
		for j, l := range m.CoordinateLambda()[0] {
			if m.Cov[1][1][j] > 1e-12*slices.Max(m.Cov[1][1]) { // λ of the others means nothing
				mean, varying = mean+l, varying+1
			}
			best += m.Cov[0][0][j] - 2*l*m.Cov[0][1][j] + l*l*m.Cov[1][1][j]
		}
		is(t, label+" λ", s.Exact.Lambda.Value, mean/varying)
		is(t, label+" best", s.Exact.Best.Value, best/trace[0][0])
	}
}

// is compares two exact computations.
func is(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-10*math.Max(1e-12, math.Abs(want))) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// The Monte Carlo figures must agree with the exact ones: |z| below 4.5 over some
// 250 rows, for λ by unit, cross-fitted and Gaussian noise too.
func TestDrawsAgreeWithExactFigures(t *testing.T) {
	for _, fit := range []string{FitPilot, FitCross} {
		for _, law := range []string{NoiseRademacher, NoiseGaussian} {
			e := small(func(e *Experiment) {
				e.Cells, e.Guard, e.LambdaFit, e.Noise, e.Draws, e.Groups = []string{"rnn", "lstm"}, "fixed", fit, law, 4096, 32
				if e.Pilot = 1024; fit != FitPilot {
					e.Pilot = 0
				}
				e.Estimators = append(e.Estimators, "cv-uoro/snap1/coordinate", "cv-uoro/snap1/pooled")
			})
			r := mustRun(t, e, RunOptions{})
			for _, c := range r.Cells {
				for _, est := range c.Rows {
					for _, s := range append(est.Steps, est.Pooled) {
						checkZ(t, fit+" "+law+" "+c.Cell+" "+est.Label, est, &s)
					}
				}
			}
		}
	}
}

func checkZ(t *testing.T, label string, est *EstimatorResult, s *StepResult) {
	t.Helper()
	linear := len(est.Covariates) > 0 && est.Covariates[0][0] == 'l'
	if (s.Exact == nil) != (linear || est.Label == "rtrl") {
		t.Fatalf("%s: exact figures %v", label, s.Exact)
	}
	if s.Exact == nil {
		return
	}
	if !s.Exact.Z.OK || math.Abs(s.Exact.Z.Value) > 4.5 {
		t.Errorf("%s step %d: var_trace %v ± %v, exact %v (z %v)", label, s.Step, s.Var.Value, s.Var.MCSE, s.Exact.Var.Value, s.Exact.Z.Value)
	}
	if est.Scope != "" && (s.Ratio.Lo > s.Exact.Ratio.Value*1.2 || s.Ratio.Hi < s.Exact.Ratio.Value/1.2) {
		t.Errorf("%s step %d: var_ratio %+v, exact %v", label, s.Step, s.Ratio, s.Exact.Ratio.Value)
	}
	if est.Scope != "" && (est.Scope != "pooled" || s.Step == 0) && s.Exact.Best.Value > s.Exact.Ratio.Value*(1+1e-9) {
		t.Errorf("%s step %d: best ratio %v above that of the λ used, %v", label, s.Step, s.Exact.Best.Value, s.Exact.Ratio.Value)
	}
}

// The scales of guard fixed are those that single draws of guard code have on
// average, draw by draw with the paper's dense recursion.
func TestScheduleIsTheMeanOfDraws(t *testing.T) {
	e := enumerable(func(e *Experiment) { e.Guard = "fixed" })
	pr, err := newProblem(e, "gru")
	if err != nil {
		t.Fatal(err)
	}
	got, err := newSchedule(e, pr)
	if err != nil {
		t.Fatal(err)
	}
	var want estimators.Schedule
	want.Rho0, want.Rho1 = make([]float64, e.Steps), make([]float64, e.Steps)
	source, s := pilotSigns(e), pr.Trajectory.Layout.S()
	for n := range uint64(scheduleDraws) {
		d := oracle.NewDraw(pr.Trajectory.Layout, estimators.GuardCode, nil)
		for step, j := range pr.Trajectory.Steps {
			d.Step(j, source(n, step, s))
			want.Rho0[step] += d.Rho0 / scheduleDraws
			want.Rho1[step] += d.Rho1 / scheduleDraws
		}
	}
	for step := range want.Rho0 {
		is(t, "rho0", got.Rho0[step], want.Rho0[step])
		is(t, "rho1", got.Rho1[step], want.Rho1[step])
	}
}

// pilotSigns reads single signs of the pilot stream.
func pilotSigns(e *Experiment) func(n uint64, step, s int) []float64 {
	source := noise.New(e.Seed, noise.Pilot)
	return func(n uint64, step, s int) []float64 {
		eps := make([]float64, s)
		for i := range eps {
			k := uint64(step*s + i) // bit k mod 64 of word (k/64) mod 4 of block k/256
			eps[i] = -1
			if source.Words(n, k/256)[k/64%4]>>(k%64)&1 == 1 {
				eps[i] = 1
			}
		}
		return eps
	}
}

// Guards that adapt have no closed form.
func TestNoExactFiguresForAdaptiveGuards(t *testing.T) {
	r := mustRun(t, enumerable(nil), RunOptions{})
	for _, est := range r.Cells[0].Rows {
		if est.Pooled.Exact != nil || r.Cells[0].Schedule != nil {
			t.Errorf("%s: exact figures under guard code", est.Label)
		}
	}
}
