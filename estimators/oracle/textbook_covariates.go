package oracle

import (
	"fmt"
	"math"
	"strings"

	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// surrogate is a covariate made ready for a trajectory.
type surrogate interface{ begin() trace }

// trace is a covariate in the course of a draw, beside a chain with the scales ρ0 and
// ρ1 and the drive d_t.
type trace interface {
	step(t int, rho0, rho1 float64, drive []float64)
	// read is c = scale·θ̃ for v = q_t before the step or δ_t after it, with the chain's
	// θ̃; or, of a covariate that does not lie on it, c itself, P numbers.
	read(v []float64) (scale float64, own []float64)
}

// newSurrogate finds a covariate by its name.
func newSurrogate(name string, b *Textbook) (surrogate, error) {
	plain, _, _ := strings.Cut(name, "@")
	kind, number := splitName(plain)
	l := b.tr.Layout
	switch kind {
	case "snap1":
		return b.carried(func(d *denseStep) []float64 { return masked(d.F, func(i, k int) bool { return i%l.H == k%l.H }) }), nil
	case "instant":
		return b.carried(func(d *denseStep) []float64 { return make([]float64, len(d.F)) }), nil
	case "block":
		return b.carried(func(d *denseStep) []float64 {
			return masked(d.F, func(i, k int) bool { return i%l.H/number == k%l.H/number })
		}), nil
	case "lowrank":
		return b.carried(func(d *denseStep) []float64 { return lowRank(d, number, l.S()) }), nil
	case "learned-diagonal":
		w := diagonalWeights(b.options, name, l.S())
		return b.carried(func(*denseStep) []float64 { return diagonalMatrix(w) }), nil
	case "truncated":
		return window{b.steps, number}, nil
	case "linear-dense", "linear-rowwise":
		return newLinearWeights(b, kind, name), nil
	}
	return nil, fmt.Errorf("oracle: no textbook for the covariate %q", name)
}

// carriedBy is an even covariate: s̃ᶜ_t = ρ0 F̃_t s̃ᶜ_{t-1} + ρ1 d_t and c = (v·s̃ᶜ) θ̃. It
// holds F̃_t of every step.
type carriedBy [][]float64

func (b *Textbook) carried(of func(d *denseStep) []float64) carriedBy {
	var f carriedBy
	for _, d := range b.steps {
		f = append(f, of(d))
	}
	return f
}

func (f carriedBy) begin() trace { return &carriedTrace{f: f} }

type carriedTrace struct {
	f carriedBy
	s []float64 // s̃ᶜ; nil for zero
}

func (c *carriedTrace) step(t int, rho0, rho1 float64, drive []float64) {
	c.s = driven(rho0, c.f[t], c.s, rho1, drive)
}

// driven is ρ0 F s + ρ1 d; a nil s is zero.
func driven(rho0 float64, f, s []float64, rho1 float64, drive []float64) []float64 {
	if s == nil {
		return scaledBy(rho1, drive)
	}
	return sum(scaledBy(rho0, multiply(f, s, len(s))), scaledBy(rho1, drive))
}

func (c *carriedTrace) read(v []float64) (float64, []float64) { return dot(c.s, v), nil }

// diagonalWeights are w of learned-diagonal: trained, or the logistic function of
// normal numbers.
func diagonalWeights(o estimators.Options, name string, s int) []float64 {
	if w := o.Trained[name]; w != nil {
		return w[:s]
	}
	w := make([]float64, s)
	o.Normals("learned-diagonal/w", w)
	for i, x := range w {
		w[i] = 1 / (1 + math.Exp(-x))
	}
	return w
}

func diagonalMatrix(w []float64) []float64 {
	out := make([]float64, len(w)*len(w))
	for i, v := range w {
		out[i*len(w)+i] = v
	}
	return out
}

// lowRank is F̃ of lowrank-R: F¹ + (F − F¹) Π, with Π the projection on what two rounds
// of subspace iteration, X ← (F − F¹)ᵀ(F − F¹) X, make of the vectors
// x_r[i] = cos(π (i + ½) r/S + 0.3).
func lowRank(d *denseStep, rank, s int) []float64 {
	var x [][]float64
	for r := range rank {
		x = append(x, make([]float64, s))
		for i := range x[r] {
			x[r][i] = math.Cos(math.Pi*(float64(i)+0.5)*float64(r)/float64(s) + 0.3)
		}
	}
	var projection []float64
	for range 2 {
		for r := range x {
			x[r] = pull(multiply(d.rest, x[r], s), d.rest, s)
		}
		projection = project(x, s)
	}
	within := sum(d.F, scaledBy(-1, d.rest))
	return sum(within, product(d.rest, projection, s, s))
}

// project makes the vectors orthonormal in their order, and returns the projection on
// their span. A vector that lies in the span of those before, to within 1e-10 of its
// length, becomes zero.
func project(x [][]float64, s int) []float64 {
	projection := make([]float64, s*s)
	for r := range x {
		before := norm(x[r])
		for range 2 {
			x[r] = sum(x[r], scaledBy(-1, multiply(projection, x[r], s)))
		}
		length := norm(x[r])
		if !(length > 1e-10*before) {
			x[r] = make([]float64, s)
			continue
		}
		x[r] = scaledBy(1/length, x[r])
		for at := range projection {
			projection[at] += x[r][at/s] * x[r][at%s]
		}
	}
	return projection
}

// window is truncated-K: s̃ᶜ as if the chain had begun K steps ago at zero.
type window struct {
	steps []*denseStep
	k     int
}

func (w window) begin() trace { return &windowTrace{window: w} }

type windowTrace struct {
	window
	drives     [][]float64 // of every step so far
	rho0, rho1 []float64
}

func (w *windowTrace) step(_ int, rho0, rho1 float64, drive []float64) {
	w.drives = append(w.drives, drive)
	w.rho0, w.rho1 = append(w.rho0, rho0), append(w.rho1, rho1)
}

func (w *windowTrace) read(v []float64) (float64, []float64) {
	var s []float64
	for t := max(0, len(w.drives)-w.k); t < len(w.drives); t++ {
		s = driven(w.rho0[t], w.steps[t].F, s, w.rho1[t], w.drives[t])
	}
	return dot(s, v), nil
}

// linearWeights are those of linear-dense, one copy that sees all of ε and makes all of
// c, or of linear-rowwise, a copy for each unit with the same weights:
// h_t = A h_{t-1} + B x_t + C ε_t, c_t = O h_t, h of 8 numbers.
type linearWeights struct {
	steps      []*denseStep
	inputs     int
	a, b, c, o []float64
	sees       [][]int // by copy: state entries
	makes      [][]int // by copy: coordinates
}

const linearSize = 8

func newLinearWeights(t *Textbook, kind, name string) *linearWeights {
	l := t.tr.Layout
	w := &linearWeights{steps: t.steps, inputs: l.X}
	w.sees, w.makes = byCopy(l, kind == "linear-rowwise")
	noise, out := len(w.sees[0]), len(w.makes[0])
	sizes := []int{linearSize * linearSize, linearSize * l.X, linearSize * noise, out * linearSize}
	tensors := []*[]float64{&w.a, &w.b, &w.c, &w.o}
	if flat := t.options.Trained[name]; flat != nil {
		for i, n := range sizes {
			*tensors[i], flat = flat[:n], flat[n:]
		}
		return w
	}
	for i, columns := range []int{linearSize, l.X, noise, linearSize} {
		m := make([]float64, sizes[i])
		t.options.Normals(kind+"/"+"ABCO"[i:i+1], m)
		*tensors[i] = scaledBy(1/math.Sqrt(float64(columns)), m)
	}
	if r := gelfand(w.a, linearSize); r > 0 {
		w.a = scaledBy(0.9/r, w.a)
	}
	return w
}

// gelfand is ‖Aᵏ‖^(1/k) at k = 2³⁰ in the Frobenius norm, which the untrained weights
// take for A's spectral radius: log‖A²ᵏ‖ = 2 log‖Aᵏ‖ + log‖(Aᵏ/‖Aᵏ‖)²‖.
func gelfand(a []float64, n int) float64 {
	if norm(a) == 0 {
		return 0
	}
	log := math.Log(norm(a))
	a = scaledBy(1/norm(a), a)
	for range 30 {
		a = product(a, a, n, n)
		log = 2*log + math.Log(norm(a))
		a = scaledBy(1/norm(a), a)
	}
	return math.Exp(log / (1 << 30))
}

// byCopy lists the state entries that a copy sees and the coordinates that it makes.
func byCopy(l *cell.Layout, rowwise bool) (sees, makes [][]int) {
	copies := 1
	if rowwise {
		copies = l.H
	}
	sees, makes = make([][]int, copies), make([][]int, copies)
	for i := range l.S() {
		sees[i%l.H%copies] = append(sees[i%l.H%copies], i)
	}
	for j, unit := range l.UnitOf() {
		makes[int(unit)%copies] = append(makes[int(unit)%copies], j)
	}
	return sees, makes
}

func (w *linearWeights) begin() trace {
	t := &linearTrace{linearWeights: w, p: len(w.steps[0].immediate) / len(w.steps[0].Q)}
	for range w.sees {
		t.h = append(t.h, make([]float64, linearSize))
	}
	return t
}

type linearTrace struct {
	*linearWeights
	h [][]float64 // by copy
	p int
}

func (w *linearTrace) step(t int, _, _ float64, drive []float64) {
	input := multiply2(w.b, w.steps[t].Z[:w.inputs])
	for i, entries := range w.sees {
		var eps []float64
		for _, k := range entries {
			eps = append(eps, drive[k])
		}
		w.h[i] = sum(sum(multiply2(w.a, w.h[i]), input), multiply2(w.c, eps))
	}
}

func (w *linearTrace) read([]float64) (float64, []float64) {
	out := make([]float64, w.p)
	for i, coordinates := range w.makes {
		for r, c := range multiply2(w.o, w.h[i]) {
			out[coordinates[r]] = c
		}
	}
	return 1, out
}

// multiply2 is M x for a matrix of any height.
func multiply2(m, x []float64) []float64 { return product(m, x, len(m)/len(x), 1) }
