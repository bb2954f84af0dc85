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
// every positive ρ and so cannot see a wrong one; agreement with Draw can.
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
	s, p := d.layout.S(), d.layout.P()
	immediate := make([]float64, s*p)
	d.layout.AddImmediateRows(immediate, j)
	carried := multiply(j.F, d.STilde, s)
	noise := pull(eps, immediate, p)
	d.scale(norm(d.ThetaTilde), norm(carried), norm(noise), norm(eps))
	for i := range d.STilde {
		d.STilde[i] = d.Rho0*carried[i] + d.Rho1*eps[i]
	}
	for i := range d.ThetaTilde {
		d.ThetaTilde[i] = d.ThetaTilde[i]/d.Rho0 + noise[i]/d.Rho1
	}
	d.steps++
}

// scale sets ρ0 and ρ1 from ‖θ̃‖, ‖F s̃‖, ‖εᵀI‖ and ‖ε‖.
func (d *Draw) scale(theta, carried, noise, eps float64) {
	const e = 1e-7
	switch d.Guard {
	case estimators.GuardCode:
		d.Rho0 = math.Sqrt((theta + e) / (carried + e))
		d.Rho1 = math.Sqrt((noise + e) / (eps + e))
	case estimators.GuardPaper:
		d.Rho0 = math.Sqrt(theta/(carried+e)) + e
		d.Rho1 = math.Sqrt(noise/(eps+e)) + e
	case estimators.GuardNone:
		d.Rho0, d.Rho1 = 1, 1
	case estimators.GuardFixed:
		d.Rho0, d.Rho1 = d.Schedule.Rho0[d.steps], d.Schedule.Rho1[d.steps]
	default:
		panic(fmt.Sprintf("oracle: unknown guard %q", d.Guard))
	}
}

// Estimate is (v·s̃) θ̃, P numbers: y_0 of the Pre convention for v = q_t before
// the step, of the Post convention for v = δ_t after it.
func (d *Draw) Estimate(v []float64) []float64 {
	a := 0.0
	for i, s := range d.STilde {
		a += v[i] * s
	}
	out := make([]float64, len(d.ThetaTilde))
	for j, t := range d.ThetaTilde {
		out[j] = a * t
	}
	return out
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

func norm(x []float64) float64 { return math.Sqrt(normSq(x)) }

func normSq(x []float64) float64 { return dot(x, x) }

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}
