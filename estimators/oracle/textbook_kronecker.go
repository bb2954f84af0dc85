package oracle

import (
	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// kronecker is PreUORO (Cooijmans & Martens 2019) or KF-RTRL (Mujika et al. 2018) in
// the course of a draw, M_t ≈ A ⊗ ã: A is S×Q with a column per row of θ, Q = groups·H,
// D_t the S×Q matrix ∂s_t/∂a of the gains, ã as long as the features z.
//
//	A ← c1 ρ0 F A + c2 ρ1 D,  ã ← c1 ã/ρ0 + c2 z/ρ1
//	ρ0 = √(‖ã‖/‖F A‖),  ρ1 = √(‖z‖/‖D‖)   under the guard
//
// with c1 = 1 and c2 = ν of PreUORO, and two random numbers of KF-RTRL, whose p1 is
// 1/ρ0 and whose p2 is 1/ρ1.
type kronecker struct {
	book       *Textbook
	a, feature []float64
}

func newKronecker(b *Textbook) *kronecker {
	l := b.tr.Layout
	return &kronecker{b, make([]float64, l.S()*len(l.Groups)*l.H), make([]float64, l.Z())}
}

func (k *kronecker) step(t int, eps []float64) {
	c1, c2 := 1.0, eps[0]
	if k.book.name == "kf-rtrl" {
		c1, c2 = eps[0], eps[1]
	}
	l, j, o := k.book.tr.Layout, k.book.steps[t].Jacobian, k.book.options
	carried, d := product(j.F, k.a, l.S(), len(k.a)/l.S()), gains(l, j)
	rho0, rho1 := ratio(o.Guard, norm(k.feature), norm(carried)), ratio(o.Guard, norm(j.Z), norm(d))
	if o.Guard == estimators.GuardFixed {
		rho0, rho1 = o.Schedule.Rho0[t], o.Schedule.Rho1[t]
	}
	k.a = sum(scaledBy(c1*rho0, carried), scaledBy(c2*rho1, d))
	k.feature = sum(scaledBy(c1/rho0, k.feature), scaledBy(c2/rho1, j.Z))
}

// gains is D_t: row (group, unit) of θ reaches its own unit's state entries.
func gains(l *cell.Layout, j *cell.Jacobian) []float64 {
	q := len(l.Groups) * l.H
	d := make([]float64, l.S()*q)
	for at, gain := range j.Gain {
		g, i := at/l.S(), at%l.S()
		d[i*q+g*l.H+i%l.H] = gain
	}
	return d
}

func (k *kronecker) read(t int, v []float64) Estimate {
	l := k.book.tr.Layout
	row := pull(v, k.a, len(l.Groups)*l.H)
	random := make([]float64, l.P())
	for g, group := range l.Groups {
		for unit := range l.H {
			lo, _ := l.Row(g, unit)
			for c, f := range k.feature[group.Lo:group.Hi] {
				random[lo+c] = row[g*l.H+unit] * f
			}
		}
	}
	return Estimate{Direct: k.book.direct(t, v), Random: random}
}
