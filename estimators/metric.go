package estimators

import (
	"math"

	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// metric measures states by what they are worth to the loss: ‖x‖² = Σ_i a_i² x_i²
// with
//
//	a_i² = (√E q_i² + η √E q²) / (√E ‖I_i‖² + η √E ‖I‖²)
//
// where the E are running means over the steps so far of the error signal q_t
// and of the rows of I_t, those under η their means over i too. No draw enters,
// so that scales taken in the metric keep UORO unbiased, and every number is at
// hand in an online learner.
//
// Why: with adjoint b and noise scales c, UORO's variance is about
// Σ_{τ,i}(c_{τi} b_{τi})² Σ_{τ,i}(‖I_{τi}‖/c_{τi})², least at c² = ‖I_{τi}‖/|b_{τi}|
// (Cauchy–Schwarz). UORO's ρ0 and ρ1 find one scale per time, from ‖F s̃‖, to which
// the directions that the loss does not see contribute as much as those that it
// does. Here 1/a_i stands for the best c of a unit, q for its adjoint b.
//
// Tried and left: the size of the adjoint over the last eight steps in place of
// q_t, which costs eight products with F and gave the same variances within a
// fifth, sometimes worse; and, for residual, the rows of its own source K_t in
// place of those of I_t, 3 to 20 % worse on GRUs trained on a^n b^n.
type metric struct {
	q, influence []float64    // S: running means of q_i² and ‖I_i‖²
	a, inverse   []float64    // S: a_i and 1/a_i
	weighed      [2][]float64 // S×Lanes: scratch of normPair
	steps        int
}

// The running means forget over 1/metricRate steps; metricFloor is η. On GRUs
// trained on a^n b^n rates from 0.01 to 0.1 and floors from 0.01 to 0.1 give
// variances within 1.5 times each other.
const (
	metricRate  = 0.05
	metricFloor = 0.03
	metricLeast = 1e-150 // keeps a finite before the first loss
)

func newMetric(l *cell.Layout) *metric {
	n := l.S()
	return &metric{
		q: make([]float64, n), influence: make([]float64, n), a: make([]float64, n), inverse: make([]float64, n),
		weighed: [2][]float64{aligned(n * Lanes), aligned(n * Lanes)},
	}
}

func (m *metric) reset() {
	clear(m.q)
	clear(m.influence)
	m.steps = 0
}

// update takes in a step, before its scales are formed.
func (m *metric) update(l *cell.Layout, j *cell.Jacobian) {
	m.steps++
	rate := math.Max(metricRate, 1/float64(m.steps))
	for i, q := range j.Q {
		m.q[i] += rate * (q*q - m.q[i])
		m.influence[i] *= 1 - rate
	}
	for g := range l.Groups {
		z := j.Z[l.Groups[g].Lo:l.Groups[g].Hi]
		zz := rate * inner(z, z)
		for i, gain := range j.Gain[g*l.S() : (g+1)*l.S()] {
			m.influence[i] += gain * gain * zz
		}
	}
	floorQ, floorI := metricFloor*rootMean(m.q), metricFloor*rootMean(m.influence)
	for i := range m.a {
		m.a[i] = math.Sqrt((math.Sqrt(m.q[i]) + floorQ + metricLeast) / (math.Sqrt(m.influence[i]) + floorI + metricLeast))
		m.inverse[i] = 1 / m.a[i]
	}
}

// rootMean is √(Σ x_i / n).
func rootMean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return math.Sqrt(sum / float64(len(x)))
}

// noise writes left = a ε and drive = ε/a, S×Lanes: noise that is isotropic in
// the metric, and its counterpart, with E[drive leftᵀ] = 1.
func (m *metric) noise(left, drive, eps []float64) {
	scaleEntries(left, m.a, eps)
	scaleEntries(drive, m.inverse, eps)
}

// metricCost is what the metric adds to a step: so many products with it a draw, S
// each, and once for all the norms of I's rows (2·groups·S), the running means of both,
// their means over the entries and the comparison with them (8S), a and 1/a (2S).
func metricCost(l *cell.Layout, c Cost, products int) Cost {
	c.PerDraw += int64(products * l.S())
	c.Shared += int64((2*len(l.Groups) + 10) * l.S())
	return c
}

// normPair writes CarriedSq = Σ_i a_i² x_i² and NoiseSq likewise of y, S×Lanes each.
func (m *metric) normPair(x, y []float64, sc *kernel.Scales) {
	scaleEntries(m.weighed[0], m.a, x)
	scaleEntries(m.weighed[1], m.a, y)
	kernel.NormPair(m.weighed[0], m.weighed[1], sc, len(m.a))
}

// scaleEntries writes dst[i] = by[i]·x[i], all lanes alike: a product with a diagonal.
func scaleEntries(dst, by, x []float64) { kernel.UnitBlocks(dst, by, x, len(by), 1) }
