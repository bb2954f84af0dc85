package estimators_test

import (
	"math"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/oracle"
)

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
