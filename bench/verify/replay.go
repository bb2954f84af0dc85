package verify

import (
	"context"
	"math"

	"uorobench/bench"
	"uorobench/bench/noise"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

var replayCheck = &Check{
	Name: "replayed run", Against: "the same draws kept one by one, with two-pass statistics",
	Claim: "var_trace, bias_sq, λ and var_ratio of a whole run, per step, pooled and of the sum over the steps: noise, engine or batches, accumulators, fit; relative to the variance without covariates plus ‖g‖²",
	// The run takes raw sums and centres at the end; so small a window loses
	// little.
	Tolerance: 1e-10,
	jobs:      replayJobs,
}

// replayDraws end inside a chunk, and their chunks do not fill the groups
// evenly.
const (
	replayDraws  = 150
	replayPilot  = 90
	replayGroups = 4
)

// The variants of a replayed run: every kind of λ, and covariates in number.
var replayVariates = []string{
	"cv-uoro/snap1/one", "cv-uoro/snap1/trace", "cv-uoro/instant/pooled", "cv-uoro/snap1/unit",
	"cv-uoro/snap1+instant/trace", "cv-uoro/truncated-2/trace", "cv-residual/instant/trace",
}

var warmUpCheck = &Check{
	Name: "replayed run after a warm-up", Against: "the same draws, from the end of a run with all derivatives",
	Claim:     "as of a replayed run, with all estimators; relative to the variance without covariates plus ‖g‖²",
	Tolerance: replayCheck.Tolerance,
	jobs:      warmUpJobs,
}

// warmUpJobs have a warm-up that ends inside a string of the task.
func warmUpJobs() []job {
	var jobs []job
	for _, name := range cell.Names() {
		for _, e := range []*bench.Experiment{
			replayExperiment(name, estimators.Pre, estimators.GuardCode, bench.NoiseRademacher),
			replayExperiment(name, estimators.Post, estimators.GuardFixed, bench.NoiseGaussian),
		} {
			e.WarmUp = 7
			jobs = append(jobs, replayJob(e))
		}
	}
	return jobs
}

func replayJobs() []job {
	var jobs []job
	for _, name := range cell.Names() {
		for _, c := range conventions {
			for _, g := range guards {
				for _, law := range laws {
					jobs = append(jobs, replayJob(replayExperiment(name, c, g, law.Name)))
				}
			}
		}
		for _, fit := range []string{bench.FitCross, bench.FitInSample} {
			e := replayExperiment(name, estimators.Pre, estimators.GuardCode, bench.NoiseRademacher)
			e.LambdaFit, e.Pilot = fit, 0
			e.Estimators = append([]string{"uoro"}, replayVariates...)
			jobs = append(jobs, replayJob(e))
		}
	}
	return jobs
}

// replayExperiment is a run of milliseconds. The estimators that do not know the
// guard or are told by other checks stand in the default forms only.
func replayExperiment(name string, c estimators.Convention, g estimators.Guard, law string) *bench.Experiment {
	e := bench.Default()
	e.Cells, e.Hidden, e.Weights, e.Scale = []string{name}, 3, bench.WeightsRandom, 2
	e.Task.Hi, e.Steps, e.Stride = 3, 10, 5
	e.Draws, e.PlainDraws, e.Pilot, e.Groups, e.Seed = replayDraws, replayDraws, replayPilot, replayGroups, seed
	e.Convention, e.Guard, e.Noise, e.Detail = c.String(), string(g), law, []string{bench.DetailSteps, bench.DetailTotal}
	e.Estimators = append([]string{"uoro"}, replayVariates...)
	if g == estimators.GuardCode && law == bench.NoiseRademacher {
		e.Estimators = append(plainLabels(name), replayVariates...)
	}
	return e
}

// plainLabels are all estimators that the cell can have.
func plainLabels(name string) []string {
	var labels []string
	for _, s := range specs() {
		if !refuses(&s, name) {
			labels = append(labels, s.Name)
		}
	}
	return labels
}

func replayJob(e *bench.Experiment) job { return runJob(e, (*replay).row) }

// runJob runs the experiment and compares every row of it, taken apart with its own
// chain.
func runJob(e *bench.Experiment, compare func(p *replay, c *estimators.Chain, row *bench.EstimatorResult) (float64, error)) job {
	s := Subject{Cell: e.Cells[0], Guard: e.Guard, Noise: e.Noise}
	return job{s, func(r *recorder) {
		result, err := bench.Run(context.Background(), e, bench.RunOptions{Workers: 1})
		if err != nil {
			r.failed(s, err)
			return
		}
		p, err := newReplay(e, result.Cells[0])
		if err != nil {
			r.failed(s, err)
			return
		}
		for _, row := range result.Cells[0].Rows {
			at := p.subject(s, row)
			if err := p.compareRow(r, at, row, compare); err != nil {
				r.failed(at, err)
			}
		}
	}}
}

// subject says which row of the run is meant.
func (p *replay) subject(s Subject, row *bench.EstimatorResult) Subject {
	s.Estimator, s.Convention = row.Spec.Name, row.Convention
	if len(row.Covariates) > 0 {
		s.Covariate = row.Covariate() + "/" + row.Scope
		if p.experiment.Noise != bench.NoiseExhaustive {
			s.Covariate += " (" + p.experiment.LambdaFit + ")"
		}
	}
	return s
}

func (p *replay) compareRow(r *recorder, s Subject, row *bench.EstimatorResult, compare func(p *replay, c *estimators.Chain, row *bench.EstimatorResult) (float64, error)) error {
	chain, err := row.Spec.New(p.tr.Layout, p.options(row))
	if err != nil {
		return err
	}
	e, err := compare(p, chain, row)
	if err == nil {
		r.found(s, e)
	}
	return err
}

// replay takes the draws of a run again.
type replay struct {
	experiment *bench.Experiment
	tr         *cell.Trajectory
	measured   []int
	exact      [][]float64 // measured × P, by BPTT
	schedule   *estimators.Schedule

	draws, pilot, groups int // of a row
}

func newReplay(e *bench.Experiment, c *bench.CellResult) (*replay, error) {
	tr, exact, err := Rebuild(c.Cell, c.Hidden, c.Tensors, &c.WarmUp, &c.Sequence, c.Measured)
	return &replay{e, tr, c.Measured, exact, c.Schedule, int(e.Draws), int(e.Pilot), e.Groups}, err
}

// row is the error of one row of the run.
func (p *replay) row(c *estimators.Chain, row *bench.EstimatorResult) (float64, error) {
	if c.Signals() == 0 {
		return p.deterministicError(c, row), nil
	}
	return p.compare(c, row), nil
}

// options are those of the row's chain.
func (p *replay) options(row *bench.EstimatorResult) estimators.Options {
	o := estimators.Options{Guard: estimators.Guard(p.experiment.Guard), Covariates: row.Covariates, Schedule: p.schedule}
	if row.Convention == estimators.Post.String() {
		o.Convention = estimators.Post
	}
	return o
}

// deterministicError is the error of bias_sq where nothing is drawn.
func (p *replay) deterministicError(c *estimators.Chain, row *bench.EstimatorResult) float64 {
	offsets, _ := known(c, p.tr)
	most, sum, exact := 0.0, vector(p.tr), vector(p.tr)
	for m, t := range p.measured {
		most = worst(most, biasError(&row.Steps[m], offsets[t-1], p.exact[m]))
		sum, exact = add(sum, offsets[t-1]), add(exact, p.exact[m])
	}
	return worst(most, biasError(row.Total, sum, exact))
}

func biasError(got *bench.StepResult, mean, exact []float64) float64 {
	d := distance(mean, exact)
	return worst(math.Abs(got.BiasSq.Value-d*d)/dot(exact, exact), math.Abs(got.Var.Value))
}

// compare draws again and compares every figure.
func (p *replay) compare(c *estimators.Chain, row *bench.EstimatorResult) float64 {
	own := p.draw(c, noise.Measurement, p.draws)
	lambdas := p.lambdas(c, own, row.Scope)
	errors := p.errors(c, own, lambdas)
	var most float64
	var pooled replayed
	for m := range p.measured {
		one := replayedOf(errors[m], own[m][0], p.exact[m])
		most = worst(most, one.errorOf(&row.Steps[m]))
		for i, got := range row.Steps[m].Lambdas {
			if one.plain > 0 {
				most = worst(most, math.Abs(got.Value-meanLambda(lambdas, m, i)))
			}
		}
		pooled.add(&one)
	}
	return worst(worst(most, pooled.errorOf(&row.Pooled)), p.totalError(errors, own, row.Total))
}

// errors are those of the row's estimate, [measured][draw] vectors.
func (p *replay) errors(c *estimators.Chain, own draws, lambdas [][][][]float64) [][][]float64 {
	offsets, means := known(c, p.tr)
	out := make([][][]float64, len(p.measured))
	for m, t := range p.measured {
		for n := range p.draws {
			lambda := lambdas[p.foldOf(n, len(lambdas))][m]
			out[m] = append(out[m], errorOf(own[m], n, lambda, offsets[t-1], means[t-1], p.exact[m]))
		}
	}
	return out
}

// totalError is the error of the row of the sums over the measured steps.
func (p *replay) totalError(errors [][][]float64, own draws, got *bench.StepResult) float64 {
	sums, plain, exact := errors[0], own[0][0], p.exact[0]
	for m := 1; m < len(p.measured); m++ {
		sums, plain, exact = addAll(sums, errors[m]), addAll(plain, own[m][0]), add(exact, p.exact[m])
	}
	total := replayedOf(sums, plain, exact)
	return total.errorOf(got)
}

// addAll adds two lists of vectors.
func addAll(x, y [][]float64) [][]float64 {
	out := make([][]float64, len(x))
	for n := range x {
		out[n] = add(x[n], y[n])
	}
	return out
}

// replayedOf are the figures of a row by its draws' errors, and of the same draws
// without covariates.
func replayedOf(errors, plain [][]float64, exact []float64) replayed {
	r := replayed{exactSq: dot(exact, exact)}
	r.variance, r.bias = figures(errors)
	r.plain, _ = figures(plain)
	return r
}

// replayed are the figures of a row by the draws themselves; plain is var_trace
// without the covariates.
type replayed struct{ variance, bias, plain, exactSq float64 }

// add pools another step: all figures are sums.
func (r *replayed) add(o *replayed) {
	r.variance += o.variance
	r.bias += o.bias
	r.plain += o.plain
	r.exactSq += o.exactSq
}

// errorOf is the largest error of a row of the run.
func (r *replayed) errorOf(got *bench.StepResult) float64 {
	size := r.plain + r.exactSq
	most := worst(math.Abs(got.Var.Value-r.variance)/size, math.Abs(got.MSE.Value-r.variance-r.bias)/size)
	if !got.Withheld { // else the row has no bias_sq, though mse still rests on it
		most = worst(most, math.Abs(got.BiasSq.Value-r.bias)/size)
	}
	if got.Ratio.OK && r.plain > 0 {
		most = worst(most, math.Abs(got.Ratio.Value-r.variance/r.plain))
	}
	return most
}

// draws are [measured][signal][draw] vectors of length P.
type draws [][][][]float64

// draw forms and keeps n draws of a stream.
func (p *replay) draw(c *estimators.Chain, id noise.ID, n int) draws {
	out := make(draws, len(p.measured))
	for m := range out {
		out[m] = make([][][]float64, c.Signals())
	}
	filler := p.filler(id, c.NoiseDim)
	b, eps := c.NewBatch(), make([]float64, c.NoiseDim*noise.Lanes)
	for first := 0; first < n; first += noise.Lanes {
		filler.Seek(uint64(first))
		b.Reset()
		at := 0
		for t, j := range p.tr.Steps {
			filler.Fill(eps, t)
			var visit func(*estimators.Signals)
			if at < len(p.measured) && p.measured[at] == t+1 {
				m := at
				visit, at = func(s *estimators.Signals) { out.keep(m, s, min(n-first, noise.Lanes), p.tr) }, at+1
			}
			c.Advance(b, j, eps, visit)
		}
	}
	return out
}

func (p *replay) filler(id noise.ID, dim int) noise.Filler {
	s := noise.New(p.experiment.Seed, id)
	switch p.experiment.Noise {
	case bench.NoiseGaussian:
		return s.Gaussian(dim)
	case bench.NoiseExhaustive:
		if all, err := noise.NewExhaustive(dim, len(p.tr.Steps)); err == nil {
			return all
		}
	}
	return s.Rademacher(dim)
}

func (d draws) keep(m int, s *estimators.Signals, lanes int, tr *cell.Trajectory) {
	for k := range d[m] {
		for w := range lanes {
			y := vector(tr)
			oracle.Signal(y, s, k, w)
			d[m][k] = append(d[m][k], y)
		}
	}
}

// groupOf is the group of a draw: that of its chunk.
func (p *replay) groupOf(n int) int { return n / noise.Lanes % p.groups }

// foldOf is the fold of a draw: its group, modulo the folds.
func (p *replay) foldOf(n, folds int) int { return p.groupOf(n) % folds }

// figures are var_trace and bias_sq by two passes over the errors.
func figures(errors [][]float64) (variance, bias float64) {
	n := float64(len(errors))
	mean := make([]float64, len(errors[0]))
	for _, e := range errors {
		for j, v := range e {
			mean[j] += v / n
		}
	}
	for _, e := range errors {
		d := distance(e, mean)
		variance += d * d / (n - 1)
	}
	return variance, dot(mean, mean) - variance/n
}

// errorOf is y_0 + offset − Σ λ∘(y_k − μ_k) − g of draw n.
func errorOf(y [][][]float64, n int, lambda [][]float64, offset []float64, means [][]float64, exact []float64) []float64 {
	e := make([]float64, len(exact))
	for j := range e {
		e[j] = y[0][n][j] + offset[j] - exact[j]
		for k, l := range lambda {
			e[j] -= l[j] * (y[k+1][n][j] - means[k][j])
		}
	}
	return e
}
