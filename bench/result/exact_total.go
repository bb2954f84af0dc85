package result

import (
	"uorobench/bench/chain"
	"uorobench/estimators/oracle"
	"uorobench/stats"
)

// ExactTotals are the exact moments of the sums of a chain's signals over the
// measured steps. A nil one has no figures.
type ExactTotals struct {
	trace [][]float64
	place []int // of the chain's signals among those of trace; −1 for one that has none
}

// ExactTotals returns nil where there is no closed form.
func (d *Draws) ExactTotals() (*ExactTotals, error) {
	form, place, ok := closedForm(d.Chain)
	if !ok || form.Residual || form.Blocks > 1 {
		return nil, nil
	}
	m, err := oracle.Total(d.Problem.Trajectory, form, d.Kurtosis, d.Problem.Measured...)
	if err != nil {
		return nil, err
	}
	return &ExactTotals{m.Trace(), place}, nil
}

// Figures are those of a variant whose λ, one per fold, is one number for all
// steps; the moments of the sums say nothing of any other, and it has none.
func (e *ExactTotals) Figures(v *chain.Variant, folds []*stats.Lambda) *ExactFigures {
	if e == nil || len(folds) > 1 || (len(v.Signals) > 0 && v.Scope != string(stats.ScopeOne) && v.Scope != string(stats.ScopePooled)) {
		return nil
	}
	weight := make([]float64, len(e.trace))
	weight[0] = 1
	for i, k := range v.Signals {
		if e.place[k] < 0 {
			return nil
		}
		weight[e.place[k]] = -folds[0].Bin(0, i, 0)
	}
	out := &ExactFigures{Var: exactly(oracle.Combine(e.trace, negated(weight[1:])))}
	if len(v.Signals) > 0 && e.trace[0][0] > 0 {
		out.Ratio = exactly(out.Var.Value / e.trace[0][0])
	}
	return out
}

func negated(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = -v
	}
	return out
}
