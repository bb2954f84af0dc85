package estimators_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// The tolerance of a mean over all patterns: rounding of sums whose terms are
// as large as the estimator's standard deviation.
const meanTolerance = 1e-12

// TestMeanIsExact: over all sign patterns the mean of every estimator called
// unbiased is the exact gradient, at every step, for every cell, convention and
// guard; the deterministic one is the exact gradient itself.
func TestMeanIsExact(t *testing.T) {
	for _, spec := range specs(t) {
		for _, name := range cell.Names() {
			t.Run(spec.Name+"/"+name, func(t *testing.T) {
				f := fixtureFor(t, name, spec.Name)
				for _, c := range conventions {
					for _, g := range guards() {
						checkMean(t, spec, f, options(c, g))
					}
				}
			})
		}
	}
}

func checkMean(t *testing.T, spec estimators.Spec, f *oracle.Fixture, o estimators.Options) {
	ch := chain(t, spec.Name, f.Trajectory.Layout, o)
	exact := oracle.BPTT(f.Cell, f.Params, f.Trajectory)
	offsets, _ := known(ch, f.Trajectory)
	switch last := len(exact) - 1; {
	case spec.Bias == "exact":
		for i, g := range exact {
			if e := distance(offsets[i], g); !(e < 1e-12*norm(g)) {
				t.Errorf("step %d: the estimate is %.2g away from BPTT", i+1, e)
			}
		}
	case spec.Bias == "unbiased":
		checkUnbiased(t, spec.Name, ch, f, offsets, exact)
	case ch.NewBatch == nil && distance(offsets[last], exact[last]) < 1e-6*norm(exact[last]) && !member(spec.Name):
		t.Errorf("called biased, but the estimate is the exact gradient")
	}
}

// member tells a member of a family: a large one may be exact on a short
// trajectory.
func member(estimator string) bool { return strings.ContainsAny(estimator, "123") }

// largest tells the largest member of a family that the suites look at: on the
// few steps that can be enumerated it may leave nothing to chance. Of ok-R that is
// rank 2 on three steps already; TestKroneckerSumsAreUnbiased has more of them.
func largest(estimator string) bool { return strings.HasSuffix(estimator, "-3") || estimator == "ok-2" }

func checkUnbiased(t *testing.T, estimator string, ch *estimators.Chain, f *oracle.Fixture, offsets, exact [][]float64) {
	var sd float64
	for i, m := range enumerate(t, ch, f.Trajectory, oracle.Signs, enumerableSteps(ch, f.Trajectory)...) {
		sd = math.Sqrt(math.Max(0, m.VarTrace(make([]float64, len(ch.Covariates))))) // rounding may go below 0
		if e := distance(add(m.Mean[0], offsets[i]), exact[i]); !(e < meanTolerance*(sd+norm(exact[i]))) {
			t.Errorf("%v step %d: bias %.3g, ‖g‖ = %.3g, sd %.3g", ch.Convention, i+1, e, norm(exact[i]), sd)
		}
	}
	// Rounding is below 1e-12 of the squares, and so below 1e-6 of their roots.
	silent := sd <= 1e-6*norm(exact[len(exact)-1])
	if want := onlyOneSign(estimator, ch, f.Trajectory); want && !silent || !want && silent && !largest(estimator) {
		t.Errorf("%v: standard deviation %.3g; without variance: want %v", ch.Convention, sd, want)
	}
}

// onlyOneSign says whether every block of scaled-split-residual-K has drawn one sign at
// most when the last step that is enumerated is estimated: its product s̃ θ̃ᵀ has that
// sign's square, 1, and no variance. Under pre that is so at step 3 (S_0 = 0, so that
// noise begins with step 2) where a block has one state entry that meets S and drives
// other units; the others are left out.
func onlyOneSign(estimator string, ch *estimators.Chain, tr *cell.Trajectory) bool {
	last := len(enumerableSteps(ch, tr))
	k, err := strconv.Atoi(strings.TrimPrefix(estimator, "scaled-split-residual-"))
	if err != nil || ch.Convention != estimators.Pre || last > 3 {
		return false
	}
	if last < 3 {
		return true
	}
	l, f, most := tr.Layout, tr.Steps[1].F, 0
	for m := range k {
		signs := 0
		for entry := range l.S() {
			inBlock := entry%l.H >= m*l.H/k && entry%l.H < (m+1)*l.H/k
			if inBlock && drivesOthers(f, entry, l) && meetsTheta(tr.Steps[0], entry, l) {
				signs++
			}
		}
		most = max(most, signs)
	}
	return most <= 1
}

// meetsTheta says whether row `entry` of I is not zero; every z holds a 1.
func meetsTheta(j *cell.Jacobian, entry int, l *cell.Layout) bool {
	for g := range l.Groups {
		if j.Gain[g*l.S()+entry] != 0 {
			return true
		}
	}
	return false
}

// drivesOthers says whether column `entry` of F leads to another unit.
func drivesOthers(f []float64, entry int, l *cell.Layout) bool {
	for i := range l.S() {
		if i%l.H != entry%l.H && f[i*l.S()+entry] != 0 {
			return true
		}
	}
	return false
}

// TestMeanUnderGaussianRule: the same under a three-valued law, whose noise
// norm ‖ε‖ is not a constant.
func TestMeanUnderGaussianRule(t *testing.T) {
	f := smallFixture(t, "gru")
	for _, c := range conventions {
		for _, g := range guards() {
			ch := chain(t, "uoro", f.Trajectory.Layout, options(c, g))
			exact := oracle.BPTT(f.Cell, f.Params, f.Trajectory)
			offsets, _ := known(ch, f.Trajectory)
			for i, m := range enumerate(t, ch, f.Trajectory, oracle.Gauss3) {
				sd := math.Sqrt(m.VarTrace(nil))
				if e := distance(add(m.Mean[0], offsets[i]), exact[i]); !(e < meanTolerance*(sd+norm(exact[i]))) {
					t.Errorf("%v %s step %d: bias %.3g, ‖g‖ = %.3g, sd %.3g", c, g, i+1, e, norm(exact[i]), sd)
				}
			}
		}
	}
}

// TestCovariates: for every covariate of the list, at an early and at the last
// step, E[c] = μ; and the parity theorem: UORO is even in the noise and the
// linear covariates are odd, so their covariance is zero at every coordinate.
// The even ones do covary.
func TestCovariates(t *testing.T) {
	names := covariateNames()
	eachCase(t, func(t *testing.T, f *oracle.Fixture, c estimators.Convention, g estimators.Guard) {
		ch := chain(t, "uoro", f.Trajectory.Layout, options(c, g, names...))
		_, means := known(ch, f.Trajectory)
		last := len(f.Trajectory.Steps)
		for _, m := range enumerate(t, ch, f.Trajectory, oracle.Signs, 2, last) {
			for k, name := range names {
				checkCovariateMean(t, name, m, k+1, means[m.Step-1][k])
				if strings.HasPrefix(name, "linear-") {
					checkOdd(t, name, m, k+1)
				} else if m.Step == last {
					checkEven(t, name, m, k+1)
				}
			}
		}
	})
}

func checkCovariateMean(t *testing.T, name string, m *oracle.Moments, k int, mean []float64) {
	t.Helper()
	sd := math.Sqrt(m.Trace()[k][k])
	if e := distance(m.Mean[k], mean); !(e <= meanTolerance*(sd+norm(mean))) {
		t.Errorf("%s at step %d: E[c] − μ = %.3g, ‖μ‖ = %.3g, sd %.3g", name, m.Step, e, norm(mean), sd)
	}
}

func checkOdd(t *testing.T, name string, m *oracle.Moments, k int) {
	t.Helper()
	trace := m.Trace()
	for j, v := range m.Cov[0][k] {
		if !(math.Abs(v) <= 1e-12*math.Sqrt(trace[0][0]*trace[k][k])) {
			t.Errorf("%s step %d coordinate %d: covariance %.3g", name, m.Step, j, v)
		}
	}
}

func checkEven(t *testing.T, name string, m *oracle.Moments, k int) {
	t.Helper()
	trace := m.Trace()
	if r := trace[0][k] / math.Sqrt(trace[0][0]*trace[k][k]); !(math.Abs(r) > 1e-3) {
		t.Errorf("%s step %d: correlation %.3g", name, m.Step, r)
	}
}

// TestCovariatesAreAlive: a covariate that is zero would pass every other test.
func TestCovariatesAreAlive(t *testing.T) {
	for _, name := range cell.Names() {
		f := fixture(t, name)
		names := covariateNames()
		ch := chain(t, "uoro", f.Trajectory.Layout, options(estimators.Pre, estimators.GuardCode, names...))
		last := len(f.Trajectory.Steps)
		_, means := known(ch, f.Trajectory)
		trace := enumerate(t, ch, f.Trajectory, oracle.Signs, last)[0].Trace()
		for k, c := range names {
			if trace[k+1][k+1] < 1e-6 || norm(means[last-1][k]) < 1e-6 {
				t.Errorf("%s on %s: variance %.3g, ‖μ‖ = %.3g", c, name, trace[k+1][k+1], norm(means[last-1][k]))
			}
		}
	}
}

// TestEvenness: flipping all signs leaves the estimate, bit by bit, as it was.
func TestEvenness(t *testing.T) {
	eachCase(t, func(t *testing.T, f *oracle.Fixture, c estimators.Convention, g estimators.Guard) {
		ch := chain(t, "uoro", f.Trajectory.Layout, options(c, g, "snap1"))
		one := runSignals(ch, f.Trajectory, noise(1, ch, f.Trajectory, 1))
		two := runSignals(ch, f.Trajectory, noise(1, ch, f.Trajectory, -1))
		for i := range one {
			if one[i] != two[i] {
				t.Fatalf("number %d: %v for ε and %v for −ε", i, one[i], two[i])
			}
		}
	})
}

// variate is a chain whose single signal is y_0 − λ y_1, formed draw by draw as
// an optimiser would.
type variate struct {
	estimators.Batch
	lambda float64
	out    estimators.Signals
}

func (v *variate) Signals(j *cell.Jacobian) *estimators.Signals {
	s := v.Batch.Signals(j)
	for w := range estimators.Lanes {
		v.out.Scale[0][w] = 1
		for i := w; i < len(v.out.Basis[0]); i += estimators.Lanes {
			v.out.Basis[0][i] = s.Scale[0][w]*s.Basis[s.Of[0]][i] - v.lambda*s.Scale[1][w]*s.Basis[s.Of[1]][i]
		}
	}
	return &v.out
}

func withLambda(ch *estimators.Chain, p int, lambda float64) *estimators.Chain {
	lanes := func(n int) [][]float64 { return [][]float64{make([]float64, n*estimators.Lanes)} }
	out := *ch
	out.Covariates = nil
	out.NewBatch = func() estimators.Batch {
		return &variate{ch.NewBatch(), lambda, estimators.Signals{Scale: lanes(1), Basis: lanes(p), Of: []int{0}}}
	}
	return &out
}

// TestControlVariateIsUnbiased: E[ĝ − λ(c − μ)] = g for λ that do not depend on
// the draws, whatever their size.
func TestControlVariateIsUnbiased(t *testing.T) {
	for _, covariate := range covariateNames() {
		t.Run(covariate, func(t *testing.T) {
			for _, name := range shapes {
				f := fixture(t, name)
				for _, c := range conventions {
					checkVariate(t, f, options(c, estimators.GuardCode, covariate))
				}
			}
		})
	}
}

func checkVariate(t *testing.T, f *oracle.Fixture, o estimators.Options) {
	last := len(f.Trajectory.Steps)
	p := f.Trajectory.Layout.P()
	exact := oracle.BPTTAt(f.Cell, f.Params, f.Trajectory, last)
	ch := chain(t, "uoro", f.Trajectory.Layout, o)
	offsets, means := known(ch, f.Trajectory)
	both := enumerate(t, ch, f.Trajectory, oracle.Signs, last)[0]
	for _, lambda := range []float64{0, 0.5, 1, 2} {
		m := enumerate(t, withLambda(ch, p, lambda), f.Trajectory, oracle.Signs, last)[0]
		estimate := add(m.Mean[0], offsets[last-1])
		for j := range estimate {
			estimate[j] += lambda * means[last-1][0][j]
		}
		variance := m.VarTrace(nil)
		if e := distance(estimate, exact); !(e < meanTolerance*(math.Sqrt(variance)+norm(exact))) {
			t.Errorf("%s %v λ = %v: bias %.3g", f.Cell.Name(), o.Convention, lambda, e)
		}
		// The variance of the difference, draw by draw, is what the moments say.
		if want := both.VarTrace([]float64{lambda}); math.Abs(variance-want) > 1e-12*(want+both.VarTrace([]float64{0})) {
			t.Errorf("%s %v λ = %v: variance %v, from the moments %v", f.Cell.Name(), o.Convention, lambda, variance, want)
		}
	}
}

// TestDiagonalJacobianIsBiased is the negative control: UORO whose state is
// carried by the within-unit part of F alone estimates SnAp-1's gradient, and
// that is not the exact one. A test of unbiasedness that it passed would be
// blind.
func TestDiagonalJacobianIsBiased(t *testing.T) {
	for _, name := range cell.Names() {
		f := fixture(t, name)
		l, last := f.Trajectory.Layout, len(f.Trajectory.Steps)
		ch := chain(t, "uoro", l, options(estimators.Post, estimators.GuardCode, "snap1"))
		exact := oracle.BPTTAt(f.Cell, f.Params, f.Trajectory, last)
		wrong := *f.Trajectory
		wrong.Steps = diagonal(f.Trajectory)
		m := enumerate(t, ch, &wrong, oracle.Signs, last)[0]
		_, means := known(ch, f.Trajectory)
		if e := distance(m.Mean[0], exact); e < 1e-2*norm(exact) {
			t.Errorf("%s: the diagonal Jacobian's bias is %.3g of the gradient; it should show", name, e/norm(exact))
		}
		if e := distance(m.Mean[0], means[last-1][0]); !(e < 1e-12*norm(exact)) {
			t.Errorf("%s: the diagonal Jacobian gives %.3g beside SnAp-1's gradient", name, e)
		}
	}
}

// diagonal copies the steps with F cut down to the entries within a unit.
func diagonal(tr *cell.Trajectory) []*cell.Jacobian {
	s, h := tr.Layout.S(), tr.Layout.H
	var steps []*cell.Jacobian
	for _, j := range tr.Steps {
		cut := *j
		cut.F = make([]float64, s*s)
		for i := range s {
			for k := range s {
				if i%h == k%h {
					cut.F[i*s+k] = j.F[i*s+k]
				}
			}
		}
		steps = append(steps, &cut)
	}
	return steps
}
