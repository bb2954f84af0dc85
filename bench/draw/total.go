package draw

import (
	"slices"

	"uorobench/bench/chain"
	"uorobench/bench/problem"
	"uorobench/bench/result"
	"uorobench/stats"
)

// total measures the sum Σ_t ĝ_t over the measured steps: an online learner with a
// small step moves by that sum, and successive estimates share their noise, so its
// variance is not the sum of the variances (Cooijmans & Martens 2019). The sum must
// be formed draw by draw, λ being another at every step; so it comes from plain
// batches, and rests on the draws that those have.
type total struct {
	set
	pass    *Pass
	moments [][]*stats.Moments // views × groups
}

func newTotal(_ *Selection, views set) observer { return &total{set: views} }

func (t *total) start(p *Pass) {
	t.pass, t.moments = p, make([][]*stats.Moments, len(t.set))
	for i := range t.moments {
		for range p.Groups {
			t.moments[i] = append(t.moments[i], stats.NewMoments(stats.Shape{Signals: 1, Params: p.Shape.Params}))
		}
	}
}

func (t *total) bytes(p *Pass) (worker, group int64) {
	n := 8 * int64(len(t.set)) * int64(p.Shape.Params)
	return n * Lanes, n
}

// totalRecorder is the scratch of a worker.
type totalRecorder struct {
	*total
	sum   [][]float64 // of each view: Σ_t ĝ_t so far, P×Lanes
	batch stats.Batch
}

func (t *total) recorder(p *Pass) recorder {
	r := &totalRecorder{total: t, batch: stats.Batch{Scale: [][]float64{make([]float64, Lanes)}, Of: []int{0}}}
	for lane := range r.batch.Scale[0] {
		r.batch.Scale[0][lane] = 1
	}
	for range t.set {
		r.sum = append(r.sum, make([]float64, p.Shape.Params*Lanes))
	}
	return r
}

// step takes the estimates into the sums, and the sums into the group's moments at
// the last measured step.
func (r *totalRecorder) step(s *observation) {
	for i, v := range r.set {
		if s.Measured == 0 {
			clear(r.sum[i])
		}
		v.addEstimates(r.sum[i], s)
		if s.Measured < len(v.problem.Measured)-1 {
			continue
		}
		r.batch.Basis = r.sum[i : i+1]
		for lane := range r.batch.Valid {
			r.batch.Valid[lane] = s.valid(lane)
		}
		r.moments[i][s.Group].Add(&r.batch)
	}
}

// errors are those of view i's sum; its estimate is whole, so there is no offset
// and no λ left.
func (t *total) errors(d *result.Draws, i int) *stats.Errors {
	return stats.NewErrors(t.moments[i], &stats.Combination{
		Lambda: []*stats.Lambda{stats.One(nil, 1)},
		Offset: make([]float64, d.Problem.P()), Exact: problem.Sum(d.Problem.Exact),
	}, d.Directions)
}

func (t *total) report(d *result.Draws, rows []*result.Estimator) error {
	exact, err := d.ExactTotals()
	if err != nil {
		return err
	}
	plain := t.errors(d, d.Chain.Plain)
	for i, v := range t.set {
		if rows[v.index] == nil {
			continue
		}
		row := d.NewRow(v.index, t.errors(d, i), plain)
		row.NonFinite = t.pass.Draws - row.Draws
		row.SetLambdas(result.PooledLambdas(v.lambda))
		if pooled := &rows[v.index].Pooled; pooled.Withheld { // the tail of the sum is longer still
			row.Warnings = slices.Clone(pooled.Warnings)
			row.WithholdFigures()
		}
		d.WarnRow(v.index, &row, nil)
		row.SetExact(exact.Figures(v.variant, v.lambda))
		rows[v.index].Total = &row
	}
	return nil
}

// deterministicTotal is the total of an estimator that draws nothing.
func deterministicTotal(p *problem.Problem, k *chain.Known, row *result.Estimator) {
	exact, bias := problem.Sum(p.Exact), 0.0
	for j, v := range problem.Sum(k.Offset) {
		bias += (v - exact[j]) * (v - exact[j])
	}
	row.Total = &result.Step{Sampling: result.SamplingNone, Row: stats.ExactRow(stats.Dot(exact, exact), bias)}
}
