package estimators

import (
	"math"

	"uorobench/estimators/cell"
)

// learnedDiagonalSpec is snap1 with a learned F̃: a diagonal w of S numbers, the
// same at every step, made by Train to bring ‖ĝ − c‖² down. It is even in the noise,
// as UORO is, and so has something to learn, which the linear covariates have
// not. Without training w is a fixed random diagonal between 0 and 1; the mean is
// exact for any w. A step costs 4S multiply-adds a draw on top of UORO's.
var learnedDiagonalSpec = CovariateSpec{
	Name:     "learned-diagonal",
	Formula:  "F̃ = a learned diagonal; μ as snap1's with it",
	Citation: "snap1 (Menick et al. 2021) with the diagonal learned",
	New: func(l *cell.Layout, o Options) Covariate {
		w := newDiagonal(l, o)
		return newSurrogate(l, func(dst []float64, _ *cell.Jacobian, src []float64) { scaleEntries(dst, w, src) })
	},
	NewMean: func(l *cell.Layout, o Options) Mean { return newDiagonalMean(l, newDiagonal(l, o)) },
	TrainedAdjoint: func(w []float64) func(l *cell.Layout, dst, v []float64, j *cell.Jacobian, lag int) {
		return func(_ *cell.Layout, dst, v []float64, _ *cell.Jacobian, _ int) {
			for i := range dst {
				dst[i] = w[i] * v[i]
			}
		}
	},
	Cost: func(l *cell.Layout) Cost {
		s, p, parts := int64(l.S()), int64(l.P()), int64(l.Parts)
		return Cost{PerDraw: 4 * s, Shared: 3 * parts * p, Numbers: s}
	},
}

// newDiagonal is w: trained, or random.
func newDiagonal(l *cell.Layout, o Options) []float64 {
	w := make([]float64, l.S())
	if trained := o.Trained["learned-diagonal"]; trained != nil {
		copy(w, trained)
		return w
	}
	o.Normals("learned-diagonal/w", w)
	for i, v := range w {
		w[i] = 1 / (1 + math.Exp(-v))
	}
	return w
}

// newDiagonalMean is SnAp-1's recursion with w in the place of the within-unit
// part of F.
func newDiagonalMean(l *cell.Layout, w []float64) *Snap1 {
	m := NewSnap1(l)
	m.within = func(dst []float64, l *cell.Layout, _ *cell.Jacobian, unit int) {
		clear(dst)
		for part := 0; part < l.Parts; part++ {
			dst[part*l.Parts+part] = w[part*l.H+unit]
		}
	}
	return m
}

// diagonalNetwork is the covariate as a network: h = s̃ᶜ, ω = w,
// h_t = ρ0 w ∘ h_{t-1} + ρ1 ε_t, and ‖ĝ − c‖² = (v·s̃ − v·h)²‖θ̃‖².
type diagonalNetwork struct{ w []float64 }

func (n *diagonalNetwork) sizes() (int, int)  { return len(n.w), len(n.w) }
func (n *diagonalNetwork) recurrent() int     { return len(n.w) }
func (n *diagonalNetwork) weights() []float64 { return n.w }

func (n *diagonalNetwork) advance(next, h []float64, in *input) {
	n.push(next, h, in)
	axpy(in.rho1, in.eps, next)
}

func (n *diagonalNetwork) push(dst, dh []float64, in *input) {
	for i, a := range n.w {
		dst[i] = in.rho0 * a * dh[i]
	}
}

func (n *diagonalNetwork) pull(dst, dh []float64, in *input) { n.push(dst, dh, in) }

func (n *diagonalNetwork) addImmediate(grad, dh, h []float64, in *input) {
	for i, v := range dh {
		grad[i] += in.rho0 * v * h[i]
	}
}

func (n *diagonalNetwork) loss(_, dh, h []float64, g *goal) float64 {
	e := inner(g.v, h) - g.scalar
	for i, v := range g.v {
		dh[i] = 2 * e * v * g.thetaSq
	}
	return e * e * g.thetaSq
}
