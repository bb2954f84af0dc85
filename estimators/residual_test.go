package estimators_test

import (
	"math"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// TestResidualCovariateMeans: E[c] = μ on the residual chain, whose source is K_t.
func TestResidualCovariateMeans(t *testing.T) {
	spec := specNamed(t, "residual")
	names := covariatesOf(spec)
	eachCase(t, func(t *testing.T, f *oracle.Fixture, c estimators.Convention, g estimators.Guard) {
		if g != estimators.GuardCode { // the means do not know the guard
			return
		}
		ch := chain(t, "residual", f.Trajectory.Layout, options(c, g, names...))
		_, means := known(ch, f.Trajectory)
		for i, m := range enumerate(t, ch, f.Trajectory, oracle.Signs) {
			trace := m.Trace()
			for k, name := range names {
				sd := math.Sqrt(trace[k+1][k+1])
				if e := distance(m.Mean[k+1], means[i][k]); !(e <= meanTolerance*(sd+norm(means[i][k]))) {
					t.Errorf("%s at step %d: E[c] − μ = %.3g, ‖μ‖ = %.3g, sd %.3g", name, i+1, e, norm(means[i][k]), sd)
				}
				if i == len(f.Trajectory.Steps)-1 && (sd < 1e-6 || norm(means[i][k]) < 1e-6) {
					t.Errorf("%s is dead on %s: sd %.3g, ‖μ‖ = %.3g", name, f.Cell.Name(), sd, norm(means[i][k]))
				}
			}
		}
	})
}

func specNamed(tb testing.TB, name string) estimators.Spec {
	tb.Helper()
	sel, err := estimators.Parse(name)
	if err != nil {
		tb.Fatal(err)
	}
	return sel.Spec
}

// TestResidualRefusesCovariates: a covariate whose mean on this chain would cost
// as much as RTRL is refused by name.
func TestResidualRefusesCovariates(t *testing.T) {
	f := fixture(t, "gru")
	spec := specNamed(t, "residual")
	_, err := spec.New(f.Trajectory.Layout, options(estimators.Pre, estimators.GuardCode, "block-2"))
	if err == nil || err.Error() != `residual: covariate "block-2" has no exact mean on the residual chain that is cheap to follow` {
		t.Errorf("error %v", err)
	}
}

// TestResidualIsTheTextbook: every lane agrees with the recursion written out
// with dense matrices: S with the within-unit part of F, K = (F − F̃) S, and
// UORO's formulas with K in the place of I.
func TestResidualIsTheTextbook(t *testing.T) {
	eachCase(t, func(t *testing.T, f *oracle.Fixture, c estimators.Convention, g estimators.Guard) {
		o := options(c, g)
		for estimator, middle := range map[string]bool{"residual": false, "split-residual-1": true} {
			ch := chain(t, estimator, f.Trajectory.Layout, o)
			eps := noise(6, ch, f.Trajectory, 1)
			got := runSignals(ch, f.Trajectory, eps)
			for w := range estimators.Lanes {
				want := denseResidual(f.Trajectory, o, eps, w, middle)
				if e := distance(lane(got, w), want); !(e < 1e-12*norm(want)) {
					t.Errorf("%s: lane %d is off by %.3g of %.3g", estimator, w, e, norm(want))
				}
			}
		}
	})
}

// denseResidual has the noise on the left of K, or in the middle, between F − F̃
// and S.
func denseResidual(tr *cell.Trajectory, o estimators.Options, eps [][]float64, w int, middle bool) []float64 {
	l := tr.Layout
	s, p := l.S(), l.P()
	within := diagonal(tr)
	snap := make([]float64, s*p)
	sTilde, thetaTilde := make([]float64, s), make([]float64, p)
	var out []float64
	for t, j := range tr.Steps {
		if o.Convention == estimators.Pre {
			out = append(out, outer(j.Q, sTilde, thetaTilde)...)
		}
		e := lane(eps[t], w)
		rest := make([]float64, s*s)
		for i := range rest {
			rest[i] = j.F[i] - within[t].F[i]
		}
		source, drive := rowTimes(e, matTimes(rest, snap, s, p), p), e
		if middle {
			source, drive = rowTimes(e, snap, p), matTimes(rest, e, s, 1)
		}
		carried := matTimes(j.F, sTilde, s, 1)
		rho0, rho1 := scalesOf(o, t, norm(thetaTilde), norm(carried), norm(source), norm(drive))
		for i := range sTilde {
			sTilde[i] = rho0*carried[i] + rho1*drive[i]
		}
		for i := range thetaTilde {
			thetaTilde[i] = thetaTilde[i]/rho0 + source[i]/rho1
		}
		snap = matTimes(within[t].F, snap, s, p)
		l.AddImmediateRows(snap, j)
		if o.Convention == estimators.Post {
			out = append(out, outer(j.Delta, sTilde, thetaTilde)...)
		}
	}
	return out
}

// outer is (v·s) θ.
func outer(v, s, theta []float64) []float64 {
	a := 0.0
	for i := range v {
		a += v[i] * s[i]
	}
	out := make([]float64, len(theta))
	for i := range out {
		out[i] = a * theta[i]
	}
	return out
}

// matTimes is a·b for a s×s and b s×p.
func matTimes(a, b []float64, s, p int) []float64 {
	out := make([]float64, s*p)
	for i := range s {
		for k := range s {
			for c := range p {
				out[i*p+c] += a[i*s+k] * b[k*p+c]
			}
		}
	}
	return out
}

// rowTimes is v·m for m len(v)×p.
func rowTimes(v, m []float64, p int) []float64 {
	out := make([]float64, p)
	for i, a := range v {
		for c := range out {
			out[c] += a * m[i*p+c]
		}
	}
	return out
}

func scalesOf(o estimators.Options, t int, theta, carried, source, eps float64) (rho0, rho1 float64) {
	const e = 1e-7
	switch o.Guard {
	case estimators.GuardCode:
		return math.Sqrt((theta + e) / (carried + e)), math.Sqrt((source + e) / (eps + e))
	case estimators.GuardPaper:
		return math.Sqrt(theta/(carried+e)) + e, math.Sqrt(source/(eps+e)) + e
	case estimators.GuardFixed:
		return o.Schedule.Rho0[t], o.Schedule.Rho1[t]
	}
	return 1, 1
}

// TestCovariatesAtTheirLimits: a block of one unit is snap1, a window of one
// step is instant; a block as large as the network and a window as long as the
// sequence are UORO itself, with the exact gradient as mean.
func TestCovariatesAtTheirLimits(t *testing.T) {
	for _, name := range cell.Names() {
		f := fixture(t, name)
		for _, c := range conventions {
			ch := chain(t, "uoro", f.Trajectory.Layout, options(c, estimators.GuardCode,
				"snap1", "block-1", "instant", "truncated-1", "block-9", "truncated-9", "lowrank-9"))
			checkSame(t, ch, f, 1, 2)
			checkSame(t, ch, f, 3, 4)
			checkSame(t, ch, f, 0, 5)
			checkSame(t, ch, f, 0, 6)
			checkSame(t, ch, f, 0, 7)
		}
	}
}

// checkSame compares signals a and b of every draw, and their means; signal 0's
// mean is the exact gradient less the offset.
func checkSame(t *testing.T, ch *estimators.Chain, f *oracle.Fixture, a, b int) {
	t.Helper()
	p, k := f.Trajectory.Layout.P(), ch.Signals()
	all := runSignals(ch, f.Trajectory, noise(3, ch, f.Trajectory, 1))
	offsets, means := known(ch, f.Trajectory)
	exact := oracle.BPTT(f.Cell, f.Params, f.Trajectory)
	for step := range f.Trajectory.Steps {
		of := func(signal int) []float64 {
			n := p * estimators.Lanes
			return all[(step*k+signal)*n : (step*k+signal+1)*n]
		}
		mean := func(signal int) []float64 {
			if signal == 0 {
				return add(exact[step], scaled(-1, offsets[step]))
			}
			return means[step][signal-1]
		}
		if e := distance(of(a), of(b)); !(e <= 1e-12*norm(of(a))) {
			t.Errorf("%s step %d: signals %d and %d differ by %.3g of %.3g", f.Cell.Name(), step+1, a, b, e, norm(of(a)))
		}
		if e := distance(mean(a), mean(b)); !(e <= 1e-12*(norm(mean(a))+norm(exact[step]))) {
			t.Errorf("%s step %d: means %d and %d differ by %.3g", f.Cell.Name(), step+1, a, b, e)
		}
	}
}

func scaled(a float64, x []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = a * x[i]
	}
	return out
}
