package bench

import (
	"uorobench/estimators"
	"uorobench/estimators/oracle"
	"uorobench/stats"
)

// With --detail total the sum Σ_t ĝ_t over the measured steps is measured too: an
// online learner with a small step moves by that sum, and successive estimates
// share their noise, so its variance is not the sum of the variances (Cooijmans &
// Martens 2019). The sum must be formed draw by draw, λ being another at every
// step; so it comes from plain batches, and rests on the draws that those have.

// totals is the scratch of a worker: per view, Σ_t ĝ_t so far, P×Lanes.
type totals struct {
	sum  [][]float64
	one  [][]float64 // the scale of a signal that is its own basis
	only []int
}

func newTotals(p *pass) *totals {
	if !p.totals {
		return nil
	}
	t := &totals{one: [][]float64{make([]float64, Lanes)}, only: []int{0}}
	for w := range t.one[0] {
		t.one[0][w] = 1
	}
	for range p.views {
		t.sum = append(t.sum, make([]float64, p.shape.Params*Lanes))
	}
	return t
}

func (v *view) allocateTotal(groups, params int) {
	v.total = nil
	for range groups {
		v.total = append(v.total, stats.NewMoments(stats.Shape{Signals: 1, Params: params}))
	}
}

// addTotal takes the step's estimates into the sum, and the sum into the group's
// moments at the last measured step.
func (v *view) addTotal(w *worker, i int, s *estimators.Signals) {
	sum := w.totals.sum[i]
	if w.at == 0 {
		clear(sum)
	}
	v.addEstimates(sum, s, w.inGroup, w.at)
	if w.at < len(v.exact)-1 {
		return
	}
	b := stats.Batch{Scale: w.totals.one, Basis: w.totals.sum[i : i+1], Of: w.totals.only, Valid: w.input.Valid}
	v.total[w.inGroup].Add(&b)
}

// addEstimates adds ĝ of every lane, as form has it, to sum.
func (v *view) addEstimates(sum []float64, s *estimators.Signals, g, m int) {
	fold := g % len(v.lambda)
	for j, c := range v.constant[fold][m] {
		to := (*[Lanes]float64)(sum[j*Lanes:])
		addScaled(to, 1, s, 0, j)
		for i, k := range v.variant.signals {
			addScaled(to, -v.lambda[fold].At(m, i, j), s, k, j)
		}
		for w := range to {
			to[w] += c
		}
	}
}

// addScaled adds coordinate j of signal k, times by, to every lane.
func addScaled(to *[Lanes]float64, by float64, s *estimators.Signals, k, j int) {
	a, row := (*[Lanes]float64)(s.Scale[k]), (*[Lanes]float64)(s.Basis[s.Of[k]][j*Lanes:])
	for w := range to {
		to[w] += by * a[w] * row[w]
	}
}

// sumOf adds up vectors of all measured steps.
func sumOf(rows [][]float64) []float64 {
	out := make([]float64, len(rows[0]))
	for _, row := range rows {
		for j, v := range row {
			out[j] += v
		}
	}
	return out
}

// totalErrors are the errors of the sum; its estimate is told whole, so there is
// no offset and no λ left.
func (p *pass) totalErrors(v *view, dirs [][]float64) *stats.Errors {
	return stats.NewErrors(v.total, &stats.Combination{
		Lambda: []*stats.Lambda{stats.One(nil, 1)},
		Offset: make([]float64, p.shape.Params), Exact: sumOf(p.problem.exact),
	}, dirs)
}

// addTotals gives every row of the pass its total.
func (p *pass) addTotals(rows map[int]*EstimatorResult, dirs [][]float64) error {
	if p.views[0].total == nil {
		return nil
	}
	exact, err := p.exactTotal()
	if err != nil {
		return err
	}
	plain := p.totalErrors(p.views[p.chain.plain], dirs)
	for i, row := range rows {
		v, base := p.views[i], plain
		if len(v.variant.signals) == 0 {
			base = nil
		}
		total := &StepResult{Row: p.figures(p.totalErrors(v, dirs), base), Sampling: p.sampling()}
		total.NonFinite = p.summed - total.Draws
		total.addLambdas(pooledLambdas(v.lambda))
		if row.Pooled.Withheld { // the tail of the sum is longer still
			total.Warnings = append(total.Warnings, p.views[i].tailsOf(allOf(p.problem.measured)).Warnings()...)
			total.withholdBias()
		}
		total.addVariance()
		total.addWarnings(v.variant, v.lambda, nil)
		total.Exact = exact.figures(v.variant, v.lambda)
		total.Exact.compare(total.Var)
		row.Total = total
	}
	return nil
}

// allOf are the places of all measured steps.
func allOf(measured []int) []int {
	steps := make([]int, len(measured))
	for m := range steps {
		steps[m] = m
	}
	return steps
}

// exactTotals are the exact moments of the signals' sums over the measured steps.
type exactTotals struct {
	trace [][]float64
	place []int
}

func (p *pass) exactTotal() (*exactTotals, error) {
	form, place, ok := p.chain.form()
	if !ok || p.chain.Name != "uoro" {
		return nil, nil
	}
	m, err := oracle.Total(p.problem.tr, form, kurtosisOf(p.law), p.problem.measured...)
	if err != nil {
		return nil, err
	}
	return &exactTotals{m.Trace(), place}, nil
}

// figures are those of a variant whose λ is one number for all steps; else the
// moments of the sums do not tell, and it has none.
func (e *exactTotals) figures(v variant, folds []*stats.Lambda) *ExactFigures {
	if e == nil || len(folds) > 1 || (len(v.signals) > 0 && v.Scope != string(stats.ScopeOne) && v.Scope != string(stats.ScopePooled)) {
		return nil
	}
	weight := make([]float64, len(e.trace))
	weight[0] = 1
	for i, k := range v.signals {
		if e.place[k] < 0 {
			return nil
		}
		weight[e.place[k]] = -folds[0].Bin(0, i, 0)
	}
	out := &ExactFigures{Var: exactly(oracle.Combine(e.trace, negated(weight[1:])))}
	if len(v.signals) > 0 && e.trace[0][0] > 0 {
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

// deterministicTotal is the total of an estimator that draws nothing.
func deterministicTotal(pr *problem, k *known) *StepResult {
	exact, bias := sumOf(pr.exact), 0.0
	for j, v := range sumOf(k.offset) {
		bias += (v - exact[j]) * (v - exact[j])
	}
	return &StepResult{Sampling: SamplingNone, Row: stats.ExactRow(normSq(exact), bias)}
}
