package verify

import (
	"fmt"
	"hash/fnv"
	"math"
	"strings"

	"uorobench/bench"
	"uorobench/bench/noise"
	"uorobench/bench/task"
	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// Kept is what a run directory keeps of a cell: enough to make its draws again.
type Kept struct {
	Experiment *bench.Experiment
	Cell       string
	Hidden     int
	Tensors    []cell.Tensor // PyTorch's names
	WarmUp     *task.Sequence
	Window     *task.Sequence
	Measured   []int                // 1-based
	Schedule   *estimators.Schedule // of guard fixed; else nil
}

// Recomputed is all that a run tells of one estimator, formed again from its draws,
// which are made again and kept one by one: no sum, histogram or jackknife of the
// run's own code has a part in it.
type Recomputed struct {
	Steps         []Columns // by measured step
	Pooled, Total Columns   // Total is nil where no sum over the steps is told
	// Lambdas are those of every covariate: first of the mean over the steps, then by
	// measured step.
	Lambdas [][]Columns
	// Exact, Mean, Variance are by measured step and coordinate; nil without draws.
	Exact, Mean, Variance [][]float64
	Draws                 [][]Columns // by measured step: norm_sq, dot, cosine
	Deviations            map[MeanOf]Columns
	PerDraw, Shared       int64 // the cost of a step
}

// MeanOf names a row of the dataset convergence.
type MeanOf struct{ Group, Step, Draws int }

// Replayable is a cell of a run whose draws can be made again.
type Replayable struct{ replay }

// mostNumbers bounds the draws that are kept one by one: 256 MiB of them.
const mostNumbers = 1 << 25

// NewReplayable builds the trajectory of what was kept.
func NewReplayable(k *Kept) (*Replayable, error) {
	tr, exact, err := Rebuild(k.Cell, k.Hidden, k.Tensors, k.WarmUp, k.Window, k.Measured)
	if err != nil {
		return nil, err
	}
	return &Replayable{replay{experiment: k.Experiment, tr: tr, measured: k.Measured, exact: exact, schedule: k.Schedule, groups: k.Experiment.Groups}}, nil
}

// Exact are the exact gradients at the measured steps, by backpropagation.
func (p *Replayable) Exact() [][]float64 { return p.exact }

// Recompute forms the figures of an estimator from so many draws, its λ from so
// many pilot draws. The error says why the draws cannot be made again here.
func (p *Replayable) Recompute(label, convention string, draws, pilot int64) (*Recomputed, error) {
	sel, err := estimators.Parse(label)
	if err != nil {
		return nil, err
	}
	for _, name := range sel.Covariates {
		if strings.Contains(name, estimators.TrainingMark) {
			return nil, fmt.Errorf("the weights of the trained covariate %s are not kept", name)
		}
	}
	o := p.options(&bench.EstimatorResult{Selection: sel, Convention: convention})
	o.Normals = seededNormals(p.experiment.Seed)
	c, err := sel.Spec.New(p.tr.Layout, o)
	if err != nil {
		return nil, err
	}
	numbers := float64(draws+pilot) * float64(c.Signals()+1) * float64(len(p.measured)*p.tr.Layout.P())
	if numbers > mostNumbers {
		return nil, fmt.Errorf("its draws are %.2g numbers, and at most %.2g are made again", numbers, float64(mostNumbers))
	}
	q := p.replay
	q.draws, q.pilot = int(draws), int(pilot)
	r := &row{replay: q, chain: c, scope: sel.Scope, out: &Recomputed{PerDraw: c.Cost.PerDraw, Shared: c.Cost.Shared}}
	if c.Signals() == 0 {
		r.deterministic()
	} else {
		r.engine = p.carried(sel)
		r.drawn()
	}
	return r.out, nil
}

// seededNormals is the source of the weights of covariates that are not trained.
func seededNormals(seed uint64) func(purpose string, dst []float64) {
	return func(purpose string, dst []float64) {
		h := fnv.New64a()
		_, _ = h.Write([]byte(purpose)) // never fails
		u := noise.New(seed, noise.CovariateTraining).Uniforms(h.Sum64())
		for i := range dst {
			dst[i] = u.Normal()
		}
	}
}

// carried says whether the engine carried the run's draws, which then tells the
// cosines of the first chunk of each group alone.
func (p *replay) carried(sel estimators.Selection) bool {
	e := p.experiment
	all, onTheta := estimators.Covers(sel.Covariates)
	byBin := sel.Scope == "unit" || sel.Scope == "coordinate" || e.HasDetail(bench.DetailCoordinates)
	return sel.Spec.Engine && all && (onTheta || !byBin) && !e.HasDetail(bench.DetailDraws) && e.Noise != bench.NoiseExhaustive
}

// row is the estimator under recomputation.
type row struct {
	replay
	chain  *estimators.Chain
	scope  string
	engine bool
	out    *Recomputed

	own     draws
	lambda  [][][][]float64 // [fold][measured][covariate][coordinate]
	offsets [][]float64     // by measured step
	means   [][][]float64
	e       [][][]float64 // [measured][draw]: ĝ − g
}

// deterministic forms the figures of an estimator that draws nothing.
func (r *row) deterministic() {
	offsets, _ := known(r.chain, r.tr)
	shared := r.sharedDirection()
	var sum, exact, long, longExact, longShared []float64
	cosines, angles := 0.0, 0.0
	for m, t := range r.measured {
		one := r.known(offsets[t-1], r.exact[m], shared)
		r.out.Steps = append(r.out.Steps, one)
		if v, ok := one["cosine"]; ok {
			cosines, angles = cosines+v, angles+1
		}
		if m == 0 {
			sum, exact = vector(r.tr), vector(r.tr)
		}
		sum, exact = add(sum, offsets[t-1]), add(exact, r.exact[m])
		long, longExact, longShared = append(long, offsets[t-1]...), append(longExact, r.exact[m]...), append(longShared, shared...)
	}
	if shared == nil {
		longShared = nil
	}
	r.out.Pooled = r.known(long, longExact, longShared)
	delete(r.out.Pooled, "cosine")
	if angles > 0 {
		r.out.Pooled["cosine"] = cosines / angles
	}
	r.out.Total = r.known(sum, exact, nil)
	delete(r.out.Total, "cosine")
	delete(r.out.Total, "along_exact")
	r.out.Deviations = map[MeanOf]Columns{}
	for m, t := range r.measured {
		r.out.Deviations[MeanOf{0, t, 1}] = Columns{"means": 0, "deviation_sq": r.out.Steps[m]["bias_sq"], "exact_norm_sq": r.out.Steps[m]["exact_norm_sq"]}
	}
}

// known are the figures of an estimate that no draw changes.
func (r *row) known(estimate, exact, shared []float64) Columns {
	bias := math.Pow(distance(estimate, exact), 2)
	c := Columns{"n_draws": 0, "n_groups": 0, "exact_norm_sq": dot(exact, exact), "bias_sq": bias, "bias_sq_mcse": 0,
		"var_trace": 0, "var_trace_mcse": 0, "var_trace_lo": 0, "var_trace_hi": 0, "mse": bias, "bias_sq_lo": bias, "bias_sq_hi": bias}
	if sq := c["exact_norm_sq"]; sq > 0 {
		c["rel_var"], c["along_exact"] = 0, dot(estimate, exact)/sq
		if norm(estimate) > 0 {
			c["cosine"] = dot(estimate, exact) / (norm(estimate) * norm(exact))
		}
	}
	if shared != nil {
		c["shared_exact"], c["shared"] = dot(exact, shared), dot(estimate, shared)
	}
	return c
}

// sharedDirection is ∂θ/∂ϑ of weights that all come from one parameter; else nil.
func (r *row) sharedDirection() []float64 {
	if r.experiment.Weights != bench.WeightsBalancing {
		return nil
	}
	var tensors []cell.Tensor
	outputs := 0
	for _, t := range task.BalancingDirection() {
		tensors = append(tensors, cell.Tensor{Name: t.Name, Shape: t.Shape, Data: t.Data})
		if t.Name == "bias" {
			outputs = t.Shape[0]
		}
	}
	p := cell.NewParams(r.tr.Layout, outputs)
	if err := p.SetTensors(r.tr.Layout, tensors); err != nil {
		return nil
	}
	return p.Theta
}

// directions are the signs along which a bias is looked for: eight sequences of the
// data stream, from 2³² on.
func (r *row) directions() [][]float64 {
	var out [][]float64
	for d := range uint64(8) {
		u, axis := noise.New(r.experiment.Seed, noise.Data).Uniforms(1<<32+d), vector(r.tr)
		for j := range axis {
			axis[j] = 2*float64(u.Word()&1) - 1
		}
		out = append(out, axis)
	}
	if shared := r.sharedDirection(); shared != nil {
		out = append(out, shared)
	}
	return out
}
