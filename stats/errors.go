package stats

import (
	"slices"
	"sync"
)

// Combination is a reported estimator: a linear combination of signals with
// error
//
//	e = y_0 + Offset − Σ_i λ_i∘(y_{k_i} − Means_{k_i}) − Exact.
//
// All vectors are of one measured step and have length P.
type Combination struct {
	Step   int       // index of the step, for Lambda.At
	Lambda []*Lambda // one per fold; group g belongs to fold g mod len(Lambda)
	Offset []float64
	Means  [][]float64 // of signals 1 … K-1
	Exact  []float64
}

// Errors are the group sums of a combination's error: all that bias and
// variance, their standard errors and their tests need.
type Errors struct {
	N []int64   // draws per group
	Q []float64 // Σ‖e‖² per group
	// Gram is groups×groups: E_g·E_h with E_g = Σ e over group g.
	Gram []float64
	// Along is directions×groups: E_g projected on fixed unit vectors. The
	// last is along the exact gradient.
	Along [][]float64
	// ExactSq is ‖g‖².
	ExactSq float64

	dims   float64   // numbers in e, all pooled steps together
	axisSq []float64 // squared length of the vector behind each row of Along
	// level is the rounding level of Q: relRounding times the sum of squares of
	// all that e is made of. What lies below it is not variance.
	level float64
}

// relRounding is what a million additions of squares may lose, relative to
// their sum, with a wide margin. Without it the rounding of an estimate that
// does not vary would be reported as a variance and tested for bias.
const relRounding = 1e-12

// NewErrors forms the errors of c from the groups' moments at one step.
// directions are unit vectors of length P.
func NewErrors(groups []*Moments, c *Combination, directions [][]float64) *Errors {
	n := len(groups)
	e := &Errors{N: make([]int64, n), Q: make([]float64, n), Gram: make([]float64, n*n), ExactSq: dot(c.Exact, c.Exact), dims: float64(len(c.Exact))}
	sums, done := borrowed(n, len(c.Exact))
	defer done()
	targets := c.targets()
	for g, m := range groups {
		e.N[g] = m.N
		q, size := c.errorSum(m, &targets[g%len(targets)], sums[g])
		e.Q[g] = q
		e.level += relRounding * size
	}
	for g := range sums {
		for h := 0; h <= g; h++ {
			v := dot(sums[g], sums[h])
			e.Gram[g*n+h], e.Gram[h*n+g] = v, v
		}
	}
	for _, d := range directions {
		e.Along = append(e.Along, project(sums, d, 1))
		e.axisSq = append(e.axisSq, 1)
	}
	e.Along = append(e.Along, project(sums, c.Exact, divide(1, sqrt(e.ExactSq))))
	e.axisSq = append(e.axisSq, 1)
	return e
}

// spare holds memory for scratch: a run forms the errors of many steps, of groups×P
// numbers each, and would leave more garbage with them than all it keeps.
var spare sync.Pool

// borrowed is a grid of any content, until done is called.
func borrowed(rows, cols int) (grid [][]float64, done func()) {
	memory, _ := spare.Get().(*[]float64)
	if memory == nil || len(*memory) < rows*cols {
		fresh := make([]float64, rows*cols)
		memory = &fresh
	}
	return rowsOf((*memory)[:rows*cols], rows), func() { spare.Put(memory) }
}

func project(sums [][]float64, d []float64, scale float64) []float64 {
	out := make([]float64, len(sums))
	for g, s := range sums {
		out[g] = scale * dot(s, d)
	}
	return out
}

// target is a fold's m' of errorSum, with the squares of all that it is made of.
type target struct {
	lambda *Lambda
	m      []float64
	parts  float64
}

// targets forms m' = Exact − Offset − Σ λ∘μ for every fold.
func (c *Combination) targets() []target {
	out := make([]target, len(c.Lambda))
	for f, l := range c.Lambda {
		t := target{lambda: l, m: make([]float64, len(c.Exact))}
		for j, exact := range c.Exact {
			t.m[j] = exact - c.Offset[j]
			t.parts += exact*exact + c.Offset[j]*c.Offset[j]
			for i, k := range l.Signals {
				known := l.At(c.Step, i, j) * c.Means[k-1][j]
				t.m[j] -= known
				t.parts += known * known
			}
		}
		out[f] = t
	}
	return out
}

// errorSum writes E = Σ e of one group and returns Q = Σ‖e‖². With
// y' = y_0 − Σ λ∘y_k and the constant m', e = y' − m':
//
//	E = Σy' − N m',   Q = Σ‖y'‖² − 2 m'·Σy' + N‖m'‖².
//
// size is the sum of squares of every part of e.
func (c *Combination) errorSum(m *Moments, t *target, sum []float64) (q, size float64) {
	n, l := float64(m.N), t.lambda
	q, size = c.secondMoment(m, l)
	for j := range sum {
		y := m.Sum[0][j]
		for i, k := range l.Signals {
			y -= l.At(c.Step, i, j) * m.Sum[k][j]
		}
		sum[j] = y - n*t.m[j]
		q += t.m[j] * (n*t.m[j] - 2*y)
	}
	return q, size + n*t.parts
}

// secondMoment is Σ‖y'‖², a quadratic form in (1, −λ) in every bin of λ's scope;
// size is its sum without the mixed terms.
func (c *Combination) secondMoment(m *Moments, l *Lambda) (q, size float64) {
	for bin := range l.Scope.bins(&m.Shape) {
		at := l.coordinateOf(bin)
		q += m.second(l.Scope, 0)[bin]
		size += m.second(l.Scope, 0)[bin]
		for i, k := range l.Signals {
			a := l.At(c.Step, i, at)
			q -= 2 * a * m.second(l.Scope, Pair(k, 0))[bin]
			size += a * a * m.second(l.Scope, Pair(k, k))[bin]
			for i2, k2 := range l.Signals {
				q += a * l.At(c.Step, i2, at) * m.second(l.Scope, Pair(k, k2))[bin]
			}
		}
	}
	return q, size
}

// coordinateOf is a coordinate that lies in the bin.
func (l *Lambda) coordinateOf(bin int) int {
	if l.Scope != ScopeUnit {
		return bin
	}
	for j, u := range l.unitOf {
		if int(u) == bin {
			return j
		}
	}
	return 0
}

// Pool adds another step's errors: the steps as one long vector. All steps
// share their draws, so the group sums add up group by group. Random directions
// and the direction along g pool the same way, up to their length. Where draws
// were left out from some step on, the step with more draws is brought down to
// the number of the other, see shrink.
func (e *Errors) Pool(o *Errors) {
	if e.N == nil {
		*e = Errors{N: append([]int64(nil), o.N...), Q: make([]float64, len(o.Q)), Gram: make([]float64, len(o.Gram)), Along: grid(len(o.Along), len(o.N)), axisSq: make([]float64, len(o.Along))}
	}
	if !slices.Equal(e.N, o.N) {
		o = o.clone()
		least := slices.Clone(o.N)
		for g, n := range e.N {
			least[g] = min(least[g], n)
		}
		e.shrink(least)
		o.shrink(least)
	}
	axpy(1, o.Q, e.Q)
	axpy(1, o.Gram, e.Gram)
	last := len(o.Along) - 1
	for d, a := range o.Along {
		scale := 1.0
		if d == last {
			scale = sqrt(o.ExactSq)
		}
		axpy(scale, a, e.Along[d])
		e.axisSq[d] += scale * scale * o.axisSq[d]
	}
	e.ExactSq += o.ExactSq
	e.level += o.level
	e.dims += o.dims
}

func (e *Errors) clone() *Errors {
	c := *e
	c.N, c.Q, c.Gram, c.axisSq = slices.Clone(e.N), slices.Clone(e.Q), slices.Clone(e.Gram), slices.Clone(e.axisSq)
	c.Along = grid(len(e.Along), len(e.N))
	for d, a := range e.Along {
		copy(c.Along[d], a)
	}
	return &c
}

// shrink makes the sums what they would be, on average, over n[g] of the draws
// of each group, taken blindly: a sum over draws goes down by r_g = n/N, a sum
// over pairs of different draws by n(n−1)/(N(N−1)) within a group and r_g r_h
// across. So means, variances and bias_sq keep their expectation. (Tried: to
// take the smallest N and leave the sums. Then a bias appears that is the share
// left out times the mean error of the other steps.)
func (e *Errors) shrink(n []int64) {
	groups := len(n)
	r := make([]float64, groups)
	for g, left := range n {
		r[g] = divide(float64(left), float64(e.N[g]))
	}
	for g := range n {
		for h := range n {
			if h != g {
				e.Gram[g*groups+h] *= r[g] * r[h]
			}
		}
		pairs := r[g] * max(0, divide(float64(n[g]-1), float64(e.N[g]-1)))
		e.Gram[g*groups+g] = pairs*(e.Gram[g*groups+g]-e.Q[g]) + r[g]*e.Q[g]
		e.Q[g] *= r[g]
		for d := range e.Along {
			e.Along[d][g] *= r[g]
		}
		e.N[g] = n[g]
	}
}

// totals sums over the groups but for the one left out (-1: none).
func (e *Errors) totals(without int) (n, q, square float64) {
	groups := len(e.N)
	for g, v := range e.N {
		if g == without {
			continue
		}
		n += float64(v)
		q += e.Q[g]
		row := e.Gram[g*groups : g*groups+g+1]
		square += row[g]
		for h, b := range row[:g] {
			if h != without {
				square += 2 * b
			}
		}
	}
	return n, q, square
}

// Variance is var_trace = (Q − ‖E‖²/N)/(N−1), without one group (-1: none). It is
// zero where what is left is rounding, and absent with fewer than two draws or where
// the sums overflowed.
func (e *Errors) Variance(without int) (v float64, ok bool) {
	n, q, square := e.totals(without)
	left := q - square/n
	if n < 2 || !finite(left) {
		return 0, false
	}
	if left > e.level {
		return left / (n - 1), true
	}
	return 0, true
}

// BiasSq is the U-statistic (‖E‖² − Q)/(N(N−1)): the mean of e_n·e_m over pairs
// of different draws, unbiased for ‖bias‖². Its sign is kept. Where the error
// does not vary, all pairs are alike and it is ‖E‖²/N², free of cancellation.
func (e *Errors) BiasSq(without int) (v float64, ok bool) {
	n, q, square := e.totals(without)
	if n < 2 || !finite(q-square/n) {
		return 0, false
	}
	if q-square/n <= e.level {
		return square / (n * n), true
	}
	return (square - q) / (n * (n - 1)), true
}
