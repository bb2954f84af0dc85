package estimators_test

import (
	"math"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// rescaled is the trajectory in the coordinates a∘s of the state, for an a that
// does not change in time.
func rescaled(tr *cell.Trajectory, a []float64) *cell.Trajectory {
	out := *tr
	out.Steps = nil
	s := len(a)
	for _, j := range tr.Steps {
		c := *j
		c.F, c.Gain = make([]float64, len(j.F)), make([]float64, len(j.Gain))
		c.Delta, c.Q = make([]float64, s), make([]float64, s)
		for at, f := range j.F {
			c.F[at] = a[at/s] * f / a[at%s]
		}
		for at, g := range j.Gain {
			c.Gain[at] = a[at%s] * g
		}
		for i := range a {
			c.Delta[i], c.Q[i] = j.Delta[i]/a[i], j.Q[i]/a[i]
		}
		out.Steps = append(out.Steps, &c)
	}
	return &out
}

// steady makes every step's q and gains the same in size, so that the metric does
// not change in time: the signs still alternate.
func steady(f *oracle.Fixture) *cell.Trajectory {
	out := *f.Trajectory
	out.Steps = nil
	first := f.Trajectory.Steps[0]
	for t, j := range f.Trajectory.Steps {
		c := *j
		sign := float64(1 - 2*(t%2))
		c.Z = first.Z
		c.Gain, c.Q = make([]float64, len(j.Gain)), make([]float64, len(j.Q))
		for i := range c.Gain {
			c.Gain[i] = sign * first.Gain[i]
		}
		for i := range c.Q {
			c.Q[i] = sign * first.Q[i]
		}
		out.Steps = append(out.Steps, &c)
	}
	return &out
}

// metricOf is a_i of a steady trajectory, from the definition.
func metricOf(tr *cell.Trajectory) []float64 {
	l, j := tr.Layout, tr.Steps[0]
	s, p := l.S(), l.P()
	influence := make([]float64, s*p)
	l.AddImmediateRows(influence, j)
	rows := make([]float64, s)
	for i := range rows {
		rows[i] = norm(influence[i*p : (i+1)*p])
	}
	mean := func(x []float64) float64 { return norm(x) / math.Sqrt(float64(s)) }
	a := make([]float64, s)
	for i := range a {
		a[i] = math.Sqrt((math.Abs(j.Q[i])/mean(j.Q) + 0.03) / (rows[i]/mean(rows) + 0.03))
	}
	return a
}

// TestScaledIsPlainInItsCoordinates: where the metric is steady, scaled-uoro is
// UORO, and scaled-residual is residual, of the network with the state a∘s, draw
// by draw.
func TestScaledIsPlainInItsCoordinates(t *testing.T) {
	for _, name := range []string{"rnn", "gru", "alif"} {
		tr := steady(fixture(t, name))
		other := rescaled(tr, metricOf(tr))
		for scaledName, plainName := range map[string]string{
			"scaled-uoro": "uoro", "scaled-residual": "residual", "scaled-split-uoro-2": "split-uoro-2",
		} {
			o := options(estimators.Pre, estimators.GuardCode, "snap1", "truncated-2")
			scaled, plain := chain(t, scaledName, tr.Layout, o), chain(t, plainName, tr.Layout, o)
			eps := noise(6, plain, tr, 1)
			got, want := runSignals(scaled, tr, eps), runSignals(plain, other, eps)
			if e := distance(got, want); !(e <= 1e-10*norm(want)) {
				t.Errorf("%s on %s: off by %.3g of %.3g", scaledName, name, e, norm(want))
			}
			// The negative control: the coordinates matter.
			if e := distance(runSignals(plain, tr, eps), want); e < 1e-3*norm(want) {
				t.Errorf("%s on %s: %s is the same in both coordinates", scaledName, name, plainName)
			}
		}
	}
}

// TestScaledCovariateMeans: E[c] = μ on the chains in the metric.
func TestScaledCovariateMeans(t *testing.T) {
	names := []string{"snap1", "instant", "truncated-2", "lowrank-1"}
	for _, estimator := range []string{"scaled-uoro", "scaled-residual", "scaled-split-uoro-2", "scaled-split-residual-2"} {
		for _, name := range shapes {
			f := fixture(t, name)
			ch := chain(t, estimator, f.Trajectory.Layout, options(estimators.Pre, estimators.GuardCode, names...))
			_, means := known(ch, f.Trajectory)
			for i, m := range enumerate(t, ch, f.Trajectory, oracle.Signs, enumerableSteps(ch, f.Trajectory)...) {
				trace := m.Trace()
				for k := range names {
					sd := math.Sqrt(math.Max(0, trace[k+1][k+1]))
					if e := distance(m.Mean[k+1], means[i][k]); !(e <= meanTolerance*(sd+norm(means[i][k]))) {
						t.Errorf("%s %s %s step %d: E[c] − μ = %.3g of %.3g", estimator, name, names[k], i+1, e, norm(means[i][k]))
					}
				}
			}
		}
	}
}
