package estimators

import (
	"math"

	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// metric measures states by what they are worth to the loss: ‖x‖² = Σ_i a_i² x_i²
// with
//
//	a_i² = (√E q_i² / √E q² + η) / (√E ‖I_i‖² / √E ‖I‖² + η)
//
// where E q_i² and E ‖I_i‖² are running means over the steps so far of the error
// signal q_t and of the rows of I_t, and E q², E ‖I‖² their means over i (sizes). No
// draw enters, so that scales taken in the metric keep UORO unbiased, and every
// number is at hand in an online learner.
//
// Why: with adjoint b and noise scales c, UORO's variance is about
// Σ_{τ,i}(c_{τi} b_{τi})² Σ_{τ,i}(‖I_{τi}‖/c_{τi})², least at c² = ‖I_{τi}‖/|b_{τi}|
// (Cauchy–Schwarz). UORO's ρ0 and ρ1 find one scale per time, from ‖F s̃‖, to which
// the directions that the loss does not see contribute as much as those that it
// does. Here 1/a_i stands for the best c of a unit, q for its adjoint b.
//
// Free of scale: a is the same in whatever units the loss and the parameters are
// measured, and η/(√S+η) ≤ a_i² ≤ (√S+η)/η. A factor κ_t common to all a_i of a step
// does nothing but for the guard's e: with it ρ1 ∝ √κ_t and ρ0 ∝ √(κ_{t-1}/κ_t), so
// that s̃_t ∝ 1/√κ_t and θ̃_t ∝ √κ_t, whose product is the same. With e it matters that
// κ does not follow the loss. Tried and left: a_i² = √E q_i²/√E ‖I_i‖² itself, with an
// absolute floor of 1e-150 for the steps before the first loss: there a ≈ 0, the
// guard measures ‖a F s̃‖ as 0, multiplies s̃ by ρ0 = √((‖θ̃‖+e)/e) at every step, and
// on the task copy rel_var was 1e29.
//
// Tried and left: the size of the adjoint over the last eight steps in place of
// q_t, which costs eight products with F and gave the same variances within a
// fifth, sometimes worse; and, for residual, the rows of its own source K_t in
// place of those of I_t, 3 to 20 % worse on GRUs trained on a^n b^n.
type metric struct {
	q, influence *sizes
	rows         []float64    // S: scratch, ‖I_i‖ of the step
	a, inverse   []float64    // S: a_i and 1/a_i
	weighed      [2][]float64 // S×Lanes: scratch of normPair
}

// The running means forget over 1/metricRate steps; metricFloor is η. On GRUs
// trained on a^n b^n rates from 0.01 to 0.1 and floors from 0.01 to 0.1 give
// variances within 1.5 times each other.
const (
	metricRate  = 0.05
	metricFloor = 0.03
)

func newMetric(l *cell.Layout) *metric {
	n := l.S()
	return &metric{
		q: newSizes(n), influence: newSizes(n), rows: make([]float64, n),
		a: make([]float64, n), inverse: make([]float64, n),
		weighed: [2][]float64{aligned(n * Lanes), aligned(n * Lanes)},
	}
}

func (m *metric) reset() {
	m.q.reset()
	m.influence.reset()
}

// update takes in a step, before its scales are formed.
func (m *metric) update(l *cell.Layout, j *cell.Jacobian) {
	m.q.update(j.Q)
	rowNorms(m.rows, l, j)
	m.influence.update(m.rows)
	for i := range m.a {
		m.a[i] = math.Sqrt((m.q.relative(i) + metricFloor) / (m.influence.relative(i) + metricFloor))
		m.inverse[i] = 1 / m.a[i]
	}
}

// rowNorms writes ‖I_i‖, S.
func rowNorms(dst []float64, l *cell.Layout, j *cell.Jacobian) {
	clear(dst)
	for g := range l.Groups {
		z := j.Z[l.Groups[g].Lo:l.Groups[g].Hi]
		zz := inner(z, z)
		for i, gain := range j.Gain[g*l.S() : (g+1)*l.S()] {
			dst[i] += gain * gain * zz
		}
	}
	for i, sq := range dst {
		dst[i] = math.Sqrt(sq)
	}
}

// sizes are running root mean squares √E x_i² of the entries of a vector, compared
// with each other. A step in which all x_i are zero says nothing about how they
// compare and is left out of the means: losses may be sparse. The first
// 1/metricRate steps that count make a plain mean. Roots are kept, not squares,
// so that any x whose sum of entries is a finite number will do.
type sizes struct {
	root  []float64 // √E x_i²
	unit  float64   // √(Σ_i E x_i² / n), 0 before the first x
	steps int       // that were counted
}

func newSizes(n int) *sizes { return &sizes{root: make([]float64, n)} }

func (s *sizes) reset() {
	clear(s.root)
	s.unit, s.steps = 0, 0
}

func (s *sizes) update(x []float64) {
	if largest(x) == 0 {
		return
	}
	s.steps++
	rate := math.Max(metricRate, 1/float64(s.steps))
	keep, take := math.Sqrt(1-rate), math.Sqrt(rate)
	for i, v := range x {
		s.root[i] = math.Hypot(keep*s.root[i], take*v)
	}
	s.unit = rootMeanSquare(s.root)
}

// relative is √E x_i² in units of the root mean square over all entries, and 1
// before the first x.
func (s *sizes) relative(i int) float64 {
	if s.unit == 0 {
		return 1
	}
	return s.root[i] / s.unit
}

// rootMeanSquare is √(Σ x_i² / n) of numbers whose squares may be out of range.
func rootMeanSquare(x []float64) float64 {
	unit, sum := largest(x), 0.0
	if unit == 0 {
		return 0
	}
	for _, v := range x {
		sum += (v / unit) * (v / unit)
	}
	return unit * math.Sqrt(sum/float64(len(x)))
}

// largest is max |x_i|.
func largest(x []float64) float64 {
	most := 0.0
	for _, v := range x {
		most = math.Max(most, math.Abs(v))
	}
	return most
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
