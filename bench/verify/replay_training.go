package verify

import (
	"context"
	"fmt"
	"math"

	"uorobench/bench/noise"
	"uorobench/bench/task"
	"uorobench/bench/training"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

var replayedTrainingCheck = &Check{
	Name: "replayed training", Against: "a dense trainer: λ from all pilot draws so far one by one, Adam as in the paper, the exact influence as a matrix",
	Claim: "the curve (loss, endings, ‖ĝ‖, cosine with the exact gradient) and the weights after 60 steps, of every kind of estimate and λ; relative",
	// Rounding grows along a training.
	Tolerance: 1e-8,
	jobs:      replayedTrainingJobs,
}

func replayedTrainingJobs() []job {
	var jobs []job
	for _, name := range []string{"rnn", "gru"} {
		for _, method := range []string{"rtrl", "uoro", "residual", "cv-uoro/snap1/one", "cv-uoro/snap1/trace", "cv-uoro/snap1+instant/trace"} {
			sel, err := estimators.Parse(method)
			if err != nil {
				panic("verify: " + err.Error())
			}
			s := Subject{Cell: name, Estimator: sel.Spec.Name, Covariate: sel.Covariate(), Noise: oracle.Signs.Name}
			jobs = append(jobs, job{s, func(r *recorder) { replayedTraining(r, s, name, method) }})
		}
	}
	return jobs
}

func replayedTraining(r *recorder, s Subject, name, method string) {
	t, err := task.New("anbn", func() task.Options { o := task.Defaults(); o.Hi = 3; return o }())
	if err != nil {
		r.failed(s, err)
		return
	}
	c := training.Default(t)
	c.Cell, c.Hidden, c.Method, c.Seed, c.Steps = name, 3, method, seed, 60
	c.Record, c.Window, c.Shadow, c.Every, c.Draws = 10, 3, 2, 2, 2
	c.Optimizer.Rate, c.Optimizer.Clip = 0.02, 0.5
	trainer, err := training.New(c)
	if err == nil {
		err = trainer.Train(context.Background(), c.Steps)
	}
	var again *ReplayedTraining
	if err == nil {
		again, err = ReplayTraining(c)
	}
	if err != nil {
		r.failed(s, err)
		return
	}
	most := 0.0
	for i, p := range trainer.Curve() {
		if i >= len(again.Points) {
			r.failed(s, fmt.Errorf("the curve has %d points, and must have %d", len(trainer.Curve()), len(again.Points)))
			return
		}
		most = worst(most, pointError(p, again.Points[i]))
	}
	most = worst(most, distance(trainer.Params().Theta, again.Params.Theta)/norm(again.Params.Theta))
	most = worst(most, distance(trainer.Params().ReadoutW, again.Params.ReadoutW)/norm(again.Params.ReadoutW))
	r.found(s, most)
}

// pointError is the largest relative error of a point; figures that are there in one
// of the two alone are infinitely far apart.
func pointError(got, want training.Point) float64 {
	most := 0.0
	for _, pair := range [][2]float64{
		{float64(got.Step), float64(want.Step)}, {got.Bits, want.Bits}, {got.BitsMean, want.BitsMean},
		{got.Endings, want.Endings}, {got.GradientNorm, want.GradientNorm}, {got.Cosine, want.Cosine},
	} {
		switch a, b := pair[0], pair[1]; {
		case math.IsNaN(a) && math.IsNaN(b):
		case math.IsNaN(a) || math.IsNaN(b):
			return math.Inf(1)
		default:
			most = worst(most, math.Abs(a-b)/(math.Abs(b)+1e-3))
		}
	}
	return most
}

// ReplayedTraining is a training done again, densely.
type ReplayedTraining struct {
	Points []training.Point
	Params *cell.Params
}

// ReplayTraining does a training again: slow, one number at a time, for small
// networks and few steps. The error says why it cannot be, or that a number left the
// finite ones.
func ReplayTraining(c training.Config) (*ReplayedTraining, error) {
	t, err := newDenseTrainer(c)
	if err != nil {
		return nil, err
	}
	for step := range c.Steps {
		if err := t.step(step); err != nil {
			return &ReplayedTraining{t.points, t.params}, err
		}
	}
	return &ReplayedTraining{t.points, t.params}, nil
}

// denseTrainer keeps all that it was told, and takes every mean from the start.
type denseTrainer struct {
	config  training.Config
	scope   string
	layout  *cell.Layout
	params  *cell.Params
	symbols task.Sequence
	inputs  *cell.Sequence
	stepper *cell.Stepper
	state   []float64

	chain *estimators.Chain
	known estimators.Known
	batch estimators.Batch
	noise noise.Filler

	lambda    []float64
	pilots    []pilotMoments // of all steps so far
	influence []float64      // S×P, exact

	gradient []float64 // of all weights, summed since the last update
	m, v     []float64
	updates  int

	log    []stepLog
	points []training.Point
}

// pilotMoments are the sums over a step's pilot lanes.
type pilotMoments struct {
	cov  []float64
	vari [][]float64
}

// stepLog is what a step adds to the curve.
type stepLog struct {
	loss, normSq, cosine float64
	hasLoss, compared    bool
	right                bool // the most likely symbol was the target
}

func newDenseTrainer(c training.Config) (*denseTrainer, error) {
	sel, err := estimators.Parse(c.Method)
	if err != nil {
		return nil, err
	}
	data, symbols := noise.New(c.Seed, noise.Data), len(c.Task.Alphabet())
	unit, err := cell.New(c.Cell, symbols, c.Hidden)
	if err != nil {
		return nil, err
	}
	t := &denseTrainer{config: c, scope: sel.Scope, layout: unit.Layout(), params: cell.NewParams(unit.Layout(), symbols)}
	t.params.Init(unit.Layout(), c.Scale, data.Uniforms(1).Next)
	if t.symbols, err = c.Task.Sequence(data.Uniforms(2), c.Steps); err != nil {
		return nil, err
	}
	t.inputs, t.stepper = inputsOf(&t.symbols), cell.NewStepper(unit, t.params)
	o := estimators.Options{Convention: c.Convention, Guard: c.Guard, Covariates: sel.Covariates, Normals: seededNormals(c.Seed)}
	if sel.Spec.Convention != nil {
		o.Convention = *sel.Spec.Convention
	}
	if t.chain, err = sel.Spec.New(unit.Layout(), o); err != nil {
		return nil, err
	}
	t.known = t.chain.NewKnown()
	t.known.Reset()
	if t.chain.NewBatch != nil {
		t.batch = t.chain.NewBatch()
		t.batch.Reset()
		t.noise = noise.New(c.Seed, noise.Measurement).Rademacher(t.chain.NoiseDim)
		t.noise.Seek(0)
	}
	l := unit.Layout()
	t.state, t.influence = make([]float64, l.S()), make([]float64, l.S()*l.P())
	all := len(t.params.Theta) + len(t.params.ReadoutW) + len(t.params.ReadoutB)
	t.gradient, t.m, t.v = make([]float64, all), make([]float64, all), make([]float64, all)
	t.lambda = ones(len(sel.Covariates))
	return t, nil
}

// step is one symbol: predict, estimate, add up, update.
func (t *denseTrainer) step(at int) error {
	j, next := cell.NewJacobian(t.layout), make([]float64, len(t.state))
	t.stepper.Step(j, t.inputs, at, t.state, next)
	g := t.estimate(j, at)
	log := stepLog{loss: j.Loss, normSq: dot(g, g), hasLoss: j.HasLoss}
	if bad := log.loss + log.normSq; math.IsNaN(bad) || math.IsInf(bad, 0) {
		return fmt.Errorf("a number is not finite at step %d", at+1)
	}
	best := 0
	for i, y := range t.stepper.Y {
		if y > t.stepper.Y[best] {
			best = i
		}
	}
	log.right = best == t.symbols.Target[at]
	t.compare(&log, j, g, at)
	t.log = append(t.log, log)
	t.record(at + 1)
	h, p, w := t.stepper.Hidden(), len(t.params.Theta), len(t.params.ReadoutW)
	for i, v := range g {
		t.gradient[i] += v
	}
	for y, d := range t.stepper.DY {
		for i, x := range h {
			t.gradient[p+y*len(h)+i] += d * x
		}
		t.gradient[p+w+y] += d
	}
	if (at+1)%t.config.Every == 0 {
		t.update()
	}
	t.state = next
	return nil
}

// estimate is the mean over the draws of y_0 + offset − Σ λ (y_k − μ_k); λ is fitted
// on the other lanes.
func (t *denseTrainer) estimate(j *cell.Jacobian, at int) []float64 {
	p := len(t.params.Theta)
	offset, means := make([]float64, p), make([][]float64, len(t.lambda))
	for k := range means {
		means[k] = make([]float64, p)
	}
	t.chain.AdvanceKnown(t.known, j, offset, means)
	g := append([]float64(nil), offset...)
	if t.batch == nil {
		return g
	}
	eps := make([]float64, t.chain.NoiseDim*noise.Lanes)
	t.noise.Fill(eps, at)
	t.chain.Advance(t.batch, j, eps, func(s *estimators.Signals) {
		y := make([][][]float64, t.chain.Signals()) // [signal][lane]
		for k := range y {
			for w := range noise.Lanes {
				one := make([]float64, p)
				oracle.Signal(one, s, k, w)
				y[k] = append(y[k], one)
			}
		}
		t.fit(y, means)
		for w := range t.config.Draws {
			for i := range g {
				v := y[0][w][i]
				for k, l := range t.lambda {
					v -= l * (y[k+1][w][i] - means[k][i])
				}
				g[i] += v / float64(t.config.Draws)
			}
		}
	})
	return g
}

// fit solves for λ from the pilot lanes of all steps so far, a step that lies n
// back with the weight (1 − 1/100)ⁿ.
func (t *denseTrainer) fit(y [][][]float64, means [][]float64) {
	n := len(t.lambda)
	if n == 0 || t.scope == "one" {
		return
	}
	now := pilotMoments{make([]float64, n), make([][]float64, n)}
	for k := range n {
		now.vari[k] = make([]float64, n)
	}
	for w := t.config.Draws; w < noise.Lanes; w++ {
		var centred [][]float64
		for k := range n {
			c := append([]float64(nil), y[k+1][w]...)
			for i := range c {
				c[i] -= means[k][i]
			}
			centred = append(centred, c)
		}
		for k := range n {
			now.cov[k] += dot(y[0][w], centred[k])
			for i := range n {
				now.vari[k][i] += dot(centred[k], centred[i])
			}
		}
	}
	t.pilots = append(t.pilots, now)
	cov, vari := make([]float64, n), make([][]float64, n)
	for k := range n {
		vari[k] = make([]float64, n)
	}
	for s, one := range t.pilots {
		weight := math.Pow(0.99, float64(len(t.pilots)-1-s))
		for k := range n {
			cov[k] += weight * one.cov[k]
			for i := range n {
				vari[k][i] += weight * one.vari[k][i]
			}
		}
	}
	if lambda, ok := solved(vari, cov); ok {
		t.lambda = lambda
	}
}

// solved is Var⁻¹ Cov by elimination, with a billionth of the diagonal added; ok is
// false where a pivot is not above 0.
func solved(a [][]float64, b []float64) (x []float64, ok bool) {
	n := len(b)
	for k := range n {
		a[k][k] *= 1 + 1e-9
	}
	for k := range n {
		if !(a[k][k] > 0) {
			return nil, false
		}
		for i := k + 1; i < n; i++ {
			by := a[i][k] / a[k][k]
			for c := k; c < n; c++ {
				a[i][c] -= by * a[k][c]
			}
			b[i] -= by * b[k]
		}
	}
	x = make([]float64, n)
	for k := n - 1; k >= 0; k-- {
		x[k] = b[k]
		for i := k + 1; i < n; i++ {
			x[k] -= a[k][i] * x[i]
		}
		x[k] /= a[k][k]
	}
	return x, true
}

// compare takes the exact influence M ← F M + I a step on, and the cosine of δM.
func (t *denseTrainer) compare(log *stepLog, j *cell.Jacobian, g []float64, at int) {
	if t.config.Shadow == 0 {
		return
	}
	s, p := len(t.state), len(t.params.Theta)
	next := make([]float64, s*p)
	for i := range s {
		for k := range s {
			for c := range p {
				next[i*p+c] += j.F[i*s+k] * t.influence[k*p+c]
			}
		}
	}
	t.layout.AddImmediateRows(next, j)
	t.influence = next
	if (at+1)%t.config.Shadow != 0 {
		return
	}
	exact := make([]float64, p)
	for i := range s {
		for c := range p {
			exact[c] += j.Delta[i] * next[i*p+c]
		}
	}
	if norm(g) > 0 && norm(exact) > 0 {
		log.cosine, log.compared = dot(g, exact)/norm(g)/norm(exact), true
	}
}

// record adds a point from the log: recent figures over Window intervals.
func (t *denseTrainer) record(steps int) {
	c := t.config
	if steps%c.Record != 0 {
		return
	}
	bits := func(from int) float64 {
		sum, n := 0.0, 0.0
		for _, s := range t.log[from:] {
			if s.hasLoss {
				sum, n = sum+s.loss, n+1
			}
		}
		return sum / n / math.Ln2
	}
	recent, last := max(0, steps-c.Window*c.Record), steps-c.Record
	p := training.Point{Step: steps, Bits: bits(recent), BitsMean: bits(0), Endings: t.endings(recent, steps)}
	square, cosines, compared := 0.0, 0.0, 0.0
	for _, s := range t.log[last:] {
		square += s.normSq
		if s.compared {
			cosines, compared = cosines+s.cosine, compared+1
		}
	}
	p.GradientNorm, p.Cosine = math.Sqrt(square/float64(c.Record)), cosines/compared
	t.points = append(t.points, p)
}

// endings is the share of the strings that ended in steps [from, to) whose end was
// predicted: at the last but one b the b, and at the last what follows.
func (t *denseTrainer) endings(from, to int) float64 {
	ender, ok := t.config.Task.(interface {
		CorrectEnding(task.Sequence) []task.Ending
	})
	if !ok {
		return math.NaN()
	}
	right, all := 0.0, 0.0
	for _, e := range ender.CorrectEnding(t.symbols) {
		if e.Stop < from || e.Stop >= to {
			continue
		}
		all++
		if t.log[e.Stop].right && (e.Continue < 0 || t.log[e.Continue].right) {
			right++
		}
	}
	return right / all
}

// update is algorithm 1 of Kingma & Ba 2015, or a plain step, at the rate's schedule.
func (t *denseTrainer) update() {
	o, g := t.config.Optimizer, t.gradient
	if length := norm(g); o.Clip > 0 && length > o.Clip {
		for i := range g {
			g[i] *= o.Clip / length
		}
	}
	rate := o.Rate / (1 + o.Decay*math.Sqrt(float64(t.updates)))
	t.updates++
	at := 0
	for _, w := range [][]float64{t.params.Theta, t.params.ReadoutW, t.params.ReadoutB} {
		for i := range w {
			x := g[at]
			t.m[at], t.v[at] = o.Beta1*t.m[at]+(1-o.Beta1)*x, o.Beta2*t.v[at]+(1-o.Beta2)*x*x
			step := x
			if o.Name == training.Adam {
				first := t.m[at] / (1 - math.Pow(o.Beta1, float64(t.updates)))
				second := t.v[at] / (1 - math.Pow(o.Beta2, float64(t.updates)))
				step = first / (math.Sqrt(second) + o.Epsilon)
			}
			w[i] -= rate*o.WeightDecay*w[i] + rate*step
			g[at], at = 0, at+1
		}
	}
}

// TrainingSymbols is the source of a training's symbols.
func TrainingSymbols(seed uint64) *noise.Uniforms { return noise.New(seed, noise.Data).Uniforms(2) }

// TrainingResamples are the n seeds of each of so many resamples.
func TrainingResamples(seed uint64, n, resamples int) [][]int {
	u, out := noise.New(seed, noise.Data).Uniforms(4), make([][]int, resamples)
	for i := range out {
		for range n {
			out[i] = append(out[i], u.IntN(n))
		}
	}
	return out
}
