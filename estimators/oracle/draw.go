package oracle

import (
	"fmt"
	"math"

	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// Draw is one draw of UORO as the paper writes it (Tallec & Ollivier 2017,
// arXiv:1702.05043, equations 9 to 13): I_t is a dense matrix, the norms are
// taken of the vectors themselves, one draw at a time. Unbiasedness holds for
// every positive ρ and so cannot see a wrong one; agreement with Draw can. The other
// estimators and the covariates are a Textbook.
type Draw struct {
	Guard      estimators.Guard
	Schedule   *estimators.Schedule // for estimators.GuardFixed
	STilde     []float64            // S
	ThetaTilde []float64            // P
	Rho0, Rho1 float64              // of the last step

	layout *cell.Layout
	steps  int
}

// NewDraw makes a draw before step 1: s̃ = 0, θ̃ = 0.
func NewDraw(l *cell.Layout, guard estimators.Guard, schedule *estimators.Schedule) *Draw {
	return &Draw{
		Guard: guard, Schedule: schedule, layout: l,
		STilde: make([]float64, l.S()), ThetaTilde: make([]float64, l.P()),
	}
}

// Step advances the draw with noise eps, S numbers. It panics for a guard that
// it does not know.
func (d *Draw) Step(j *cell.Jacobian, eps []float64) {
	d.advance(j.F, Move{Drive: eps, Source: pull(eps, immediate(d.layout, j), d.layout.P())})
}

// Move is what the noise of a step brings to the two factors of a draw:
//
//	s̃_t = ρ0 F_t s̃_{t-1} + ρ1 d_t,   θ̃_t = θ̃_{t-1}/ρ0 + n_t/ρ1
//
// Of UORO d_t = ε_t and n_t = ε_tᵀ I_t.
type Move struct {
	Drive  []float64 // S: d_t
	Source []float64 // P: n_t
	// Weigh is what s̃ is measured in: ‖F s̃‖ and ‖d_t‖ are the norms of the entries
	// times Weigh. nil: one for all.
	Weigh []float64
	// OwnScale says that Drive and Source hold the scales of the new noise already:
	// ρ1 = 1.
	OwnScale bool
}

// advance takes a step with state Jacobian f.
func (d *Draw) advance(f []float64, m Move) {
	carried := multiply(f, d.STilde, len(d.STilde))
	d.scale(norm(d.ThetaTilde), norm(times(m.Weigh, carried)), norm(m.Source), norm(times(m.Weigh, m.Drive)))
	if m.OwnScale {
		d.Rho1 = 1
	}
	for i := range d.STilde {
		d.STilde[i] = d.Rho0*carried[i] + d.Rho1*m.Drive[i]
	}
	for i := range d.ThetaTilde {
		d.ThetaTilde[i] = d.ThetaTilde[i]/d.Rho0 + m.Source[i]/d.Rho1
	}
	d.steps++
}

// scale sets ρ0 and ρ1 from ‖θ̃‖, ‖F s̃‖, ‖εᵀI‖ and ‖ε‖.
func (d *Draw) scale(theta, carried, noise, eps float64) {
	d.Rho0 = ratio(d.Guard, theta, carried)
	d.Rho1 = ratio(d.Guard, noise, eps)
	if d.Guard == estimators.GuardFixed {
		d.Rho0, d.Rho1 = d.Schedule.Rho0[d.steps], d.Schedule.Rho1[d.steps]
	}
}

// ratio is √(a/b) of two norms under the guard; 1 under the fixed one, whose
// schedule the caller knows. It panics for a guard that it does not know.
func ratio(guard estimators.Guard, a, b float64) float64 {
	const e = 1e-7
	switch guard {
	case estimators.GuardCode:
		return math.Sqrt((a + e) / (b + e))
	case estimators.GuardPaper:
		return math.Sqrt(a/(b+e)) + e
	case estimators.GuardNone, estimators.GuardFixed:
		return 1
	}
	panic(fmt.Sprintf("oracle: unknown guard %q", guard))
}

// Estimate is (v·s̃) θ̃, P numbers: y_0 of the Pre convention for v = q_t before
// the step, of the Post convention for v = δ_t after it.
func (d *Draw) Estimate(v []float64) []float64 {
	return scaledBy(dot(v, d.STilde), d.ThetaTilde)
}

// multiply is F x for F n×n row-major.
func multiply(f, x []float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		for k, v := range x {
			out[i] += f[i*n+k] * v
		}
	}
	return out
}

// pull is v M for M len(v)×p row-major.
func pull(v, m []float64, p int) []float64 {
	out := make([]float64, p)
	for i, a := range v {
		for j := range out {
			out[j] += a * m[i*p+j]
		}
	}
	return out
}

// product is A B for A n×m and B m×p, row-major, m = len(b)/p.
func product(a, b []float64, n, p int) []float64 {
	m := len(b) / p
	out := make([]float64, 0, n*p)
	for i := range n {
		out = append(out, pull(a[i*m:(i+1)*m], b, p)...)
	}
	return out
}

// times is a∘x; a nil a is one for all.
func times(a, x []float64) []float64 {
	if a == nil {
		return x
	}
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = a[i] * v
	}
	return out
}

func scaledBy(a float64, x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = a * v
	}
	return out
}

func norm(x []float64) float64 { return math.Sqrt(normSq(x)) }

func normSq(x []float64) float64 { return dot(x, x) }

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}
