package estimators_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// sparse is the trajectory with a loss at the listed steps alone, 1-based.
func sparse(tr *cell.Trajectory, losses ...int) *cell.Trajectory {
	out := *tr
	out.Steps = nil
	for t, j := range tr.Steps {
		c := *j
		if !slices.Contains(losses, t+1) {
			c.Delta, c.Q, c.HasLoss, c.Loss = make([]float64, len(j.Delta)), make([]float64, len(j.Q)), false, 0
		}
		out.Steps = append(out.Steps, &c)
	}
	return &out
}

// exactOn are the gradients δ_t M_t, M_t dense.
func exactOn(tr *cell.Trajectory) [][]float64 {
	l := tr.Layout
	s, p := l.S(), l.P()
	m := make([]float64, s*p)
	var out [][]float64
	for _, j := range tr.Steps {
		next := make([]float64, s*p)
		l.AddImmediateRows(next, j)
		g := make([]float64, p)
		for i := range s {
			for k := range s {
				for c := range p {
					next[i*p+c] += j.F[i*s+k] * m[k*p+c]
				}
			}
			for c := range p {
				g[c] += j.Delta[i] * next[i*p+c]
			}
		}
		m = next
		out = append(out, g)
	}
	return out
}

// TestSparseLosses: every unbiased estimator has the exact gradient as its mean, by
// enumeration, and its covariates their means, where the first loss is late, where
// there is a gap, where it comes at the end alone and where there is none.
func TestSparseLosses(t *testing.T) {
	for _, spec := range specs(t) {
		for _, name := range cell.Names() {
			t.Run(spec.Name+"/"+name, func(t *testing.T) {
				f := fixtureFor(t, name, spec.Name)
				last := len(f.Trajectory.Steps)
				for _, losses := range [][]int{{}, {last}, {1, last}, {last - 1, last}, {2}} {
					checkSparse(t, spec, sparse(f.Trajectory, losses...))
				}
			})
		}
	}
}

func checkSparse(t *testing.T, spec estimators.Spec, tr *cell.Trajectory) {
	var covariates []string
	switch {
	case spec.Name == "uoro": // the others take in the same ones
		covariates = covariateNames()
	case spec.Variates:
		covariates = []string{"snap1", "instant"}
	}
	exact := exactOn(tr)
	for _, c := range conventions {
		ch := chain(t, spec.Name, tr.Layout, options(c, estimators.GuardCode, covariates...))
		offsets, means := known(ch, tr)
		if ch.NewBatch == nil {
			continue
		}
		for i, m := range enumerate(t, ch, tr, oracle.Signs, enumerableSteps(ch, tr)...) {
			trace := m.Trace()
			for k := range m.Mean {
				want, got := exact[i], add(m.Mean[0], offsets[i])
				if k > 0 {
					want, got = means[i][k-1], m.Mean[k]
				}
				sd := math.Sqrt(math.Max(0, trace[k][k]))
				if e := distance(got, want); !(e <= meanTolerance*(sd+norm(want))) {
					t.Errorf("%v step %d, signal %d: off by %.3g of %.3g, sd %.3g", ch.Convention, i+1, k, e, norm(want), sd)
				}
			}
		}
	}
}

// TestEngineOnSparseLosses: the engine's statistics are those of the plain batches where
// δ is zero for long, over whole blocks of it and in their middle, and where it is zero
// throughout.
func TestEngineOnSparseLosses(t *testing.T) {
	for _, name := range cell.Names() {
		whole := engineNetwork(t, name, 2, 4, 40, 1.1)
		for _, losses := range [][]int{{}, {40}, {23, 40}, {1, 2, 38}} {
			tr := sparse(whole, losses...)
			for _, c := range conventions {
				t.Run(fmt.Sprint(name, "/", losses, "/", c), func(t *testing.T) { testEngine(t, tr, c, estimators.GuardCode) })
			}
		}
	}
}

// TestLongGaps: over a window in which losses are rare, late, or come at the end
// alone, every estimator stays finite and is not larger than the influence accounts
// for: no draw is beyond 1e4 times the exact gradient. With a metric that had an
// absolute floor they were beyond 1e12.
func TestLongGaps(t *testing.T) {
	for _, spec := range specs(t) {
		for _, name := range cell.Names() {
			t.Run(spec.Name+"/"+name, func(t *testing.T) {
				tr := sized(t, name, 2, sizes[name].hidden, 200).Trajectory
				for _, losses := range [][]int{{}, {200}, {100, 200}, {1, 2, 3, 180}} {
					checkFinite(t, spec, sparse(tr, losses...))
				}
			})
		}
	}
}

func checkFinite(t *testing.T, spec estimators.Spec, tr *cell.Trajectory) {
	ch := chain(t, spec.Name, tr.Layout, options(estimators.Pre, estimators.GuardCode))
	if ch.NewBatch == nil {
		return
	}
	exact := 0.0
	for _, g := range exactOn(tr) {
		exact = max(exact, norm(g))
	}
	for _, v := range runSignals(ch, tr, noise(1, ch, tr, 1)) {
		if !(math.Abs(v) <= 1e4*exact) {
			t.Fatalf("a signal is %g where ‖g‖ = %g", v, exact)
		}
	}
}
