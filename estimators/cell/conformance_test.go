package cell_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// TestConformance runs one suite for every entry of the list of cells.
func TestConformance(t *testing.T) {
	for _, kind := range cell.Kinds {
		t.Run(kind.Name, func(t *testing.T) { suite(t, kind) })
	}
}

func suite(t *testing.T, kind cell.Kind) {
	f := fixture(t, kind.Name, 2, 3, 4)
	t.Run("name", func(t *testing.T) {
		if f.Cell.Name() != kind.Name {
			t.Errorf("the cell calls itself %q, the list %q", f.Cell.Name(), kind.Name)
		}
	})
	t.Run("rtrl is bptt", func(t *testing.T) { checkGradients(t, f) })
	t.Run("immediate influence", func(t *testing.T) { checkImmediate(t, f) })
	smooth := f
	if kind.Surrogate {
		smooth = twin(t, kind.Name, f)
		t.Run("rtrl of the twin is bptt", func(t *testing.T) { checkGradients(t, smooth) })
	}
	t.Run("rtrl is the finite difference", func(t *testing.T) { checkDifferences(t, smooth) })
	t.Run("state Jacobian", func(t *testing.T) { checkStateJacobian(t, smooth) })
	t.Run("error signal", func(t *testing.T) { checkDelta(t, smooth) })
	t.Run("every tensor matters", func(t *testing.T) { checkInfluence(t, smooth) })
	t.Run("layout", func(t *testing.T) { checkLayout(t, f.Cell.Layout()) })
	t.Run("no allocation", func(t *testing.T) { checkAllocations(t, f) })
}

// fixture makes a network with s_0 ≠ 0 and weights in ±1.2. The seed is fixed:
// what is checked is an identity, and holds for any numbers.
func fixture(tb testing.TB, name string, inputs, hidden, steps int) *oracle.Fixture {
	tb.Helper()
	rng := rand.New(rand.NewPCG(11, uint64(hidden)))
	f, err := oracle.NewFixture(name, inputs, hidden, steps, 1.2, rng.Float64)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// twin is the same network with smooth spikes, of which the surrogate is the
// true derivative: finite differences apply to it, and all code but the firing
// is the cell's own.
func twin(t *testing.T, name string, f *oracle.Fixture) *oracle.Fixture {
	t.Helper()
	c := cell.SmoothTwin(name, f.Cell.Layout().X, f.Cell.Layout().H)
	tr, err := cell.Run(c, f.Params, f.Sequence, f.Initial)
	if err != nil {
		t.Fatal(err)
	}
	return &oracle.Fixture{Cell: c, Params: f.Params, Sequence: f.Sequence, Initial: f.Initial, Trajectory: tr}
}

// relative is ‖x − y‖/‖y‖.
func relative(x, y []float64) float64 {
	diff, size := 0.0, 0.0
	for i := range y {
		diff += (x[i] - y[i]) * (x[i] - y[i])
		size += y[i] * y[i]
	}
	return math.Sqrt(diff / size)
}

func checkGradients(t *testing.T, f *oracle.Fixture) {
	rtrl := estimators.Exact(f.Trajectory)
	for i, g := range oracle.BPTT(f.Cell, f.Params, f.Trajectory) {
		if e := relative(rtrl[i], g); !(e < 1e-12) {
			t.Errorf("step %d: RTRL and BPTT differ by %.2g of their length", i+1, e)
		}
	}
}

func checkDifferences(t *testing.T, f *oracle.Fixture) {
	rtrl := estimators.Exact(f.Trajectory)
	for i := range rtrl {
		g := oracle.FiniteDifference(f.Cell, f.Params, f.Sequence, f.Initial, i+1)
		if e := relative(rtrl[i], g); !(e < 1e-9) {
			t.Errorf("step %d: RTRL and the finite difference differ by %.2g of their length", i+1, e)
		}
	}
}

// derivative is the five-point central difference of f at 0.
func derivative(f func(float64) float64) float64 {
	const h = 1e-3
	return (8*(f(h)-f(-h)) - (f(2*h) - f(-2*h))) / (12 * h)
}

// advanceFrom is s_t as a function of θ and s_{t-1}, with the features made
// from s_{t-1} as a trajectory makes them.
func advanceFrom(c cell.Cell, theta, x, prev []float64) []float64 {
	l := c.Layout()
	h, next := make([]float64, l.H), make([]float64, l.S())
	c.Hidden(h, prev)
	z := append(append(append(append([]float64{}, x...), 1), h...), 1)
	c.Advance(theta, z, prev, next)
	return next
}

func checkStateJacobian(t *testing.T, f *oracle.Fixture) {
	s := f.Cell.Layout().S()
	for at, j := range f.Trajectory.Steps {
		for k := range s {
			for i := range s {
				prev := append([]float64(nil), f.Trajectory.States[at]...)
				want := derivative(func(d float64) float64 {
					prev[k] = f.Trajectory.States[at][k] + d
					return advanceFrom(f.Cell, f.Params.Theta, f.Sequence.X[at], prev)[i]
				})
				if e := math.Abs(j.F[i*s+k] - want); !(e < 1e-10) {
					t.Errorf("step %d: F[%d,%d] = %v, finite difference %v", at+1, i, k, j.F[i*s+k], want)
				}
			}
		}
	}
}

func checkImmediate(t *testing.T, f *oracle.Fixture) {
	l := f.Cell.Layout()
	s, p := l.S(), l.P()
	for at, j := range f.Trajectory.Steps {
		immediate := make([]float64, s*p)
		l.AddImmediateRows(immediate, j)
		for k := range p {
			for i := range s {
				theta := append([]float64(nil), f.Params.Theta...)
				want := derivative(func(d float64) float64 {
					theta[k] = f.Params.Theta[k] + d
					return advanceFrom(f.Cell, theta, f.Sequence.X[at], f.Trajectory.States[at])[i]
				})
				if e := math.Abs(immediate[i*p+k] - want); !(e < 1e-10) {
					t.Errorf("step %d: I[%d,%d] = %v, finite difference %v", at+1, i, k, immediate[i*p+k], want)
				}
			}
		}
		checkPullImmediate(t, l, j, immediate)
	}
}

// checkPullImmediate compares the two sparse products v I_t with the dense one.
func checkPullImmediate(t *testing.T, l *cell.Layout, j *cell.Jacobian, immediate []float64) {
	const lanes = 3
	s, p := l.S(), l.P()
	v := make([]float64, s*lanes)
	for i := range v {
		v[i] = math.Sin(float64(3*i + 1))
	}
	factors := make([]float64, len(l.Groups)*l.H*lanes)
	l.RowFactors(factors, v, lanes, j)
	for w := range lanes {
		one, want := make([]float64, s), make([]float64, p)
		for i := range one {
			one[i] = v[i*lanes+w]
			for k := range want {
				want[k] += one[i] * immediate[i*p+k]
			}
		}
		direct, rows := make([]float64, p), make([]float64, p)
		l.AddImmediate(direct, one, j)
		for k := range rows {
			g, i := groupOf(l, k)
			lo, _ := l.Row(g, i)
			rows[k] = factors[(g*l.H+i)*lanes+w] * j.Z[l.Groups[g].Lo+k-lo]
		}
		if e := relative(direct, want); !(e < 1e-14) {
			t.Errorf("AddImmediate is off by %.2g", e)
		}
		if e := relative(rows, want); !(e < 1e-14) {
			t.Errorf("RowFactors is off by %.2g", e)
		}
	}
}

// groupOf finds the row that holds coordinate k.
func groupOf(l *cell.Layout, k int) (group, unit int) {
	for g := range l.Groups {
		for i := range l.H {
			if lo, hi := l.Row(g, i); lo <= k && k < hi {
				return g, i
			}
		}
	}
	panic("no row holds the coordinate")
}

// checkDelta compares δ_t and q_t with differences of the loss: over the
// readout's own bias for δ, and over s_{t-1} for q.
func checkDelta(t *testing.T, f *oracle.Fixture) {
	for at, j := range f.Trajectory.Steps {
		if !j.HasLoss {
			t.Fatalf("step %d has no loss", at+1)
		}
		for k := range j.Q {
			prev := append([]float64(nil), f.Trajectory.States[at]...)
			q := derivative(func(d float64) float64 {
				prev[k] = f.Trajectory.States[at][k] + d
				return lossOf(f, at, advanceFrom(f.Cell, f.Params.Theta, f.Sequence.X[at], prev))
			})
			next := append([]float64(nil), f.Trajectory.States[at+1]...)
			delta := derivative(func(d float64) float64 {
				next[k] = f.Trajectory.States[at+1][k] + d
				return lossOf(f, at, next)
			})
			if math.Abs(j.Q[k]-q) > 1e-10 || math.Abs(j.Delta[k]-delta) > 1e-10 {
				t.Errorf("step %d entry %d: q = %v (difference %v), δ = %v (difference %v)", at+1, k, j.Q[k], q, j.Delta[k], delta)
			}
		}
	}
}

// lossOf is ½‖W h + b − value‖² at state s.
func lossOf(f *oracle.Fixture, at int, s []float64) float64 {
	h := make([]float64, f.Cell.Layout().H)
	f.Cell.Hidden(h, s)
	loss := 0.0
	for y, value := range f.Sequence.Value[at] {
		out := f.Params.ReadoutB[y]
		for k, v := range h {
			out += f.Params.ReadoutW[y*len(h)+k] * v
		}
		loss += (out - value) * (out - value) / 2
	}
	return loss
}

// checkInfluence sees to it that no recurrent tensor is dead: each has entries
// with a gradient that the finite difference confirms to be other than zero.
func checkInfluence(t *testing.T, f *oracle.Fixture) {
	l := f.Cell.Layout()
	last := len(f.Trajectory.Steps)
	rtrl := estimators.Exact(f.Trajectory)[last-1]
	diff := oracle.FiniteDifference(f.Cell, f.Params, f.Sequence, f.Initial, last)
	alive := map[string]map[int]bool{}
	for k := range rtrl {
		tensor, row, _ := l.Coordinate(k)
		if alive[tensor] == nil {
			alive[tensor] = map[int]bool{}
		}
		if math.Abs(rtrl[k]) > 1e-6 && math.Abs(diff[k]) > 1e-6 {
			alive[tensor][row] = true
		}
	}
	for _, name := range []string{"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"} {
		if len(alive[name]) != l.Gates*l.H {
			t.Errorf("%s: %d of %d rows have a gradient", name, len(alive[name]), l.Gates*l.H)
		}
	}
}

// checkLayout: every coordinate has one row, one unit and one place in a tensor.
func checkLayout(t *testing.T, l *cell.Layout) {
	type place struct {
		tensor   string
		row, col int
	}
	seen := map[place]bool{}
	units := l.UnitOf()
	for k := range l.P() {
		tensor, row, col := l.Coordinate(k)
		seen[place{tensor, row, col}] = true
		g, unit := groupOf(l, k)
		if int(units[k]) != unit || row != l.Groups[g].Gate*l.H+unit {
			t.Errorf("coordinate %d: unit %d, row %d of %s; its row is unit %d of group %d", k, units[k], row, tensor, unit, g)
		}
	}
	// A PyTorch cell of G gates has G·H·(X + H + 2) recurrent parameters.
	if want := l.Gates * l.H * (l.X + l.H + 2); len(seen) != want || l.P() != want {
		t.Errorf("%d places for %d coordinates, want %d", len(seen), l.P(), want)
	}
	if l.S() != l.Parts*l.H || l.Z() != l.X+l.H+2 {
		t.Errorf("S = %d, Z = %d for X = %d, H = %d, %d parts", l.S(), l.Z(), l.X, l.H, l.Parts)
	}
}

func checkAllocations(t *testing.T, f *oracle.Fixture) {
	l := f.Cell.Layout()
	step := cell.NewStepper(f.Cell, f.Params)
	j, next := cell.NewJacobian(l), make([]float64, l.S())
	grad, dprev := make([]float64, l.P()), make([]float64, l.S())
	n := testing.AllocsPerRun(20, func() {
		step.Step(j, f.Sequence, 1, f.Initial, next)
		f.Cell.Backward(f.Params.Theta, j.Z, f.Initial, j.Delta, dprev, grad)
	})
	if n != 0 {
		t.Errorf("a step forward and back allocates %v times", n)
	}
}

// TestRandomNetworks: RTRL = BPTT over small networks of any shape.
func TestRandomNetworks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		name := rapid.SampledFrom(cell.Names()).Draw(rt, "cell")
		inputs := rapid.IntRange(1, 4).Draw(rt, "inputs")
		hidden := rapid.IntRange(1, 6).Draw(rt, "hidden")
		steps := rapid.IntRange(1, 8).Draw(rt, "steps")
		scale := rapid.Float64Range(0.1, 1.5).Draw(rt, "scale")
		f, err := oracle.NewFixture(name, inputs, hidden, steps, scale, rng.Float64)
		if err != nil {
			rt.Fatal(err)
		}
		rtrl := estimators.Exact(f.Trajectory)
		for i, g := range oracle.BPTT(f.Cell, f.Params, f.Trajectory) {
			if e := relative(rtrl[i], g); !(e < 1e-12) {
				rt.Fatalf("step %d: RTRL and BPTT differ by %.2g of their length", i+1, e)
			}
		}
	})
}
