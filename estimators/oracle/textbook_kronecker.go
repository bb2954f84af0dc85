package oracle

import (
	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// A Kronecker factorisation in the course of a draw, M_t ≈ A ⊗ ã: A is S×Q with a column
// per row of θ, D_t the S×Q matrix ∂s_t/∂a of the gains, ã as long as the features z.
//
//	A ← c1 ρ0 F A + c2 ρ1 D,  ã ← c1 ã/ρ0 + c2 z/ρ1
//	ρ0 = √(‖ã‖/‖F A‖),  ρ1 = √(‖z‖/‖D‖)   under the guard
type factors struct{ a, feature []float64 }

func (k *factors) step(b *Textbook, t int, c1, c2 float64, d, z []float64) {
	o, s := b.options, b.tr.Layout.S()
	carried := product(b.steps[t].F, k.a, s, len(k.a)/s)
	rho0, rho1 := ratio(o.Guard, norm(k.feature), norm(carried)), ratio(o.Guard, norm(z), norm(d))
	if o.Guard == estimators.GuardFixed {
		rho0, rho1 = o.Schedule.Rho0[t], o.Schedule.Rho1[t]
	}
	k.a = sum(scaledBy(c1*rho0, carried), scaledBy(c2*rho1, d))
	k.feature = sum(scaledBy(c1/rho0, k.feature), scaledBy(c2/rho1, z))
}

// preuoro is PreUORO (Cooijmans & Martens 2019): one factorisation for all rows of θ,
// Q = groups·H, with c1 = 1 and c2 = ν; a row that sees a part of the features takes
// that part.
type preuoro struct {
	book *Textbook
	factors
}

func newPreUORO(b *Textbook) *preuoro {
	l := b.tr.Layout
	return &preuoro{b, factors{make([]float64, l.S()*len(l.Groups)*l.H), make([]float64, l.Z())}}
}

func (k *preuoro) step(t int, eps []float64) {
	j := k.book.steps[t].Jacobian
	k.factors.step(k.book, t, 1, eps[0], gains(k.book.tr.Layout, j), j.Z)
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

func (k *preuoro) read(t int, v []float64) Estimate {
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

// kfRTRL is KF-RTRL (Mujika et al. 2018): a factorisation for every featureBlock, each
// with two random numbers c1, c2 of its own. Its p1 is 1/ρ0 and its p2 is 1/ρ1.
type kfRTRL struct {
	book   *Textbook
	blocks []featureBlock
	of     []factors
}

func newKFRTRL(b *Textbook) *kfRTRL {
	k := &kfRTRL{book: b, blocks: featureBlocks(b.tr.Layout)}
	for _, block := range k.blocks {
		k.of = append(k.of, factors{make([]float64, b.tr.Layout.S()*block.columns()), make([]float64, block.width())})
	}
	return k
}

func (k *kfRTRL) step(t int, eps []float64) {
	l, d := k.book.tr.Layout, k.book.steps[t]
	for i, b := range k.blocks {
		k.of[i].step(k.book, t, eps[2*i], eps[2*i+1], b.gain(d.immediate, l.S(), l.P()), d.Z[b.lo:b.hi])
	}
}

func (k *kfRTRL) read(t int, v []float64) Estimate {
	random := make([]float64, k.book.tr.Layout.P())
	for i, b := range k.blocks {
		b.scatter(random, product(pull(v, k.of[i].a, b.columns()), k.of[i].feature, b.columns(), b.width()))
	}
	return Estimate{Direct: k.book.direct(t, v), Random: random}
}
