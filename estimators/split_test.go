package estimators_test

import (
	"math"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/oracle"
)

// TestSplitOfOneIsUORO: one block is UORO, with its covariates.
func TestSplitOfOneIsUORO(t *testing.T) {
	names := covariateNames()
	eachCase(t, func(t *testing.T, f *oracle.Fixture, c estimators.Convention, g estimators.Guard) {
		l := f.Trajectory.Layout
		one, whole := chain(t, "split-uoro-1", l, options(c, g, names...)), chain(t, "uoro", l, options(c, g, names...))
		eps := noise(6, whole, f.Trajectory, 1)
		got, want := runSignals(one, f.Trajectory, eps), runSignals(whole, f.Trajectory, eps)
		if e := distance(got, want); !(e <= 1e-14*norm(want)) {
			t.Errorf("off by %.3g of %.3g", e, norm(want))
		}
	})
}

// TestSplitCovariateMeans: E[c] = μ on every block, on both chains.
func TestSplitCovariateMeans(t *testing.T) {
	for _, estimator := range []string{"split-uoro-2", "split-residual-1", "split-residual-2"} {
		names := []string{"snap1", "instant", "truncated-2"}
		for _, name := range shapes {
			f := fixture(t, name)
			for _, c := range conventions {
				ch := chain(t, estimator, f.Trajectory.Layout, options(c, estimators.GuardCode, names...))
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
}

// TestSplittingHelps: on every cell the exact variance at the last step falls
// with the number of blocks.
func TestSplittingHelps(t *testing.T) {
	for _, name := range []string{"rnn", "gru"} {
		f := fixture(t, name)
		last := len(f.Trajectory.Steps)
		var v [3]float64
		for i, estimator := range []string{"split-uoro-1", "split-uoro-2", "split-uoro-3"} {
			ch := chain(t, estimator, f.Trajectory.Layout, options(estimators.Pre, estimators.GuardCode))
			v[i] = enumerate(t, ch, f.Trajectory, oracle.Signs, last)[0].VarTrace(nil)
		}
		if !(v[0] > 1.3*v[1] && v[1] > 1.3*v[2]) {
			t.Errorf("%s: var_trace %v for 1, 2 and 3 blocks", name, v)
		}
	}
}

// TestSplitRefusesTooManyBlocks: a block needs a unit.
func TestSplitRefusesTooManyBlocks(t *testing.T) {
	f := fixture(t, "rnn")
	for _, name := range []string{"split-uoro-4", "split-residual-4"} {
		spec := specNamed(t, name)
		want := name + ": the cell has 3 hidden units; K must be from 1 to 3"
		if err := spec.Check(f.Trajectory.Layout); err == nil || err.Error() != want {
			t.Errorf("Check: %v", err)
		}
		if _, err := spec.New(f.Trajectory.Layout, options(estimators.Pre, estimators.GuardCode)); err == nil || err.Error() != want {
			t.Errorf("New: %v", err)
		}
	}
}
