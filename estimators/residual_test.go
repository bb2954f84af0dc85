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
