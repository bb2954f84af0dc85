package estimators_test

import (
	"math"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// exactVariance is var_trace at the last step over all sign patterns.
func exactVariance(t *testing.T, estimator string, f *oracle.Fixture, o estimators.Options) float64 {
	t.Helper()
	ch := chain(t, estimator, f.Trajectory.Layout, o)
	return enumerate(t, ch, f.Trajectory, oracle.Signs, len(f.Trajectory.Steps))[0].VarTrace(nil)
}

// TestMultiDividesTheVariance: K independent copies have 1/K of the variance,
// exactly.
func TestMultiDividesTheVariance(t *testing.T) {
	f := sized(t, "gru", 2, 2, 3)
	o := options(estimators.Post, estimators.GuardCode)
	one, two := exactVariance(t, "uoro", f, o), exactVariance(t, "multi-uoro-2", f, o)
	if !(math.Abs(two-one/2) <= 1e-12*one) {
		t.Errorf("var_trace %v of one, %v of two", one, two)
	}
}

// TestMultiOfOneIsUORO: one copy is UORO, covariates and all.
func TestMultiOfOneIsUORO(t *testing.T) {
	eachCase(t, func(t *testing.T, f *oracle.Fixture, c estimators.Convention, g estimators.Guard) {
		sameSignals(t, f, options(c, g, "snap1", "linear-dense"), "multi-uoro-1", "uoro", 1)
	})
}

// sameSignals compares all signals of two estimators on the same noise.
func sameSignals(t *testing.T, f *oracle.Fixture, o estimators.Options, a, b string, size float64) {
	t.Helper()
	one, two := chain(t, a, f.Trajectory.Layout, o), chain(t, b, f.Trajectory.Layout, o)
	eps := noise(6, two, f.Trajectory, size)
	got, want := runSignals(one, f.Trajectory, eps), runSignals(two, f.Trajectory, eps)
	if e := distance(got, want); !(e <= 1e-14*norm(want)) || norm(want) == 0 {
		t.Errorf("%s and %s differ by %.3g of %.3g", a, b, e, norm(want))
	}
}

// TestNoBackTrackIsUOROWithoutScales: at ρ = 1 both are s̃ θ̃ᵀ with the same
// noise; with scales, the product that every state entry brings is the same but
// what is carried differs.
func TestNoBackTrackIsUOROWithoutScales(t *testing.T) {
	for _, name := range cell.Names() {
		f := fixture(t, name)
		for _, c := range conventions {
			for _, g := range []estimators.Guard{estimators.GuardNone, estimators.GuardFixed} {
				sameSignals(t, f, options(c, g, "snap1", "truncated-2"), "nobacktrack", "uoro", 1)
			}
		}
	}
}

// TestMemoryOfOneIsPre: with a window of one step the estimate is UORO's of the
// pre convention, draw by draw: the late part and the direct term.
func TestMemoryOfOneIsPre(t *testing.T) {
	for _, name := range cell.Names() {
		f := fixture(t, name)
		for _, g := range guards() {
			l := f.Trajectory.Layout
			memory := chain(t, "memory-uoro-1", l, options(estimators.Post, g, "snap1", "instant"))
			pre := chain(t, "uoro", l, options(estimators.Pre, g, "snap1", "instant"))
			eps := noise(6, pre, f.Trajectory, 1)
			got, want := runSignals(memory, f.Trajectory, eps), runSignals(pre, f.Trajectory, eps)
			if e := distance(got, want); !(e <= 1e-12*norm(want)) {
				t.Errorf("%s %s: off by %.3g of %.3g", name, g, e, norm(want))
			}
			offsets, means := known(memory, f.Trajectory)
			wantOffsets, wantMeans := known(pre, f.Trajectory)
			compareAll(t, "offset", f, offsets, wantOffsets)
			for i := range means {
				compareAll(t, "mean", &oracle.Fixture{Cell: f.Cell, Params: f.Params, Trajectory: f.Trajectory}, means[i], wantMeans[i])
			}
		}
	}
}

// TestMemoryCovariateMeans: E[c] = μ, K steps late.
func TestMemoryCovariateMeans(t *testing.T) {
	names := []string{"snap1", "truncated-2", "block-2"}
	for _, cellName := range cell.Names() {
		f := fixture(t, cellName)
		ch := chain(t, "memory-uoro-2", f.Trajectory.Layout, options(estimators.Post, estimators.GuardCode, names...))
		_, means := known(ch, f.Trajectory)
		for i, m := range enumerate(t, ch, f.Trajectory, oracle.Signs) {
			trace := m.Trace()
			for k, name := range names {
				sd := math.Sqrt(math.Max(0, trace[k+1][k+1]))
				if e := distance(m.Mean[k+1], means[i][k]); !(e <= meanTolerance*(sd+norm(means[i][k]))) {
					t.Errorf("%s on %s step %d: E[c] − μ = %.3g", name, cellName, i+1, e)
				}
			}
		}
	}
}

// TestMemoryHelps: on these fixtures the exact variance falls with the window,
// and is zero when the window holds all.
func TestMemoryHelps(t *testing.T) {
	for _, name := range []string{"rnn", "gru"} {
		f := fixture(t, name)
		o := options(estimators.Post, estimators.GuardCode)
		v := []float64{exactVariance(t, "uoro", f, o), exactVariance(t, "memory-uoro-1", f, o),
			exactVariance(t, "memory-uoro-2", f, o), exactVariance(t, "memory-uoro-4", f, o)}
		if !(v[0] > v[1] && v[1] > v[2] && v[3] < 1e-20*v[0]) {
			t.Errorf("%s: var_trace %v for windows of 0, 1, 2 and 4 steps", name, v)
		}
	}
}

// TestKFRTRLIsPreUORO: on the tanh network both are the same Kronecker product,
// PreUORO's ν being c1·c2; the sign c1 drops out of the product.
func TestKFRTRLIsPreUORO(t *testing.T) {
	f := fixture(t, "rnn")
	for _, c := range conventions {
		for _, g := range guards() {
			kf := chain(t, "kf-rtrl", f.Trajectory.Layout, options(c, g))
			pre := chain(t, "preuoro", f.Trajectory.Layout, options(c, g))
			eps := noise(6, kf, f.Trajectory, 1)
			got, want := runSignals(kf, f.Trajectory, eps), runSignals(pre, f.Trajectory, relative(eps))
			if e := distance(got, want); !(e <= 1e-12*norm(want)) {
				t.Errorf("%v %s: off by %.3g of %.3g", c, g, e, norm(want))
			}
		}
	}
}

// relative turns the signs (c1, c2) of every step into the ν for which the new
// term has the same sign against all that was carried: A ⊗ ã of PreUORO has the
// terms ν_σ ν_τ, of KF-RTRL c2_σ c2_τ times the c1 of the steps in between.
func relative(eps [][]float64) [][]float64 {
	var out [][]float64
	sign := make([]float64, estimators.Lanes)
	for w := range sign {
		sign[w] = 1
	}
	for _, e := range eps {
		nu := make([]float64, estimators.Lanes)
		for w := range nu {
			sign[w] *= e[w]
			nu[w] = sign[w] * e[estimators.Lanes+w]
		}
		out = append(out, nu)
	}
	return out
}

// TestFeatureGroups: the groups cover every coordinate of θ once, and only the gru
// has more than one.
func TestFeatureGroups(t *testing.T) {
	for _, name := range cell.Names() {
		f := fixture(t, name)
		want := 1
		if name == "gru" {
			want = 2
		}
		for estimator, perGroup := range map[string]int{"kf-rtrl": 2, "ok-3": 4} {
			if got := chain(t, estimator, f.Trajectory.Layout, options(estimators.Pre, estimators.GuardCode)).NoiseDim; got != want*perGroup {
				t.Errorf("%s on %s: %d random numbers a step, want %d groups of %d", estimator, name, got, want, perGroup)
			}
		}
	}
}

// TestOKRanks: the exact variance falls with the rank and is rounding alone when
// every step has a term of its own; rank 1 is no worse than KF-RTRL.
func TestOKRanks(t *testing.T) {
	f := sized(t, "rnn", 2, 3, 3)
	o := options(estimators.Post, estimators.GuardCode)
	kf := exactVariance(t, "kf-rtrl", f, o)
	one, two := exactVariance(t, "ok-1", f, o), exactVariance(t, "ok-2", f, o)
	three := exactVariance(t, "ok-3", f, o)
	if !(one <= kf && two < 0.9*one && math.Abs(three) < 1e-12*one) {
		t.Errorf("var_trace: kf-rtrl %v, ok-1 %v, ok-2 %v, ok-3 %v", kf, one, two, three)
	}
}

// TestKroneckerSumsAreUnbiased: by enumeration on every cell, at the first step where
// R + 1 terms are mixed into R, and with less variance at the higher rank.
func TestKroneckerSumsAreUnbiased(t *testing.T) {
	for _, name := range cell.Names() {
		f := sized(t, name, 2, 2, 3)
		exact := oracle.BPTT(f.Cell, f.Params, f.Trajectory)[2]
		last := math.Inf(1)
		for _, estimator := range []string{"ok-1", "ok-2"} {
			ch := chain(t, estimator, f.Trajectory.Layout, options(estimators.Post, estimators.GuardCode))
			m := enumerate(t, ch, f.Trajectory, oracle.Signs, 3)[0]
			v := m.VarTrace(nil)
			if e := distance(m.Mean[0], exact); !(v > 0 && e < meanTolerance*(math.Sqrt(v)+norm(exact))) {
				t.Errorf("%s on %s: bias %.3g, ‖g‖ = %.3g, variance %.3g", estimator, name, e, norm(exact), v)
			}
			if !(v < last) {
				t.Errorf("%s on %s: variance %v, %v at the rank below", estimator, name, v, last)
			}
			last = v
		}
	}
}

// TestOKIsExactAtFullRank: while every step has a term of its own, each draw is the
// exact gradient.
func TestOKIsExactAtFullRank(t *testing.T) {
	for _, name := range cell.Names() {
		f := sized(t, name, 2, 3, 5)
		ch := chain(t, "ok-5", f.Trajectory.Layout, options(estimators.Post, estimators.GuardCode))
		got := runSignals(ch, f.Trajectory, noise(6, ch, f.Trajectory, 1))
		var want []float64
		for _, g := range estimators.Exact(f.Trajectory) {
			want = append(want, g...)
		}
		for w := range estimators.Lanes {
			if e := distance(lane(got, w), want); !(e <= 1e-7*norm(want)) {
				t.Errorf("%s: lane %d is off by %.3g of %.3g", name, w, e, norm(want))
			}
		}
	}
}
