package verify

import (
	"context"
	"fmt"
	"math"

	"uorobench/bench/noise"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

var trainingCheck = &Check{
	Name: "trained covariates", Against: "all noise patterns, the batches' draws, differences of their loss",
	Claim: "covariates trained by each method: E[c] = μ; Cov(ĝ, c) = 0 of the linear ones; the held-out loss at the start and the end; " +
		"the first step of 32 weights by bptt or rtrl is against the central difference of the loss (the error is the fraction that is not); relative to the standard deviations and to the loss of c = 0",
	Tolerance: 1e-12,
	jobs:      trainingJobs,
}

func trainingJobs() []job {
	var jobs []job
	spec := specNamed("uoro")
	for _, name := range cell.Names() {
		for _, c := range conventions {
			for _, method := range estimators.TrainingMethods {
				s := subject(spec, name, c, estimators.GuardCode, oracle.Signs.Name)
				jobs = append(jobs, job{s, func(r *recorder) { trainingCase(r, s, options(c, estimators.GuardCode), method) }})
			}
		}
	}
	return jobs
}

// trainingUpdates is few: what is checked holds after any number.
const trainingUpdates = 4

func trainingCase(r *recorder, s Subject, o estimators.Options, method string) {
	o.Trained = map[string][]float64{}
	for _, covariate := range estimators.Trainable {
		o.Covariates = append(o.Covariates, covariate+estimators.TrainingMark+method)
	}
	f, c, err := enumerable(s.Cell, oracle.Signs, fewPatterns, func(l *cell.Layout) (*estimators.Chain, error) { return specNamed("uoro").New(l, o) })
	if err != nil {
		r.failed(s, err)
		return
	}
	of, errs := make([]float64, len(o.Covariates)), make([]error, len(o.Covariates))
	for i, name := range o.Covariates {
		of[i], errs[i] = trainOne(f.Trajectory, o, estimators.Trainable[i], name, method)
	}
	moments, err := oracle.Enumerate(c, f.Trajectory, oracle.Signs, allSteps(f.Trajectory)...)
	_, means := known(c, f.Trajectory)
	for i, name := range o.Covariates {
		s.Covariate = name
		switch {
		case errs[i] != nil:
			r.failed(s, errs[i])
		case err != nil:
			r.failed(s, err)
		default:
			r.found(s, worst(of[i], exactTrainingError(moments, means, i)))
		}
	}
}

// exactTrainingError is that of covariate i's mean at every step and, of one that
// is odd, of its covariance with the estimate at the last.
func exactTrainingError(moments []*oracle.Moments, means [][][]float64, i int) float64 {
	most := 0.0
	for t, m := range moments {
		sd := math.Sqrt(math.Max(0, m.Trace()[i+1][i+1]))
		if size := sd + norm(means[t][i]); size > 0 {
			most = worst(most, distance(m.Mean[i+1], means[t][i])/size)
		}
	}
	last := moments[len(moments)-1]
	if trace := last.Trace(); !sharesBasis(estimators.Trainable[i]) {
		most = worst(most, largestEntry(last.Cov[0][i+1])/math.Sqrt(trace[0][0]*trace[i+1][i+1]))
	}
	return most
}

// trainOne trains a covariate into o.Trained and compares its losses and its first
// step.
func trainOne(tr *cell.Trajectory, o estimators.Options, covariate, name, method string) (float64, error) {
	plan := trainingPlan(tr, method, trainingUpdates)
	trained, err := estimators.Train(context.Background(), tr, o, covariate, plan)
	if err != nil {
		return 0, err
	}
	once, err := estimators.Train(context.Background(), tr, o, covariate, trainingPlan(tr, method, 1))
	if err != nil {
		return 0, err
	}
	o.Trained[name] = trained.Weights
	start, err := newTrainingLoss(tr, o, covariate, plan)
	if err != nil {
		return 0, err
	}
	end := *start
	end.weights = trained.Weights
	most := 0.0
	for i, l := range []*trainingLoss{start, &end} {
		loss, scale := l.at(heldOutDraws)
		h := trained.HeldOut[i*(len(trained.HeldOut)-1)]
		most = worst(most, worst(math.Abs(h.Loss-loss), math.Abs(h.Scale-scale))/scale)
	}
	if method != "uoro" { // whose first step is random
		most = worst(most, start.wrongSteps(once.Weights))
	}
	return most, nil
}

// heldOutDraws is where the draws of the held-out loss begin in the stream.
const heldOutDraws = 1 << 20

func trainingPlan(tr *cell.Trajectory, method string, updates int) estimators.Training {
	fill := func(draw uint64, dim, step int, dst []float64) {
		source := noise.New(seed, noise.CovariateTraining).Rademacher(dim)
		source.Seek(draw)
		source.Fill(dst, step)
	}
	return estimators.Training{
		Method: method, Updates: updates, Rate: 0.01, Measured: allSteps(tr),
		Noise:   func(update, step int, dst []float64) { fill(uint64(update)*estimators.Lanes, tr.Layout.S(), step, dst) },
		HeldOut: func(_, step int, dst []float64) { fill(heldOutDraws, tr.Layout.S(), step, dst) },
		Signs: func(update, lane, step int, dst []float64) {
			chunk := make([]float64, len(dst)*estimators.Lanes)
			fill(uint64(2*heldOutDraws+update*estimators.Lanes), len(dst), step, chunk)
			copy(dst, laneOf(chunk, lane))
		},
		HeldOutChunks: 1, Every: updates,
	}
}

// trainingLoss is the loss of a covariate's weights by the batches of a chain,
// which share no code with the trainer.
type trainingLoss struct {
	tr        *cell.Trajectory
	options   estimators.Options
	covariate string
	plan      estimators.Training
	weights   []float64
	offsets   [][]float64
}

// newTrainingLoss has the untrained weights.
func newTrainingLoss(tr *cell.Trajectory, o estimators.Options, covariate string, plan estimators.Training) (*trainingLoss, error) {
	o.Trained, o.Covariates = nil, []string{covariate}
	c, err := specNamed("uoro").New(tr.Layout, o)
	if err != nil {
		return nil, err
	}
	l := &trainingLoss{tr: tr, options: o, covariate: covariate, plan: plan}
	l.offsets, _ = known(c, tr)
	l.weights, err = untrained(tr, o, covariate)
	return l, err
}

// untrained are the weights that a training starts from: those after an update of
// a rate that moves nothing.
func untrained(tr *cell.Trajectory, o estimators.Options, covariate string) ([]float64, error) {
	plan := trainingPlan(tr, "bptt", 1)
	plan.Rate = math.SmallestNonzeroFloat64
	t, err := estimators.Train(context.Background(), tr, o, covariate, plan)
	if err != nil {
		return nil, fmt.Errorf("untrained weights: %w", err)
	}
	return t.Weights, nil
}

// at is the mean of ‖ĝ − c‖² and of ‖ĝ‖² over the steps and the 16 draws from first
// on: the held-out ones or those of the first update.
func (l *trainingLoss) at(first uint64) (loss, scale float64) {
	o := l.options
	o.Trained = map[string][]float64{l.covariate: l.weights}
	c, err := specNamed("uoro").New(l.tr.Layout, o)
	if err != nil {
		return math.NaN(), math.NaN()
	}
	b, eps := c.NewBatch(), make([]float64, c.NoiseDim*estimators.Lanes)
	y, z := vector(l.tr), vector(l.tr)
	count := float64(estimators.Lanes * len(l.tr.Steps))
	b.Reset()
	for t, j := range l.tr.Steps {
		if first == heldOutDraws {
			l.plan.HeldOut(0, t, eps)
		} else {
			l.plan.Noise(0, t, eps)
		}
		c.Advance(b, j, eps, func(s *estimators.Signals) {
			for w := range estimators.Lanes {
				oracle.Signal(y, s, 0, w)
				oracle.Signal(z, s, 1, w)
				if s.Of[1] == s.Of[0] {
					z = add(z, l.offsets[t]) // the direct term is in both
				}
				estimate := add(y, l.offsets[t])
				loss += dot(estimate, estimate)/count - 2*dot(estimate, z)/count + dot(z, z)/count
				scale += dot(estimate, estimate) / count
			}
		})
	}
	return loss, scale
}

// differenced is how many of a covariate's weights are looked at, evenly spread.
const differenced = 32

// wrongSteps is the fraction of the weights whose first step did not go against
// the central difference of the loss. (Adam's first step is the rate, whatever the
// size of the gradient, so its sign is all that it tells.) Differences that are
// rounding decide nothing; where all are zero, no weight may have moved.
func (l *trainingLoss) wrongSteps(after []float64) float64 {
	const rounding = 1e-7
	every := max(1, len(after)/differenced)
	slopes, largest := make([]float64, len(after)), 0.0
	for i := 0; i < len(after); i += every {
		slopes[i] = l.slope(i)
		largest = worst(largest, math.Abs(slopes[i]))
	}
	wrong, seen := 0.0, 0.0
	for i := 0; i < len(after); i += every {
		step := after[i] - l.weights[i]
		if math.Abs(slopes[i]) > rounding*largest || largest == 0 {
			seen++
			if step*slopes[i] > 0 || (step == 0) != (slopes[i] == 0) {
				wrong++
			}
		}
	}
	return wrong / seen
}

// slope is the central difference of the first update's loss by a weight.
func (l *trainingLoss) slope(i int) float64 {
	const h = 1e-5
	before := l.weights
	defer func() { l.weights = before }()
	l.weights = append([]float64(nil), before...)
	l.weights[i] = before[i] + h
	up, _ := l.at(0)
	l.weights[i] = before[i] - h
	down, _ := l.at(0)
	return (up - down) / (2 * h)
}
