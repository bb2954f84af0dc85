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

// TestNoBackTrackIsTheTextbook: dense, one draw at a time, with the scale of
// every state entry taken from the norm of its row of I_t.
func TestNoBackTrackIsTheTextbook(t *testing.T) {
	eachCase(t, func(t *testing.T, f *oracle.Fixture, c estimators.Convention, g estimators.Guard) {
		o := options(c, g)
		ch := chain(t, "nobacktrack", f.Trajectory.Layout, o)
		eps := noise(6, ch, f.Trajectory, 1)
		got := runSignals(ch, f.Trajectory, eps)
		for w := range estimators.Lanes {
			want := denseNoBackTrack(f.Trajectory, o, eps, w)
			if e := distance(lane(got, w), want); !(e < 1e-12*norm(want)) {
				t.Errorf("lane %d is off by %.3g of %.3g", w, e, norm(want))
			}
		}
	})
}

func denseNoBackTrack(tr *cell.Trajectory, o estimators.Options, eps [][]float64, w int) []float64 {
	s, p := tr.Layout.S(), tr.Layout.P()
	sTilde, thetaTilde := make([]float64, s), make([]float64, p)
	var out []float64
	for t, j := range tr.Steps {
		if o.Convention == estimators.Pre {
			out = append(out, outer(j.Q, sTilde, thetaTilde)...)
		}
		immediate := make([]float64, s*p)
		tr.Layout.AddImmediateRows(immediate, j)
		carried := matTimes(j.F, sTilde, s, 1)
		rho0, _ := scalesOf(o, t, norm(thetaTilde), norm(carried), 1, 1)
		for k := range thetaTilde {
			thetaTilde[k] /= rho0
		}
		for i, e := range lane(eps[t], w) {
			row := immediate[i*p : (i+1)*p]
			_, rho := scalesOf(o, t, 1, 1, norm(row), 1)
			sTilde[i] = rho0*carried[i] + rho*e
			for k, v := range row {
				thetaTilde[k] += e * v / rho
			}
		}
		if o.Convention == estimators.Post {
			out = append(out, outer(j.Delta, sTilde, thetaTilde)...)
		}
	}
	return out
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

// TestKroneckerIsTheTextbook: PreUORO dense, one draw at a time, from the
// formulas: D_t as a whole matrix over (group, unit) columns.
func TestKroneckerIsTheTextbook(t *testing.T) {
	eachCase(t, func(t *testing.T, f *oracle.Fixture, c estimators.Convention, g estimators.Guard) {
		o := options(c, g)
		ch := chain(t, "preuoro", f.Trajectory.Layout, o)
		eps := noise(6, ch, f.Trajectory, 1)
		got := runSignals(ch, f.Trajectory, eps)
		for w := range estimators.Lanes {
			want := densePreUORO(f.Trajectory, o, eps, w)
			if e := distance(lane(got, w), want); !(e < 1e-12*norm(want)) {
				t.Errorf("lane %d is off by %.3g of %.3g", w, e, norm(want))
			}
		}
	})
}

func densePreUORO(tr *cell.Trajectory, o estimators.Options, eps [][]float64, w int) []float64 {
	l := tr.Layout
	s, q := l.S(), len(l.Groups)*l.H
	a, feature := make([]float64, s*q), make([]float64, l.Z())
	var out []float64
	estimate := func(v []float64) {
		row := rowTimes(v, a, q)
		for j := range l.P() {
			group, unit := rowOf(l, j)
			lo, _ := l.Row(group, unit)
			out = append(out, row[group*l.H+unit]*feature[l.Groups[group].Lo+j-lo])
		}
	}
	for t, j := range tr.Steps {
		if o.Convention == estimators.Pre {
			estimate(j.Q)
		}
		nu := eps[t][w]
		d := make([]float64, s*q)
		for g := range l.Groups {
			for i := range s {
				d[i*q+g*l.H+i%l.H] = j.Gain[g*s+i]
			}
		}
		carried := matTimes(j.F, a, s, q)
		rho0, rho1 := scalesOf(o, t, norm(feature), norm(carried), norm(j.Z), norm(d))
		for i := range a {
			a[i] = rho0*carried[i] + rho1*nu*d[i]
		}
		for i, z := range j.Z {
			feature[i] = feature[i]/rho0 + nu*z/rho1
		}
		if o.Convention == estimators.Post {
			estimate(j.Delta)
		}
	}
	return out
}

// rowOf finds the row of θ that holds coordinate j.
func rowOf(l *cell.Layout, j int) (group, unit int) {
	for g := range l.Groups {
		for i := range l.H {
			if lo, hi := l.Row(g, i); lo <= j && j < hi {
				return g, i
			}
		}
	}
	panic("no row holds the coordinate")
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

// TestKFRTRLIsTheTextbook: dense, one draw at a time, on every cell: for the gru two
// factorisations, of the columns of θ that are multiplied by [x; 1] and by [h; 1].
func TestKFRTRLIsTheTextbook(t *testing.T) {
	eachCase(t, func(t *testing.T, f *oracle.Fixture, c estimators.Convention, g estimators.Guard) {
		o := options(c, g)
		ch := chain(t, "kf-rtrl", f.Trajectory.Layout, o)
		eps := noise(6, ch, f.Trajectory, 1)
		got := runSignals(ch, f.Trajectory, eps)
		for w := range estimators.Lanes {
			want := denseKFRTRL(f.Trajectory, o, eps, w)
			if e := distance(lane(got, w), want); !(e < 1e-12*norm(want)) {
				t.Errorf("lane %d is off by %.3g of %.3g", w, e, norm(want))
			}
		}
	})
}

// kfBlock are the coordinates of θ whose immediate influence is D ⊗ z[lo:hi]: for
// column q of D and feature c, coordinate at[q][c].
type kfBlock struct {
	lo, hi int
	at     [][]int
}

// kfBlocks finds them from the immediate influence of features that are all 1: two
// coordinates are in a block when the features that they need begin and end at the same
// cuts. The gru's cut lies behind [x; 1].
func kfBlocks(l *cell.Layout) []kfBlock {
	cuts := []int{0, l.Z()}
	if l.Gates != len(l.Groups) { // a gate's row in two parts
		cuts = []int{0, l.X + 1, l.Z()}
	}
	var out []kfBlock
	for i := range cuts[1:] {
		b := kfBlock{lo: cuts[i], hi: cuts[i+1]}
		for q := range len(l.Groups) * l.H {
			group, unit := q/l.H, q%l.H
			lo, hi := l.Row(group, unit)
			var row []int
			for j := lo; j < hi; j++ {
				if c := l.Groups[group].Lo + j - lo; b.lo <= c && c < b.hi {
					row = append(row, j)
				}
			}
			if len(row) == b.hi-b.lo {
				b.at = append(b.at, row)
			}
		}
		out = append(out, b)
	}
	return out
}

func denseKFRTRL(tr *cell.Trajectory, o estimators.Options, eps [][]float64, w int) []float64 {
	l := tr.Layout
	s, p := l.S(), l.P()
	out := make([]float64, 0, len(tr.Steps)*p)
	for range tr.Steps {
		out = append(out, make([]float64, p)...)
	}
	for b, block := range kfBlocks(l) {
		q, width := len(block.at), block.hi-block.lo
		a, u := make([]float64, s*q), make([]float64, width)
		estimate := func(t int, v []float64) {
			row := rowTimes(v, a, q)
			for k, coordinates := range block.at {
				for c, j := range coordinates {
					out[t*p+j] += row[k] * u[c]
				}
			}
		}
		for t, j := range tr.Steps {
			if o.Convention == estimators.Pre {
				estimate(t, j.Q)
			}
			c1, c2 := eps[t][2*b*estimators.Lanes+w], eps[t][(2*b+1)*estimators.Lanes+w]
			immediate := make([]float64, s*p)
			tr.Layout.AddImmediateRows(immediate, j)
			z, d := j.Z[block.lo:block.hi], make([]float64, s*q)
			for i := range s {
				for k, coordinates := range block.at {
					// I[i, j] = D[i, k] z[c]: by the feature 1 of a bias, the last one.
					d[i*q+k] = immediate[i*p+coordinates[width-1]]
				}
			}
			h := matTimes(j.F, a, s, q)
			// p1 = 1/ρ0 and p2 = 1/ρ1.
			rho0, rho1 := scalesOf(o, t, norm(u), norm(h), norm(z), norm(d))
			for i := range a {
				a[i] = c1*rho0*h[i] + c2*rho1*d[i]
			}
			for i := range u {
				u[i] = c1/rho0*u[i] + c2/rho1*z[i]
			}
			if o.Convention == estimators.Post {
				estimate(t, j.Delta)
			}
		}
	}
	return out
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
