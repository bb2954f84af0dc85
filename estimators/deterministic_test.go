package estimators_test

import (
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// estimates lists δ_t S_t of a deterministic estimator at every step.
func estimates(tb testing.TB, name string, tr *cell.Trajectory) [][]float64 {
	tb.Helper()
	out, _ := known(chain(tb, name, tr.Layout, options(estimators.Post, estimators.GuardCode)), tr)
	return out
}

// dense is δ_t S_t of S_t = A_t S_{t-1} + I_t by whole matrices, with keep
// zeroing what a pattern drops: keep(row, coordinate).
func dense(tr *cell.Trajectory, a func(t int) []float64, keep func(i, j int) bool) [][]float64 {
	s, p := tr.Layout.S(), tr.Layout.P()
	m := make([]float64, s*p)
	var out [][]float64
	for t, j := range tr.Steps {
		m = matTimes(a(t), m, s, p)
		tr.Layout.AddImmediateRows(m, j)
		for at := range m {
			if !keep(at/p, at%p) {
				m[at] = 0
			}
		}
		out = append(out, rowTimes(j.Delta, m, p))
	}
	return out
}

func keepAll(_, _ int) bool { return true }

// compareAll checks every step to rounding, and says how far the last is from
// the exact gradient, relative to it.
func compareAll(t *testing.T, what string, f *oracle.Fixture, got, want [][]float64) (bias float64) {
	t.Helper()
	for i := range got {
		if e := distance(got[i], want[i]); !(e <= 1e-12*(norm(want[i])+1e-3)) {
			t.Errorf("%s on %s, step %d: off by %.3g of %.3g", what, f.Cell.Name(), i+1, e, norm(want[i]))
		}
	}
	last := len(got) - 1
	exact := oracle.BPTTAt(f.Cell, f.Params, f.Trajectory, last+1)
	return distance(got[last], exact) / norm(exact)
}

// TestSnap1Estimator: the recursion by dense matrices with the within-unit part
// of F; snap-1 is the same; the bias is there.
func TestSnap1Estimator(t *testing.T) {
	for _, name := range cell.Names() {
		f := fixture(t, name)
		within := diagonal(f.Trajectory)
		want := dense(f.Trajectory, func(t int) []float64 { return within[t].F }, keepAll)
		for _, estimator := range []string{"snap1", "snap-1"} {
			if bias := compareAll(t, estimator, f, estimates(t, estimator, f.Trajectory), want); bias < 1e-2 {
				t.Errorf("%s on %s: bias %.3g of the gradient; it should show", estimator, name, bias)
			}
		}
	}
}

// TestSnapNOnDenseNetwork: from n = 2 on every unit is reached, and SnAp-n is
// RTRL.
func TestSnapNOnDenseNetwork(t *testing.T) {
	for _, name := range cell.Names() {
		f := fixture(t, name)
		want := oracle.BPTT(f.Cell, f.Params, f.Trajectory)
		compareAll(t, "snap-2", f, estimates(t, "snap-2", f.Trajectory), want)
	}
}

// TestSnapNOnRing: unit i hears itself and unit i−1 alone, so within n steps a
// parameter reaches the n−1 units ahead. The pattern is checked against the
// dense recursion with a mask; snap-2 has a bias, and snap-4, the whole ring of
// four, has none.
func TestSnapNOnRing(t *testing.T) {
	const units = 4
	for _, name := range cell.Names() {
		f := ring(t, name, units)
		of := f.Trajectory.Layout.UnitOf()
		for n, estimator := range map[int]string{1: "snap-1", 2: "snap-2", 3: "snap-3", 4: "snap-4"} {
			keep := func(i, j int) bool { return (i%units-int(of[j])+units)%units < n }
			want := dense(f.Trajectory, func(t int) []float64 { return f.Trajectory.Steps[t].F }, keep)
			bias := compareAll(t, estimator, f, estimates(t, estimator, f.Trajectory), want)
			if (n == units) != (bias < 1e-10) {
				t.Errorf("%s on %s: bias %.3g", estimator, name, bias)
			}
		}
	}
}

// ring makes a network whose recurrent weights are zero but for a ring.
func ring(t *testing.T, name string, units int) *oracle.Fixture {
	f := sized(t, name, 2, units, 6)
	l := f.Trajectory.Layout
	for j := range f.Params.Theta {
		tensor, row, col := l.Coordinate(j)
		if back := (row%units - col + units) % units; tensor == "weight_hh_l0" && back > 1 {
			f.Params.Theta[j] = 0
		}
	}
	tr, err := cell.Run(f.Cell, f.Params, f.Sequence, f.Initial)
	if err != nil {
		t.Fatal(err)
	}
	f.Trajectory = tr
	return f
}

// TestTBPTT: K steps of ordinary backpropagation from δ_t, by the cell's own
// backward code, which shares nothing with F and I.
func TestTBPTT(t *testing.T) {
	for _, name := range cell.Names() {
		f := fixture(t, name)
		for k, estimator := range map[int]string{1: "tbptt-1", 2: "tbptt-2", 3: "tbptt-3", 9: "tbptt-9"} {
			var want [][]float64
			for step := range f.Trajectory.Steps {
				want = append(want, backward(f, step+1, k))
			}
			bias := compareAll(t, estimator, f, estimates(t, estimator, f.Trajectory), want)
			if k < 3 && bias < 1e-3 || k == 9 && bias > 1e-12 {
				t.Errorf("%s on %s: bias %.3g", estimator, name, bias)
			}
		}
	}
}

// backward is the gradient of L_step over the last k steps.
func backward(f *oracle.Fixture, step, k int) []float64 {
	tr := f.Trajectory
	s := tr.Layout.S()
	grad, next, dprev := make([]float64, tr.Layout.P()), make([]float64, s), make([]float64, s)
	ds := append([]float64(nil), tr.Steps[step-1].Delta...)
	for t := step - 1; t >= max(0, step-k); t-- {
		f.Cell.Advance(f.Params.Theta, tr.Steps[t].Z, tr.States[t], next)
		f.Cell.Backward(f.Params.Theta, tr.Steps[t].Z, tr.States[t], ds, dprev, grad)
		ds, dprev = dprev, ds
	}
	return grad
}

// TestRFLO: the recursion by dense matrices with the leak from differences of
// the cell's own step at fixed features.
func TestRFLO(t *testing.T) {
	for _, name := range cell.Names() {
		f := fixture(t, name)
		if !f.Trajectory.Layout.Leaky {
			continue
		}
		var leak [][]float64
		for t := range f.Trajectory.Steps {
			leak = append(leak, leakOf(f, t))
		}
		want := dense(f.Trajectory, func(t int) []float64 { return leak[t] }, keepAll)
		got := estimates(t, "rflo", f.Trajectory)
		exact := oracle.BPTT(f.Cell, f.Params, f.Trajectory)
		for i := range got {
			if e := distance(got[i], want[i]); !(e <= 1e-9*norm(want[i])) {
				t.Errorf("%s step %d: off by %.3g of %.3g", name, i+1, e, norm(want[i]))
			}
		}
		if bias := distance(got[len(got)-1], exact[len(got)-1]) / norm(exact[len(got)-1]); bias < 1e-2 {
			t.Errorf("%s: bias %.3g of the gradient; it should show", name, bias)
		}
	}
}

// leakOf is ∂s_t/∂s_{t-1} at fixed features, by central differences.
func leakOf(f *oracle.Fixture, t int) []float64 {
	const h = 1e-5
	s := f.Trajectory.Layout.S()
	out := make([]float64, s*s)
	up, down := make([]float64, s), make([]float64, s)
	for k := range s {
		prev := append([]float64(nil), f.Trajectory.States[t]...)
		prev[k] += h
		f.Cell.Advance(f.Params.Theta, f.Trajectory.Steps[t].Z, prev, up)
		prev[k] -= 2 * h
		f.Cell.Advance(f.Params.Theta, f.Trajectory.Steps[t].Z, prev, down)
		for i := range s {
			out[i*s+k] = (up[i] - down[i]) / (2 * h)
		}
	}
	return out
}

// TestRFLONeedsALeak: the tanh network is refused, with what to do instead.
func TestRFLONeedsALeak(t *testing.T) {
	f := fixture(t, "rnn")
	spec := specNamed(t, "rflo")
	if err := spec.Check(f.Trajectory.Layout); err == nil ||
		err.Error() != "rflo: the cell has no leak (α = 1), which leaves only the direct term; use tbptt-1, or a gru, lstm or lif cell" {
		t.Errorf("error %v", err)
	}
}
