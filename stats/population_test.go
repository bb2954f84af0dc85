package stats

import (
	"math"
	"testing"
)

// By definition on stored errors: mean of ‖e‖², ‖mean e‖², and their difference.
func TestPopulationRow(t *testing.T) {
	a, plain := newErrorFixture(ScopeTrace, 150, 6, 1), newErrorFixture(ScopeOne, 150, 6, 1)
	of := func(f *errorFixture) (variance, bias, mse float64) {
		n := float64(len(f.errors))
		mean := make([]float64, len(f.errors[0]))
		for _, e := range f.errors {
			mse += inner(e, e) / n
			for j, v := range e {
				mean[j] += v / n
			}
		}
		bias = inner(mean, mean)
		return mse - bias, bias, mse
	}
	r := newPopulationRow(NewErrors(a.moments, &a.c, a.directions), NewErrors(plain.moments, &plain.c, plain.directions))
	variance, bias, mse := of(a)
	other, _, _ := of(plain)
	near(t, "var_trace", r.Var.Value, variance, 300)
	near(t, "bias_sq", r.BiasSq.Value, bias, 300)
	near(t, "mse", r.MSE.Value, mse, 300)
	near(t, "var_ratio", r.Ratio.Value, variance/other, 10)
	near(t, "bound", r.BiasBound.Value, math.Sqrt(bias/inner(a.c.Exact, a.c.Exact)), 10)
	for _, i := range []Interval{r.Var, r.BiasSq, r.MSE, r.Ratio} {
		if !i.HasErr || i.MCSE != 0 || !i.HasCI || i.Lo != i.Value || i.Hi != i.Value {
			t.Errorf("%+v has an error", i)
		}
	}
	if r.BiasP.OK || r.MaxZ.OK || r.BiasDetectable.OK || r.Draws != 150 || r.Groups != 6 {
		t.Errorf("%+v", r)
	}
	if empty := newPopulationRow(&Errors{N: []int64{0}, Q: []float64{0}, Gram: []float64{0}}, nil); empty.Var.OK || empty.BiasSq.OK {
		t.Errorf("figures of nothing: %+v", empty)
	}
}

// Draws and their opposites cancel: the bias is zero, not rounding.
func TestPopulationWithoutBias(t *testing.T) {
	r := newRand(82)
	moments := []*Moments{NewMoments(Shape{Signals: 1, Params: 2}), NewMoments(Shape{Signals: 1, Params: 2})}
	for range 1000 {
		x, y := r.NormFloat64(), r.NormFloat64()
		for g, sign := range []float64{1, -1} {
			moments[g].N++
			moments[g].Sum[0][0] += sign*x + 0.1 // the group sums are not exact opposites
			moments[g].Sum[0][1] += sign * y
			moments[g].Gram[0] += (sign*x+0.1)*(sign*x+0.1) + y*y
		}
	}
	c := &Combination{Lambda: []*Lambda{One(nil, 1)}, Offset: []float64{0, 0}, Exact: []float64{0.1, 0}}
	if row := newPopulationRow(NewErrors(moments, c, nil), nil); row.BiasSq.Value != 0 || !row.BiasSq.OK {
		t.Errorf("bias_sq %v", row.BiasSq.Value)
	}
}
