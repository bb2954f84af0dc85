package estimators

import (
	"math"

	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// metric measures states by what they are worth to the loss, ‖x‖² = Σ_i w_i² x_i², and
// scales every entry of the noise by what it is worth:
//
//	w_i = √V_i / √(Σ_k V_k/S) + η                     η = 0.03
//	V_i ← V_i + r (q_i² + Σ_j F_ji² V_j − V_i)        r = max(0.2, 1/n)
//	μ_k = √(‖β_k‖ / ‖w∘d_k‖)
//
// V_i is a running mean of the squared adjoint of state entry i over the losses to
// come: what the next loss gives, q_i², and what F hands back of the later ones,
// each entry on its own (Sutton 1988, TD(0), of the diagonal of E bᵀb; n counts the
// steps from the first loss on; before it, w = 1). Noise entry
// ε_k drives s̃ along d_k and meets β_k in θ̃: it enters as μ_k ε_k d_k there and as
// ε_k β_k/μ_k here. No draw enters, so that UORO stays unbiased, and every number is
// at hand in an online learner.
//
// Why: with adjoint b and noise scales c, UORO's variance is about
// Σ_{τ,k}(c_{τk} b_τ·d_{τk})² Σ_{τ,k}(‖β_{τk}‖/c_{τk})², least at
// c² = ‖β_{τk}‖/|b_τ·d_{τk}| (Cauchy–Schwarz). UORO has one scale per time for all k,
// and takes ‖F s̃‖ for what s̃ is worth, to which the directions that the loss does not
// see contribute as much as those that it does.
//
// Free of scale: w is the same in whatever units the loss is measured, and
// η ≤ w_i ≤ √S + η. A factor κ_t common to all w_i of a step does nothing but for the
// guard's e: with it s̃_t ∝ 1/√κ_t and θ̃_t ∝ √κ_t, whose product is the same. With e it
// matters that κ does not follow the loss. Tried and left: an absolute floor for the
// steps before the first loss: there w ≈ 0, the guard takes ‖w∘F s̃‖ for 0,
// multiplies s̃ by ρ0 = √((‖θ̃‖+e)/e) at every step, and rel_var on the task copy was
// 1e29.
//
// Tried and left: one coordinate change a∘s of the state with
// a_i² = √E q_i²/√E ‖I_i‖² for both the norms and the noise: what a parameter does to
// an entry is not what the entry is worth, and on ALIF, whose state parts differ in
// both, it took rel_var of split-residual-32 from 0.716 to 1.91 (random weights).
type metric struct {
	value        *stateValue
	w            []float64    // S
	mu, inverse  []float64    // S: μ_k and 1/μ_k, both 0 where the entry is of no use
	beta, driven []float64    // S: ‖β_k‖ and ‖w∘d_k‖
	weighed      [2][]float64 // S×Lanes: scratch of normPair
}

// metricFloor is η, metricRate the least r; docs/methods.md has the figures for other
// values, each changed alone. Faster rates follow the gates of a trained GRU better (its
// rel_var on a^n b^n at the weights of stage mid is 417 at 0.02, 178 at 0.2 and 94 at 1),
// but where losses are sparse V becomes that of the last few F alone: on lif and adding it
// is 38 at 0.2, 57 at 0.4, where uoro's is 47, and 142 at 1. η matters on that GRU alone:
// 171 at 0.01, 178 at 0.03, 209 at 0.1, 317 at 0.3.
const (
	metricFloor = 0.03
	metricRate  = 0.2
)

func newMetric(l *cell.Layout) *metric {
	n := l.S()
	numbers := func() []float64 { return make([]float64, n) }
	return &metric{
		value: newStateValue(n), w: numbers(), mu: numbers(), inverse: numbers(), beta: numbers(), driven: numbers(),
		weighed: [2][]float64{aligned(n * Lanes), aligned(n * Lanes)},
	}
}

func (m *metric) reset() { m.value.reset() }

// update takes in a step, before its scales are formed.
func (m *metric) update(j *cell.Jacobian) {
	m.value.update(j.F, j.Q)
	m.value.weightsTo(m.w)
}

// forState sets μ for noise on the state's entries, d_k = e_k, which meets the rows
// of I.
func (m *metric) forState(l *cell.Layout, j *cell.Jacobian) {
	rowNorms(m.beta, l, j)
	copy(m.driven, m.w)
	m.setScales()
}

// forSource sets μ for noise on the state's entries that meets the rows of
// K = (F − F̃) S.
func (m *metric) forSource(l *cell.Layout, j *cell.Jacobian, snap *Snap1) {
	snap.sourceNorms(m.beta, j)
	copy(m.driven, m.w)
	m.setScales()
}

// between sets μ for noise between F − F̃ and S: d_k is a column of F − F̃, β_k a row of
// S.
func (m *metric) between(l *cell.Layout, j *cell.Jacobian, snap *Snap1) {
	s := l.S()
	clear(m.driven)
	for i, w := range m.w {
		for k, f := range j.F[i*s : (i+1)*s] {
			if i%l.H != k%l.H {
				m.driven[k] += w * w * f * f
			}
		}
	}
	for k := range m.driven {
		m.driven[k] = math.Sqrt(m.driven[k])
		m.beta[k] = math.Sqrt(snap.inner(k%l.H, k/l.H, k/l.H))
	}
	m.setScales()
}

// setScales sets μ from beta and driven. An entry that drives nothing, or meets
// nothing, has no part in the mean d_k β_kᵀ and is left out.
func (m *metric) setScales() {
	for k, beta := range m.beta {
		m.mu[k], m.inverse[k] = 0, 0
		if beta > 0 && m.driven[k] > 0 {
			m.mu[k] = math.Sqrt(beta / m.driven[k])
			m.inverse[k] = 1 / m.mu[k]
		}
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

// sourceNorms writes the norms of the rows of K = (F − F̃) S, S. Rows of S of two
// units have no coordinate in common.
func (m *Snap1) sourceNorms(dst []float64, j *cell.Jacobian) {
	l := m.layout
	s := l.S()
	clear(dst)
	for unit := range l.H {
		for a := range l.Parts {
			for b := range l.Parts {
				m.addSource(dst, j.F, a*l.H+unit, b*l.H+unit, m.inner(unit, a, b))
			}
		}
	}
	for k := range s {
		dst[k] = math.Sqrt(math.Max(0, dst[k]))
	}
}

// addSource adds f_{i,x} f_{i,y} times the inner product of rows x and y of S, for
// all i of other units than theirs.
func (m *Snap1) addSource(dst, f []float64, x, y int, both float64) {
	h, s := m.layout.H, len(dst)
	for i := range dst {
		if i%h != x%h {
			dst[i] += f[i*s+x] * f[i*s+y] * both
		}
	}
}

// noise writes left = ε/μ and drive = μ ε, S×Lanes, with E[drive leftᵀ] = 1 but for the
// entries that are left out.
func (m *metric) noise(left, drive, eps []float64) {
	scaleEntries(left, m.inverse, eps)
	scaleEntries(drive, m.mu, eps)
}

// metricCost is what the metric adds to a step: so many products with w, μ or 1/μ a draw,
// S each, and once for all V (2S² + 3S), w (2S), μ and 1/μ (2S), and the norms behind μ.
func metricCost(l *cell.Layout, c Cost, products int, norms int64) Cost {
	s := int64(l.S())
	c.PerDraw += int64(products) * s
	c.Shared += 2*s*s + 7*s + norms
	return c
}

// normPair writes CarriedSq = Σ_i w_i² x_i² and NoiseSq likewise of y, S×Lanes each.
func (m *metric) normPair(x, y []float64, sc *kernel.Scales) {
	scaleEntries(m.weighed[0], m.w, x)
	scaleEntries(m.weighed[1], m.w, y)
	kernel.NormPair(m.weighed[0], m.weighed[1], sc, len(m.w))
}

// The norms behind μ: those of the rows of I, of the rows of K from the inner products of
// S's rows, and of the columns of F − F̃ weighed by w².
func rowNormsCost(l *cell.Layout) int64    { return 2 * int64(len(l.Groups)*l.S()) }
func sourceNormsCost(l *cell.Layout) int64 { return 2 * int64(l.Parts*l.S()*l.S()) }
func columnNormsCost(l *cell.Layout) int64 { return int64(2*l.S()*l.S() + l.S()) }

// scaleEntries writes dst[i] = by[i]·x[i], all lanes alike: a product with a diagonal.
func scaleEntries(dst, by, x []float64) { kernel.UnitBlocks(dst, by, x, len(by), 1) }
