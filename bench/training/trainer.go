package training

import (
	"fmt"
	"math"
	"slices"

	"uorobench/bench/noise"
	"uorobench/bench/task"
	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// Tags of the data stream. The initial weights are those of a measurement with
// the same weight seed; the sequence is another one, so that a network is not
// measured on the symbols that it was trained on.
const (
	tagWeights  = 1
	tagSequence = 2
)

// data is the stream of a seed's data and initial weights.
func data(seed uint64) noise.Stream { return noise.New(seed, noise.Data) }

// Trainer is a training under way. It owns all its memory from the start: a step
// allocates nothing. It serves one goroutine.
type Trainer struct {
	config Config
	cell   cell.Cell
	params *cell.Params
	step   int // steps done

	symbols  task.Sequence
	feed     *feed
	stepper  *cell.Stepper
	jacobian *cell.Jacobian
	prev     []float64 // s_{t-1}
	next     []float64

	gradient *gradient
	shadow   *estimators.Influence // nil without comparison
	exact    []float64             // P
	sums     [][]float64           // gradients of θ, readout weight and bias since the last update
	updater  *updater
	curve    *recorder
	kept     []kept // weights put aside by Keep
}

// kept is the weights after some steps.
type kept struct {
	step    int
	weights [][]float64 // as updater.params
}

// New makes a training before its first step. The error says what is wrong with
// the config, or why the cell cannot have the method.
func New(c Config) (*Trainer, error) {
	sel, err := c.check()
	if err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	c.Method = sel.Label
	t := &Trainer{config: c}
	if t.cell, t.params, err = c.network(); err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	if t.gradient, err = newGradient(sel, t.cell.Layout(), &t.config); err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	if t.symbols, err = c.Task.Sequence(data(c.Seed).Uniforms(tagSequence), c.Steps); err != nil {
		return nil, fmt.Errorf("training: %w", err)
	}
	t.allocate()
	return t, nil
}

func (t *Trainer) allocate() {
	l, p := t.cell.Layout(), t.params
	t.feed = newFeed(&t.symbols)
	t.stepper, t.jacobian = cell.NewStepper(t.cell, p), cell.NewJacobian(l)
	t.prev, t.next = make([]float64, l.S()), make([]float64, l.S())
	for _, w := range [][]float64{p.Theta, p.ReadoutW, p.ReadoutB} {
		t.sums = append(t.sums, make([]float64, len(w)))
	}
	t.updater = newUpdater(t.config.Optimizer, p.Theta, p.ReadoutW, p.ReadoutB)
	if t.config.Shadow > 0 {
		t.shadow, t.exact = estimators.NewInfluence(l), make([]float64, l.P())
	}
	t.curve = newRecorder(&t.config, &t.symbols)
}

// Steps is the number of steps done, Done whether it is all of them.
func (t *Trainer) Steps() int { return t.step }

// Done says whether the training is at its end.
func (t *Trainer) Done() bool { return t.step == t.config.Steps }

// Config is what the training was made from, with the method's full name.
func (t *Trainer) Config() Config { return t.config }

// Layout is the shape of the cell.
func (t *Trainer) Layout() *cell.Layout { return t.cell.Layout() }

// Params are the weights. They belong to the trainer and change with Step.
func (t *Trainer) Params() *cell.Params { return t.params }

// Gradient is the last step's estimate for θ, of length P. It belongs to the
// trainer.
func (t *Trainer) Gradient() []float64 { return t.gradient.dst }

// Curve is the points so far, one per Record steps. It belongs to the trainer;
// Step appends to it.
func (t *Trainer) Curve() []Point { return t.curve.points }

// Step takes one symbol: predict, account, estimate the gradient, update. The
// prediction is scored before the update, so that the curve is an honest online
// loss. The error is a *DivergedError when a number left the finite ones; the
// training cannot go on then. It panics when the training is done.
func (t *Trainer) Step() error {
	if t.Done() {
		panic("training: Step after the last one")
	}
	j := t.jacobian
	t.stepper.Step(j, t.feed.at(t.step), 0, t.prev, t.next)
	g := t.gradient.step(j, t.step)
	normSquared := normSq(g)
	if bad := j.Loss + normSquared; math.IsNaN(bad) || math.IsInf(bad, 0) {
		return &DivergedError{t.config.Method, t.config.Seed, t.step + 1, j.Loss, normSquared}
	}
	t.compare(j, g)
	t.curve.add(j, t.stepper.Y, t.step, normSquared)
	t.accumulate(g)
	t.step++
	if t.step%t.config.Every == 0 {
		t.update()
	}
	t.prev, t.next = t.next, t.prev
	return nil
}

// Keep puts the present weights aside for Kept. A checkpoint has them too.
func (t *Trainer) Keep() {
	k := kept{step: t.step}
	for _, w := range t.updater.params {
		k.weights = append(k.weights, slices.Clone(w))
	}
	t.kept = append(t.kept, k)
}

// DivergedError says where a training left the finite numbers.
type DivergedError struct {
	Method string
	Seed   uint64
	Step   int     // 1-based
	Loss   float64 // nats
	NormSq float64 // ‖ĝ‖²
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("training %s, seed %d: diverged at step %d: loss %v, ‖gradient‖² %v; a lower rate or clipping may help",
		e.Method, e.Seed, e.Step, e.Loss, e.NormSq)
}

// compare follows the exact influence along the training's own path.
func (t *Trainer) compare(j *cell.Jacobian, g []float64) {
	if t.shadow == nil {
		return
	}
	t.shadow.Step(j)
	if (t.step+1)%t.config.Shadow == 0 {
		t.shadow.PullTo(t.exact, j.Delta)
		t.curve.addCosine(g, t.exact)
	}
}

// accumulate adds the step's gradient: the estimate for θ, the ordinary
// gradient ∂L/∂y ⊗ h for the readout.
func (t *Trainer) accumulate(g []float64) {
	axpy(1, g, t.sums[0])
	h := t.stepper.Hidden()
	for y, d := range t.stepper.DY {
		axpy(d, h, t.sums[1][y*len(h):(y+1)*len(h)])
		t.sums[2][y] += d
	}
}

func (t *Trainer) update() {
	t.updater.apply(t.sums)
	for _, s := range t.sums {
		clear(s)
	}
}
