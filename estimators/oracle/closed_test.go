package oracle_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

func fixture(tb testing.TB, name string, hidden, steps int) *oracle.Fixture {
	tb.Helper()
	rng := rand.New(rand.NewPCG(21, 7))
	f, err := oracle.NewFixture(name, 2, hidden, steps, 1.2, rng.Float64)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// hiddenFor keeps S·T small: an LSTM unit has two state entries.
func hiddenFor(name string, state int) int {
	if name == "lstm" || name == "alif" {
		return state / 2
	}
	return state
}

// shared are all covariates that share θ̃, families by their first members.
var shared = func() []string {
	var names []string
	for _, name := range oracle.Members(estimators.CovariateNames()) {
		if spec, err := estimators.FindCovariate(name); err == nil && spec.Adjoint != nil {
			names = append(names, name)
		}
	}
	return names
}()

func schedule(steps int) *estimators.Schedule {
	s := &estimators.Schedule{}
	for t := range steps {
		s.Rho0 = append(s.Rho0, 0.6+0.5*float64(t%3))
		s.Rho1 = append(s.Rho1, 1.7-0.4*float64(t%4))
	}
	return s
}

// uoro is the chain that the form is of.
func uoro(tb testing.TB, l *cell.Layout, form oracle.Form) *estimators.Chain {
	tb.Helper()
	name := "uoro"
	switch {
	case form.Residual:
		name = "residual"
	case form.Blocks > 0:
		name = fmt.Sprintf("split-uoro-%d", form.Blocks)
	}
	sel, err := estimators.Parse(name)
	if err != nil {
		tb.Fatal(err)
	}
	o := estimators.Options{Convention: form.Convention, Guard: estimators.GuardNone, Covariates: form.Covariates}
	if form.Schedule != nil {
		o.Guard, o.Schedule = estimators.GuardFixed, form.Schedule
	}
	c, err := sel.Spec.New(l, o)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// eachForm calls f for every convention and for scales of one and of a schedule.
func eachForm(steps int, f func(form oracle.Form)) {
	for _, c := range []estimators.Convention{estimators.Pre, estimators.Post} {
		f(oracle.Form{Convention: c, Covariates: shared})
		f(oracle.Form{Convention: c, Covariates: shared, Schedule: schedule(steps)})
	}
}

// TestClosedFormIsEnumeration: every mean, variance and covariance of every
// coordinate, at every step, for κ = 1 over all signs and for κ = 3 over the
// three-point Gauss–Hermite rule, whose fourth moments are exact.
func TestClosedFormIsEnumeration(t *testing.T) {
	for _, law := range []struct {
		law   oracle.Law
		state int
	}{{oracle.Signs, 4}, {oracle.Gauss3, 2}} {
		for _, name := range cell.Names() {
			const steps = 3
			f := fixture(t, name, hiddenFor(name, law.state), steps)
			t.Run(law.law.Name+"/"+name, func(t *testing.T) {
				eachForm(steps, func(form oracle.Form) { compareClosed(t, f, form, law.law) })
			})
		}
	}
}

func compareClosed(t *testing.T, f *oracle.Fixture, form oracle.Form, law oracle.Law) {
	t.Helper()
	var steps []int
	for i := range f.Trajectory.Steps {
		steps = append(steps, i+1)
	}
	want, err := oracle.Enumerate(uoro(t, f.Trajectory.Layout, form), f.Trajectory, law, steps...)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range want {
		closed, err := oracle.ClosedForm(f.Trajectory, form, m.Step)
		if err != nil {
			t.Fatal(err)
		}
		got := closed.Moments(law.Kurtosis())
		// The root of the second moments: where a chain leaves nothing to chance, the
		// variance by enumeration is rounding of the squared mean.
		trace, size := m.Trace(), make([]float64, len(m.Mean))
		for k, mean := range m.Mean {
			size[k] = math.Sqrt(trace[k][k] + normSq(mean))
		}
		for k := range m.Mean {
			close1(t, form, m.Step, "mean", got.Mean[k], m.Mean[k], size[k])
			for l := range m.Mean {
				close1(t, form, m.Step, "covariance", got.Cov[k][l], m.Cov[k][l], size[k]*size[l])
			}
		}
	}
}

// close1 compares entry by entry, to 10⁻¹² of the size of the whole.
func close1(t *testing.T, form oracle.Form, step int, what string, got, want []float64, size float64) {
	t.Helper()
	for j := range want {
		if !(math.Abs(got[j]-want[j]) <= 1e-12*size) {
			t.Errorf("%v (schedule %v) step %d: %s of coordinate %d is %.12g, by enumeration %.12g",
				form.Convention, form.Schedule != nil, step, what, j, got[j], want[j])
			return
		}
	}
}

// TestKurtosisMatters is the negative control of the one above: κ = 1 and κ = 3
// give different variances, so a formula without the fourth moment would fail.
func TestKurtosisMatters(t *testing.T) {
	f := fixture(t, "gru", 2, 3)
	c, err := oracle.ClosedForm(f.Trajectory, oracle.Form{Convention: estimators.Post}, 3)
	if err != nil {
		t.Fatal(err)
	}
	one, three := c.Moments(1).VarTrace(nil), c.Moments(3).VarTrace(nil)
	if !(one < 0.95*three) {
		t.Errorf("var_trace is %v at κ = 1 and %v at κ = 3", one, three)
	}
}

// TestSpatialPart: the part of the estimate in which both factors take ε from the
// same time is what is left after averaging over a sign for each time. Its
// variance over all patterns is the spatial part.
func TestSpatialPart(t *testing.T) {
	const steps = 3
	for _, name := range cell.Names() {
		f := fixture(t, name, hiddenFor(name, 2), steps)
		form := oracle.Form{Convention: estimators.Post, Schedule: schedule(steps)}
		closed, err := oracle.ClosedForm(f.Trajectory, form, steps)
		if err != nil {
			t.Fatal(err)
		}
		want := varianceOfFlipAverage(f, form.Schedule)
		spatial, total := closed.Spatial(1), closed.Moments(1)
		for j := range want {
			if got := spatial.Cov[0][0][j]; !(math.Abs(got-want[j]) <= 1e-12*total.VarTrace(nil)) {
				t.Errorf("%s coordinate %d: spatial part %v, from the draws %v", name, j, got, want[j])
			}
		}
		temporal := closed.Temporal().VarTrace(nil)
		if sum := spatial.VarTrace(nil) + temporal; math.Abs(sum-total.VarTrace(nil)) > 1e-12*sum || temporal <= 0 {
			t.Errorf("%s: spatial %v + temporal %v ≠ %v", name, spatial.VarTrace(nil), temporal, total.VarTrace(nil))
		}
	}
}

func varianceOfFlipAverage(f *oracle.Fixture, s *estimators.Schedule) []float64 {
	l, steps := f.Trajectory.Layout, len(f.Trajectory.Steps)
	sum, sumSq := make([]float64, l.P()), make([]float64, l.P())
	patterns := 1 << (l.S() * steps)
	for n := range patterns {
		average := make([]float64, l.P())
		for flips := range 1 << steps {
			for j, v := range estimate(f, s, n, flips) {
				average[j] += v / float64(int(1)<<steps)
			}
		}
		for j, v := range average {
			sum[j] += v / float64(patterns)
			sumSq[j] += v * v / float64(patterns)
		}
	}
	for j := range sumSq {
		sumSq[j] -= sum[j] * sum[j]
	}
	return sumSq
}

// estimate runs one dense draw: bit t·S+i of pattern is the sign of ε_t[i], and
// bit t of flips turns all of ε_t around.
func estimate(f *oracle.Fixture, s *estimators.Schedule, pattern, flips int) []float64 {
	l := f.Trajectory.Layout
	d := oracle.NewDraw(l, estimators.GuardFixed, s)
	eps := make([]float64, l.S())
	for t, j := range f.Trajectory.Steps {
		for i := range eps {
			eps[i] = float64(2*(pattern>>(t*l.S()+i)&1)-1) * float64(1-2*(flips>>t&1))
		}
		d.Step(j, eps)
	}
	return d.Estimate(f.Trajectory.Steps[len(f.Trajectory.Steps)-1].Delta)
}

// TestMeanIsRTRL ties the closed form to the exact gradients at a size that
// cannot be enumerated.
func TestMeanIsRTRL(t *testing.T) {
	for _, name := range cell.Names() {
		f := fixture(t, name, 9, 12)
		form := oracle.Form{Convention: estimators.Pre, Schedule: schedule(12)}
		closed, err := oracle.ClosedForm(f.Trajectory, form, 12)
		if err != nil {
			t.Fatal(err)
		}
		got := slices.Clone(closed.Mean[0])
		f.Trajectory.Layout.AddImmediate(got, f.Trajectory.Steps[11].Delta, f.Trajectory.Steps[11])
		exact := oracle.BPTTAt(f.Cell, f.Params, f.Trajectory, 12)
		for j := range exact {
			if math.Abs(got[j]-exact[j]) > 1e-11*(1+math.Abs(exact[j])) {
				t.Errorf("%s coordinate %d: %v, BPTT %v", name, j, got[j], exact[j])
			}
		}
	}
}

// TestYardsticks: the per-time yardstick is reached by the scales c_τ = √(‖I‖/‖b‖),
// found here by a search that knows nothing of Cauchy–Schwarz, and the per-unit
// one is not above it.
func TestYardsticks(t *testing.T) {
	for _, name := range cell.Names() {
		f := fixture(t, name, 3, 4)
		best := search([]float64{1, 1, 1, 1}, func(rho1 []float64) float64 { return leading(t, f, rho1) })
		c, err := oracle.ClosedForm(f.Trajectory, oracle.Form{Convention: estimators.Post}, 4)
		if err != nil {
			t.Fatal(err)
		}
		y := c.Yardsticks
		if math.Abs(best-y.PerTime) > 1e-9*best {
			t.Errorf("%s: the search reaches %v, the yardstick is %v", name, best, y.PerTime)
		}
		if !(y.PerUnit < y.PerTime && y.PerUnit > 0) {
			t.Errorf("%s: per unit %v, per time %v", name, y.PerUnit, y.PerTime)
		}
	}
}

// leading is the leading term of var_trace at the last step: at κ = 3 var_trace
// is that term and ‖E y‖².
func leading(t *testing.T, f *oracle.Fixture, rho1 []float64) float64 {
	s := &estimators.Schedule{Rho0: []float64{1, 1, 1, 1}, Rho1: rho1}
	c, err := oracle.ClosedForm(f.Trajectory, oracle.Form{Convention: estimators.Post, Schedule: s}, 4)
	if err != nil {
		t.Fatal(err)
	}
	mean := 0.0
	for _, v := range c.Mean[0] {
		mean += v * v
	}
	return c.Moments(3).VarTrace(nil) - mean
}

// search lowers f over positive x by a pattern search, factor by factor.
func search(x []float64, f func([]float64) float64) float64 {
	best := f(x)
	for step := 0.5; step > 1e-6; step /= 2 {
		for better := true; better; {
			better = false
			for i := range x {
				for _, factor := range []float64{1 + step, 1 / (1 + step)} {
					old := x[i]
					x[i] *= factor
					if v := f(x); v < best {
						best, better = v, true
					} else {
						x[i] = old
					}
				}
			}
		}
	}
	return best
}

func TestClosedFormRefuses(t *testing.T) {
	f := fixture(t, "rnn", 2, 3)
	for want, c := range map[string]struct {
		form oracle.Form
		step int
	}{
		"step 0; the trajectory has steps 1 to 3":      {oracle.Form{}, 0},
		"step 4; the trajectory has steps 1 to 3":      {oracle.Form{}, 4},
		`"linear-dense" does not share`:                {oracle.Form{Covariates: []string{"linear-dense"}}, 1},
		`unknown covariate "snap"`:                     {oracle.Form{Covariates: []string{"snap"}}, 1},
		"2 values of rho0 and 2 of rho1; 3 steps need": {oracle.Form{Convention: estimators.Post, Schedule: schedule(2)}, 3},
	} {
		if _, err := oracle.ClosedForm(f.Trajectory, c.form, c.step); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// BenchmarkClosedForm is the last step of a full-size network.
func BenchmarkClosedForm(b *testing.B) {
	for _, name := range cell.Names() {
		b.Run(name, func(b *testing.B) {
			f := fixture(b, name, 32, 128)
			form := oracle.Form{Convention: estimators.Pre, Covariates: shared}
			for b.Loop() {
				if _, err := oracle.ClosedForm(f.Trajectory, form, 128); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
