package stats

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
)

// errorFixture is one step of draws with what is known about it.
type errorFixture struct {
	sample     *sample
	moments    []*Moments
	c          Combination
	directions [][]float64
	errors     [][]float64 // draws × P, by the definition of e
}

func newErrorFixture(scope Scope, draws, groups, folds int) *errorFixture {
	steps, moments := fitFixture(100, draws, groups)
	f := &errorFixture{sample: steps[1]}
	r := newRand(101)
	vector := func() []float64 {
		v := make([]float64, 12)
		for j := range v {
			v[j] = r.NormFloat64()
		}
		return v
	}
	f.c = Combination{Step: 1, Offset: vector(), Means: [][]float64{vector(), vector()}, Exact: vector()}
	for fold := range folds {
		f.c.Lambda = append(f.c.Lambda, Fit(moments, []int{2, 1}, scope, func(g int) bool { return folds == 1 || g%folds != fold }))
	}
	for g := range moments {
		f.moments = append(f.moments, moments[g][1])
	}
	for range 3 {
		d := vector()
		scaleTo(d, d, 1/math.Sqrt(inner(d, d)))
		f.directions = append(f.directions, d)
	}
	for n, y := range f.sample.y {
		f.errors = append(f.errors, f.errorOf(y, f.c.Lambda[f.sample.group[n]%folds]))
	}
	return f
}

// errorOf is e = y_0 + offset − Σ λ(y_k − μ_k) − g, term by term.
func (f *errorFixture) errorOf(y [][]float64, l *Lambda) []float64 {
	e := make([]float64, len(y[0]))
	for j := range e {
		e[j] = y[0][j] + f.c.Offset[j] - f.c.Exact[j]
		for i, k := range []int{2, 1} {
			e[j] -= l.At(1, i, j) * (y[k][j] - f.c.Means[k-1][j])
		}
	}
	return e
}

// column is coordinate j of all errors for which keep is true.
func column(errors [][]float64, j int) []float64 {
	out := make([]float64, len(errors))
	for n, e := range errors {
		out[n] = e[j]
	}
	return out
}

// brute are var_trace and bias_sq from stored errors, by gonum and by the double
// sum over pairs of different draws.
func brute(errors [][]float64) (variance, biasSq float64) {
	for j := range errors[0] {
		variance += stat.Variance(column(errors, j), nil)
	}
	n := len(errors)
	for a := range errors {
		for b := range errors {
			if a != b {
				biasSq += inner(errors[a], errors[b])
			}
		}
	}
	return variance, biasSq / float64(n*(n-1))
}

func (f *errorFixture) without(g int) [][]float64 {
	var out [][]float64
	for n, e := range f.errors {
		if f.sample.group[n] != g {
			out = append(out, e)
		}
	}
	return out
}

// Every scope, one fold and three, balanced, unbalanced and partly empty groups.
func TestErrorsAgainstStoredDraws(t *testing.T) {
	for _, scope := range []Scope{ScopeOne, ScopeTrace, ScopePooled, ScopeUnit, ScopeCoordinate} {
		for _, folds := range []int{1, 3} {
			for _, draws := range []int{41, 96, 150} {
				t.Run(fmt.Sprintf("%s, %d folds, %d draws", scope, folds, draws), func(t *testing.T) {
					f := newErrorFixture(scope, draws, 6, folds)
					f.check(t, NewErrors(f.moments, &f.c, f.directions))
				})
			}
		}
	}
}

func (f *errorFixture) check(t *testing.T, e *Errors) {
	t.Helper()
	for g := -1; g < 6; g++ {
		left := f.without(g)
		variance, biasSq := brute(left)
		v, ok := e.Variance(g)
		b, ok2 := e.BiasSq(g)
		if !ok || !ok2 {
			t.Fatal("absent")
		}
		near(t, fmt.Sprintf("var_trace without %d", g), v, variance, 100)
		near(t, fmt.Sprintf("bias_sq without %d", g), b, biasSq, 100)
	}
	axes := append(append([][]float64{}, f.directions...), f.c.Exact)
	norm := math.Sqrt(inner(f.c.Exact, f.c.Exact))
	for d, axis := range axes {
		along := make([]float64, 6)
		for n, err := range f.errors {
			along[f.sample.group[n]] += inner(err, axis)
		}
		for g := range along {
			if d == len(axes)-1 {
				along[g] /= norm
			}
			near(t, fmt.Sprintf("projection %d of group %d", d, g), e.Along[d][g], along[g], 100)
		}
	}
}

// Two steps pooled are one vector twice as long.
func TestPoolIsOneLongVector(t *testing.T) {
	a, b := newErrorFixture(ScopeTrace, 150, 6, 1), newErrorFixture(ScopeOne, 150, 6, 1)
	var pooled Errors
	pooled.Pool(NewErrors(a.moments, &a.c, a.directions))
	pooled.Pool(NewErrors(b.moments, &b.c, b.directions))
	long := &errorFixture{sample: a.sample}
	for n := range a.errors {
		long.errors = append(long.errors, append(append([]float64{}, a.errors[n]...), b.errors[n]...))
	}
	for g := -1; g < 6; g++ {
		variance, biasSq := brute(long.without(g))
		v, _ := pooled.Variance(g)
		bias, _ := pooled.BiasSq(g)
		near(t, "var_trace", v, variance, 300)
		near(t, "bias_sq", bias, biasSq, 300)
	}
	near(t, "‖g‖²", pooled.ExactSq, inner(a.c.Exact, a.c.Exact)*2, 1)
	for g := range 6 {
		want := 0.0
		for n, e := range long.errors {
			if a.sample.group[n] == g {
				want += inner(e, append(append([]float64{}, a.c.Exact...), b.c.Exact...))
			}
		}
		// Along has no unit of length once pooled: along g it is E·g.
		near(t, "along g", pooled.Along[3][g], want, 100)
	}
}

// Where draws are lost between two steps, bias_sq and var_trace of the pooled
// steps must still be right on average: 4,000 runs of 4 groups of 12 draws, one
// number a step, mean errors 2 and −1, variances 1 and 4, so 5 and 5. In every run
// half of the draws are lost before the second step, or before the first one is
// read (the order must not matter).
func TestPoolAfterLostDraws(t *testing.T) {
	for _, first := range []bool{false, true} {
		r := newRand(81)
		const runs, groups = 4000, 4
		var bias, trace []float64
		for range runs {
			var pooled Errors
			for _, early := range []bool{!first, first} {
				pooled.Pool(lostDraws(r.NormFloat64, groups, early))
			}
			b, _ := pooled.BiasSq(-1)
			v, _ := pooled.Variance(-1)
			bias, trace = append(bias, b), append(trace, v)
			if pooled.N[0] != 6 {
				t.Fatalf("N = %v", pooled.N)
			}
		}
		for name, values := range map[string][]float64{"bias_sq": bias, "var_trace": trace} {
			mean, std := stat.MeanStdDev(values, nil)
			within(t, name, mean, 5, 4*std/math.Sqrt(runs))
		}
	}
}

// lostDraws are the errors of a step with all draws, or of one with half of them.
func lostDraws(normal func() float64, groups int, early bool) *Errors {
	n, mean, sd := 6, -1.0, 2.0
	if early {
		n, mean, sd = 12, 2, 1
	}
	moments := make([]*Moments, groups)
	for g := range moments {
		moments[g] = NewMoments(Shape{Signals: 1, Params: 1})
		for range n {
			e := mean + sd*normal()
			moments[g].N++
			moments[g].Sum[0][0] += e
			moments[g].Gram[0] += e * e
		}
	}
	c := &Combination{Lambda: []*Lambda{One(nil, 1)}, Offset: []float64{0}, Exact: []float64{0}}
	return NewErrors(moments, c, nil)
}
