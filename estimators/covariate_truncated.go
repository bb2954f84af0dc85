package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// maxWindow bounds the K of everything that is cut off after K steps. It keeps
// a slip of the pen from taking all memory.
const maxWindow = 1024

// truncatedFamily is truncated-K: the adjoint is UORO's own, cut off after K
// steps, bᶜ_τ = b_τ for the K latest τ and 0 before. μ is the gradient of
// truncated backpropagation through time over K steps.
var truncatedFamily = covariateFamily("truncated-K", Range{1, maxWindow}, truncatedSpec)

// truncatedSpec is the member K. It keeps the K latest noises instead of a
// second s̃, because with b_0 = v, b_l = v F_t … F_{t-l+1}
//
//	v·s̃ᶜ_t = Σ_{l<K} (b_l·ε_{t-l}) ρ1_{t-l} Π_{m<l} ρ0_{t-m}
//
// where the b_l are the same for all draws. A step costs (K + 1)·S + 2(K − 1)
// multiply-adds a draw; K·(S+1) numbers.
func truncatedSpec(k int) CovariateSpec {
	return CovariateSpec{
		Formula:  "adjoint cut after K steps; μ = TBPTT-K gradient",
		Citation: "Williams & Peng 1990 (truncation)",
		New:      func(l *cell.Layout, _ Options) Covariate { return newTruncated(l, k) },
		NewMean: func(l *cell.Layout, _ Options) Mean {
			return &truncatedMean{newWindow(l, k, false)}
		},
		NewResidualMean: func(l *cell.Layout, _ Options) Mean { return newTruncatedResidualMean(l, k) },
		ResidualShared:  func(l *cell.Layout) int64 { return truncatedResidualCost(l, k) },
		Adjoint: func(_ *cell.Layout, dst, v []float64, j *cell.Jacobian, lag int) {
			clear(dst)
			if lag+1 < k {
				pullBack(dst, v, j.F)
			}
		},
		Cost: func(l *cell.Layout) Cost {
			s, n := int64(l.S()), int64(k)
			return Cost{PerDraw: s + n*s + 2*(n-1), Shared: walkCost(l, k, k-1), Numbers: n * (s + 1)}
		},
	}
}

// truncated is the covariate's state.
type truncated struct {
	window *window
	drive  [][]float64 // K of S×Lanes, in the window's order: ρ1 ε of a step
	carry  []float64   // K×Lanes: the product of the ρ0 since then
	one    lane        // scratch
}

func newTruncated(l *cell.Layout, k int) *truncated {
	c := &truncated{window: newWindow(l, k, false), carry: aligned(k * Lanes)}
	for range k {
		c.drive = append(c.drive, aligned(l.S()*Lanes))
	}
	return c
}

func (c *truncated) Reset() {
	c.window.reset()
	for i := range c.drive {
		clear(c.drive[i])
	}
	clear(c.carry)
}

func (c *truncated) Kill(w int) {
	for i := range c.drive {
		zeroLane(c.drive[i], w)
	}
	zeroLane(c.carry, w)
}

func (c *truncated) Own() []float64 { return nil }

func (c *truncated) Step(j *cell.Jacobian, rho0, rho1, eps []float64) {
	kernel.ScaleLanes(c.carry, rowOf(rho0, 0), len(c.drive))
	at := c.window.next
	c.window.push(j)
	copy(c.drive[at], eps)
	kernel.ScaleLanes(c.drive[at], rowOf(rho1, 0), len(eps)/Lanes)
	fill(c.carry[at*Lanes:(at+1)*Lanes], 1)
}

func (c *truncated) Scale(dst, v []float64) {
	var sum lane
	n := len(c.drive)
	c.window.walk(v, func(lag int, adjoint []float64) {
		at := (c.window.next - 1 - lag + 2*n) % n
		kernel.Weigh(&c.one, adjoint, c.drive[at], len(adjoint), 1)
		for w, carry := range rowOf(c.carry, at) {
			sum[w] += c.one[w] * carry
		}
	})
	copy(dst, sum[:])
}

// truncatedMean is Σ_{l<K} b_l I_{t-l}.
type truncatedMean struct{ *window }

func (m *truncatedMean) Reset()                { m.reset() }
func (m *truncatedMean) Step(j *cell.Jacobian) { m.push(j) }

func (m *truncatedMean) PullTo(dst, v []float64) {
	clear(dst)
	m.walk(v, func(lag int, adjoint []float64) {
		m.layout.AddImmediate(dst, adjoint, m.back(lag).jacobian)
	})
}

// truncatedResidualMean is Σ_{l<K} b_l K_{t-l}.
type truncatedResidualMean struct {
	*window
	snap *Snap1
}

func newTruncatedResidualMean(l *cell.Layout, k int) *truncatedResidualMean {
	return &truncatedResidualMean{newWindow(l, k, true), NewSnap1(l)}
}

func (m *truncatedResidualMean) Reset() {
	m.reset()
	m.snap.Reset()
}

func (m *truncatedResidualMean) Step(j *cell.Jacobian) {
	copy(m.push(j).before, m.snap.s)
	m.snap.Step(j)
}

func (m *truncatedResidualMean) PullTo(dst, v []float64) {
	clear(dst)
	m.walk(v, func(lag int, adjoint []float64) {
		m.back(lag).addSource(dst, m.layout, adjoint)
	})
}

// truncatedResidualCost counts the walk back, and of each step the product with F − F̃
// and that with SnAp-1's influence, which the residual chain has at hand.
func truncatedResidualCost(l *cell.Layout, k int) int64 {
	s, p, parts := int64(l.S()), int64(l.P()), int64(l.Parts)
	return int64(k-1)*s*s + int64(k)*(s*s+parts*p)
}
