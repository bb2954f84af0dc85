package estimators

import (
	"math"
	"slices"

	"uorobench/estimators/cell"
)

// linearUnits is d, the number of hidden units of the linear covariates: far
// fewer than the network's.
const linearUnits = 8

// linearDenseSpec is one linear recurrent network for all parameters:
// h_t = A h_{t-1} + B x_t + C ε_t, c_t = O h_t with h ∈ R^d, c ∈ R^P; its mean
// is the same recursion at ε = 0.
var linearDenseSpec = CovariateSpec{
	Name:     "linear-dense",
	Formula:  "h = A h + B x + C ε, c = O h; μ: the same with ε = 0",
	Citation: "the proposal that uorobench was written to test",
	New:      func(l *cell.Layout, o Options) Covariate { return newLinear(newDense(l, o), l) },
	NewMean:  func(l *cell.Layout, o Options) Mean { return newLinearMean(newDense(l, o), l) },
	// It knows nothing of the chain that it runs beside.
	NewResidualMean: func(l *cell.Layout, o Options) Mean { return newLinearMean(newDense(l, o), l) },
	linear:          newDense,
	Cost:            func(l *cell.Layout) Cost { return linearCost(l, 1, l.S(), l.P()) },
}

// linearRowwiseSpec is one small linear network per unit with shared weights:
// h⁽ⁱ⁾ = ω_hh h⁽ⁱ⁾ + ω_xh x + ω_εh ε⁽ⁱ⁾, c⁽ⁱ⁾ = ω_hθ h⁽ⁱ⁾, after Hypernetworks
// (Ha et al. 2017). ε enters by row, or all rows would be the same.
var linearRowwiseSpec = CovariateSpec{
	Name:            "linear-rowwise",
	Formula:         "h⁽ⁱ⁾ = ω_hh h⁽ⁱ⁾ + ω_xh x + ω_εh ε⁽ⁱ⁾, c⁽ⁱ⁾ = ω_hθ h⁽ⁱ⁾; μ: the same with ε = 0",
	Citation:        "the proposal that uorobench was written to test; Ha et al. 2017",
	New:             func(l *cell.Layout, o Options) Covariate { return newLinear(newRowwise(l, o), l) },
	NewMean:         func(l *cell.Layout, o Options) Mean { return newLinearMean(newRowwise(l, o), l) },
	NewResidualMean: func(l *cell.Layout, o Options) Mean { return newLinearMean(newRowwise(l, o), l) },
	linear:          newRowwise,
	Cost:            func(l *cell.Layout) Cost { return linearCost(l, l.H, l.Parts, l.P()/l.H) },
}

// linearCost counts the recursion of all copies and the output c, which goes straight
// onto the estimate. The mean is that of one copy, and where there are several it is
// added to the rows of each.
func linearCost(l *cell.Layout, copies, noise, out int) Cost {
	d := linearUnits
	c := Cost{
		PerDraw: int64(copies * d * (d + noise + out)),
		Shared:  int64(d * (d + l.X + out)),
		Numbers: int64(copies * d),
	}
	if copies > 1 {
		c.Shared += int64(copies * out)
	}
	return c
}

// linearWeights are the weights of a linear covariate, and how its copies lie
// over the network: dense is one copy that sees all of ε and writes all of c;
// row-wise is H copies, of which copy i sees ε⁽ⁱ⁾ and writes the rows of unit i.
type linearWeights struct {
	d, x, e, out, copies int
	a, b, c, o           []float64 // d×d, d×x, d×e, out×d, row-major
	noise                func(copy, k int) int
	coordinate           func(copy, r int) int
}

// newDense draws the weights of the dense form. A is scaled to the spectral radius
// linearRadius, the others so that h and c have entries of order one.
func newDense(l *cell.Layout, o Options) *linearWeights {
	w := &linearWeights{d: linearUnits, x: l.X, e: l.S(), out: l.P(), copies: 1}
	w.noise = func(_, k int) int { return k }
	w.coordinate = func(_, r int) int { return r }
	w.draw("linear-dense", o)
	return w
}

func newRowwise(l *cell.Layout, o Options) *linearWeights {
	rows := unitCoordinates(l)
	w := &linearWeights{d: linearUnits, x: l.X, e: l.Parts, out: len(rows[0]), copies: l.H}
	w.noise = func(copy, k int) int { return k*l.H + copy }
	w.coordinate = func(copy, r int) int { return rows[copy][r] }
	w.draw("linear-rowwise", o)
	return w
}

func (w *linearWeights) draw(name string, o Options) {
	make1 := func(tensor string, rows, cols int, scale float64) []float64 {
		m := make([]float64, rows*cols)
		o.Normals(name+"/"+tensor, m)
		for i := range m {
			m[i] *= scale / math.Sqrt(float64(cols))
		}
		return m
	}
	w.a = make1("A", w.d, w.d, 1)
	if radius := spectralRadius(w.a, w.d); radius > 0 {
		rescale(w.a, linearRadius/radius)
	}
	w.b = make1("B", w.d, w.x, 1)
	w.c = make1("C", w.d, w.e, 1)
	w.o = make1("O", w.out, w.d, 1)
	if trained := o.Trained[name]; trained != nil {
		w.point(slices.Clone(trained))
	}
}

// linearRadius is the spectral radius of an untrained A: a memory of about ten
// steps. (Tried: entries of variance 0.9²/d and no more. Of eight rows the radius is
// then anywhere from 0.5 to 1.5, and above 1 the covariate grows without end.)
const linearRadius = 0.9

// spectralRadius is that of the n×n matrix a, by Gelfand's formula
// lim ‖Aᵏ‖^(1/k) with k = 2³⁰ by squaring; the norm is Frobenius'.
func spectralRadius(a []float64, n int) float64 {
	const squarings = 30
	power, next := slices.Clone(a), make([]float64, len(a))
	logNorm := 0.0 // of Aᵏ, which is power·exp(logNorm)
	for range squarings {
		size := length(power)
		if size == 0 {
			return 0
		}
		rescale(power, 1/size)
		logNorm = 2 * (logNorm + math.Log(size))
		clear(next)
		for i := range n {
			for k := range n {
				axpy(power[i*n+k], power[k*n:(k+1)*n], next[i*n:(i+1)*n])
			}
		}
		power, next = next, power
	}
	return math.Exp((logNorm + math.Log(length(power))) / (1 << squarings))
}

func rescale(x []float64, by float64) {
	for i := range x {
		x[i] *= by
	}
}

// unitCoordinates lists, per unit, the coordinates of its rows.
func unitCoordinates(l *cell.Layout) [][]int {
	rows := make([][]int, l.H)
	for j, u := range l.UnitOf() {
		rows[u] = append(rows[u], j)
	}
	return rows
}

func addScaled(sum *lane, a float64, x *lane) {
	for w, v := range x {
		sum[w] += a * v
	}
}

// inner is Σ a[i]·x[i] over a's length.
func inner(a, x []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += v * x[i]
	}
	return sum
}

// innerOfFour is inner in four sums side by side, so as not to wait for each addition.
func innerOfFour(a, x []float64) float64 {
	var s0, s1, s2, s3 float64
	for len(a) >= 4 && len(x) >= 4 {
		s0 += a[0] * x[0]
		s1 += a[1] * x[1]
		s2 += a[2] * x[2]
		s3 += a[3] * x[3]
		a, x = a[4:], x[4:]
	}
	return (s0 + s1) + (s2 + s3) + inner(a, x)
}

// linearMean is the noise-free recursion. All copies are then the same, so one
// is kept. It is written apart from linear on purpose: one must not be able to
// hide a slip of the other.
type linearMean struct {
	w       *linearWeights
	h, next []float64 // d
}

func newLinearMean(w *linearWeights, _ *cell.Layout) *linearMean {
	return &linearMean{w, make([]float64, w.d), make([]float64, w.d)}
}

func (m *linearMean) Reset() { clear(m.h) }

func (m *linearMean) Step(j *cell.Jacobian) {
	w := m.w
	for r := range m.next {
		m.next[r] = inner(w.a[r*w.d:(r+1)*w.d], m.h) + inner(w.b[r*w.x:(r+1)*w.x], j.Z)
	}
	m.h, m.next = m.next, m.h
}

func (m *linearMean) PullTo(dst, _ []float64) {
	for r := 0; r < m.w.out; r++ {
		c := inner(m.w.o[r*m.w.d:(r+1)*m.w.d], m.h)
		for copy := 0; copy < m.w.copies; copy++ {
			dst[m.w.coordinate(copy, r)] = c
		}
	}
}
