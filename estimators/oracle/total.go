package oracle

import (
	"fmt"

	"uorobench/estimators/cell"
)

// Total returns the exact moments of the signals summed over the given steps,
// Σ_t y_k: the estimates of successive steps share their noise, so this is not
// the sum of the steps' variances (Cooijmans & Martens 2019, arXiv:1902.03993).
// κ = E ε⁴ is 1 for signs and 3 for Gaussian noise. Step is the last of the
// steps. It costs O(T²·K²·P), and refuses what ClosedForm refuses.
//
// The sum is a quadratic form εᵀ W ε per coordinate, with
//
//	W_{(τ,i),(τ',i')} = a_{τi}^{(τ')} β_{τ'i'},   a_τ^{(m)} = c_τ Σ_{t: n_t ≥ max(τ,m)} b_τ^t
//
// where b_τ^t is the adjoint of step t, n_t the number of noise steps it has
// seen, c_τ = ρ1_τ/Π_{σ≤τ} ρ0_σ and β_τ = I_τ/c_τ; and
//
//	Cov = Σ W_ab W'_ab + Σ W_ab W'_ba + (κ−3) Σ W_aa W'_aa.
func Total(tr *cell.Trajectory, f Form, kappa float64, steps ...int) (*Moments, error) {
	if f.Residual || f.Blocks > 1 {
		return nil, fmt.Errorf("oracle: the sum over steps has a closed form for uoro alone")
	}
	last := 0
	for _, s := range steps {
		if err := checkStep(s, len(tr.Steps)); err != nil {
			return nil, err
		}
		last = max(last, s)
	}
	if last == 0 {
		return nil, fmt.Errorf("oracle: a total over no step")
	}
	t, err := newTotal(tr, f, last)
	if err != nil {
		return nil, err
	}
	for _, s := range steps {
		if err := t.addStep(f, s); err != nil {
			return nil, err
		}
	}
	t.sumTails()
	return t.moments(kappa, last), nil
}

// total holds a_τ^{(m)} for m ≥ τ: tail[k][τ][m-τ], S numbers each, 0-based.
type total struct {
	tr    *cell.Trajectory
	n     int
	tail  [][][][]float64
	scale []float64 // c_τ
}

func newTotal(tr *cell.Trajectory, f Form, n int) (*total, error) {
	t := &total{tr: tr, n: n, tail: make([][][][]float64, 1+len(f.Covariates))}
	atEnd, err := f.scales(n)
	if err != nil {
		return nil, err
	}
	t.scale = atEnd // c_τ up to a factor that is the same for all τ and cancels
	for k := range t.tail {
		t.tail[k] = make([][][]float64, n)
		for tau := range t.tail[k] {
			t.tail[k][tau] = make([][]float64, n-tau)
			for m := range t.tail[k][tau] {
				t.tail[k][tau][m] = make([]float64, tr.Layout.S())
			}
		}
	}
	return t, nil
}

// addStep puts the adjoints of a step where its last noise step is; sumTails
// makes the sums.
func (t *total) addStep(f Form, step int) error {
	n, v := f.reading(t.tr, step)
	adjoints, err := f.adjoints(t.tr, v, n)
	if err != nil {
		return err
	}
	for k := range adjoints {
		for tau, b := range adjoints[k] {
			accumulate(t.tail[k][tau][n-1-tau], t.scale[tau], b)
		}
	}
	return nil
}

func (t *total) sumTails() {
	for k := range t.tail {
		for _, tail := range t.tail[k] {
			for m := len(tail) - 2; m >= 0; m-- {
				accumulate(tail[m], 1, tail[m+1])
			}
		}
	}
}

// at is a_τ^{(m)} of signal k.
func (t *total) at(k, tau, m int) []float64 { return t.tail[k][tau][max(tau, m)-tau] }

func (t *total) moments(kappa float64, last int) *Moments {
	k, l := len(t.tail), t.tr.Layout
	m := &Moments{Step: last, Cov: pairs(k, l.P())}
	for range k {
		m.Mean = append(m.Mean, make([]float64, l.P()))
	}
	norms := t.norms()
	for g := range l.Groups {
		for unit := range l.H {
			t.row(m, g, unit, norms, kappa)
		}
	}
	return m
}

// norms is Σ_τ a_τ^{(τ')}·a'_τ^{(τ')} for every pair of signals and every τ'.
func (t *total) norms() [][][]float64 {
	out := pairs(len(t.tail), t.n)
	for k := range out {
		for l := 0; l <= k; l++ {
			for m := range t.n {
				for tau := range t.n {
					out[k][l][m] += dot(t.at(k, tau, m), t.at(l, tau, m))
				}
			}
		}
	}
	return out
}

// row writes the moments of row (group, unit).
func (t *total) row(m *Moments, g, unit int, norms [][][]float64, kappa float64) {
	l := t.tr.Layout
	lo, hi := l.Row(g, unit)
	gains := t.gains(g, unit)
	along := make([][][]float64, len(t.tail)) // h_{ττ'} = Σ_part a_τ^{(τ')} gain_τ
	for k := range along {
		along[k] = t.along(k, unit, gains)
	}
	for k := range along {
		for tau := range t.n {
			accumulate(m.Mean[k][lo:hi], along[k][tau][tau], t.feature(g, tau))
		}
		for o := 0; o <= k; o++ {
			t.covariance(m.Cov[k][o][lo:hi], g, norms[k][o], gains, along[k], along[o])
			t.fourth(m.Cov[k][o][lo:hi], g, unit, kappa-3, gains, k, o)
		}
	}
}

// gains are gain_τ/c_τ of the row, n×parts.
func (t *total) gains(g, unit int) [][]float64 {
	l := t.tr.Layout
	out := make([][]float64, t.n)
	for tau := range out {
		for part := range l.Parts {
			gain := t.tr.Steps[tau].Gain[(g*l.Parts+part)*l.H+unit]
			out[tau] = append(out[tau], gain/t.scale[tau])
		}
	}
	return out
}

func (t *total) along(k, unit int, gains [][]float64) [][]float64 {
	out := square(t.n)
	for tau := range out {
		for m := range out {
			a := t.at(k, tau, m)
			for part, gain := range gains[tau] {
				out[tau][m] += a[part*t.tr.Layout.H+unit] * gain
			}
		}
	}
	return out
}

func (t *total) feature(g, tau int) []float64 {
	group := &t.tr.Layout.Groups[g]
	return t.tr.Steps[tau].Z[group.Lo:group.Hi]
}

// covariance adds Σ W W' and Σ W W'ᵀ.
func (t *total) covariance(dst []float64, g int, norms []float64, gains, h, other [][]float64) {
	for tau := range t.n {
		z := t.feature(g, tau)
		accumulateProduct(dst, norms[tau]*dot(gains[tau], gains[tau]), z, z)
		for m := range t.n {
			accumulateProduct(dst, h[tau][m]*other[m][tau], z, t.feature(g, m))
		}
	}
}

// fourth adds factor · Σ W_aa W'_aa.
func (t *total) fourth(dst []float64, g, unit int, factor float64, gains [][]float64, k, o int) {
	for tau := range t.n {
		a, b, sum := t.at(k, tau, tau), t.at(o, tau, tau), 0.0
		for part, gain := range gains[tau] {
			at := part*t.tr.Layout.H + unit
			sum += a[at] * b[at] * gain * gain
		}
		z := t.feature(g, tau)
		accumulateProduct(dst, factor*sum, z, z)
	}
}
