package speed

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"uorobench/bench/noise"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// Step is what a step of one estimator takes, alone, on one thread. In a run several
// rows ride on the same draws, so that a run's seconds belong to none of them; here an
// estimator has the machine, its batch and what its draws share to itself:
//
//   - PerDraw: a batch of estimators.Lanes draws takes a step and forms every draw's ĝ
//     as P numbers, over the number of draws. What a batch computes once for its draws
//     (SnAp-1's influence of the residual family, a metric, a walk back) is in it.
//   - Shared: the known offset and the covariates' means, once a step.
//
// These are the parts of Cost, at the same places: the noise is made before, and
// the trajectory is given. uoro runs on the kernels, as its relatives do, and not in the
// plain loops of the reference; a run is faster still, where the engine carries it and
// never forms ĝ of a draw. Times are medians over turns.
type Step struct {
	Cell           string
	Hidden, Inputs int
	Label          string          // full name
	Cost           estimators.Cost // counted
	PerDraw        float64         // seconds per draw and step
	Shared         float64         // seconds per step
	Turns          int             // of stepsOfTurn steps
}

// Online is the seconds of a step of a learner here: what draws share, and a whole
// batch, since one draw takes what Lanes draws take.
func (s Step) Online() float64 {
	if s.Cost.PerDraw == 0 {
		return s.Shared
	}
	return s.Shared + estimators.Lanes*s.PerDraw
}

// stepsOfTurn is the length of the trajectory, on which every turn is the same work.
const stepsOfTurn = 32

// MeasureStep times an estimator of a full name for about the given time, on a random
// network of the given size. The error says why the cell cannot have it.
func MeasureStep(ctx context.Context, cellName string, hidden, inputs int, label string, c estimators.Convention, during time.Duration) (Step, error) {
	m, err := newStepMeter(cellName, hidden, inputs, label, c)
	if err != nil {
		return Step{}, err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	m.turn() // warms caches
	m.draws, m.shared = m.draws[:0], m.shared[:0]
	for start := time.Now(); len(m.draws) == 0 || time.Since(start) < during && len(m.draws) < cap(m.draws); {
		if err := context.Cause(ctx); err != nil {
			return Step{}, err
		}
		m.turn()
	}
	out := Step{
		Cell: cellName, Hidden: hidden, Inputs: inputs, Label: m.label, Cost: m.chain.Cost,
		Shared: median(m.shared) / stepsOfTurn, Turns: len(m.draws),
	}
	if m.batch != nil {
		out.PerDraw = median(m.draws) / stepsOfTurn / estimators.Lanes
	}
	return out, nil
}

type stepMeter struct {
	label  string
	chain  *estimators.Chain
	batch  estimators.Batch // nil for an estimator that draws nothing
	known  estimators.Known
	tr     *cell.Trajectory
	eps    [][]float64 // per step
	offset []float64
	means  [][]float64
	// estimate is ĝ of every draw, P×Lanes.
	estimate      []float64
	draws, shared []float64 // seconds per turn
}

func newStepMeter(cellName string, hidden, inputs int, label string, c estimators.Convention) (*stepMeter, error) {
	tr, err := wanderings(cellName, hidden, inputs)
	if err != nil {
		return nil, err
	}
	chain, full, err := chainOf(tr.Layout, label, c)
	if err != nil {
		return nil, err
	}
	m := &stepMeter{
		label: full, chain: chain, known: chain.NewKnown(), tr: tr, offset: make([]float64, tr.Layout.P()),
		draws: make([]float64, 0, maxTurns), shared: make([]float64, 0, maxTurns),
	}
	for range chain.Covariates {
		m.means = append(m.means, make([]float64, tr.Layout.P()))
	}
	if chain.NewBatch != nil {
		m.batch, m.estimate = chain.NewBatch(), make([]float64, tr.Layout.P()*estimators.Lanes)
		signs := noise.New(1, noise.Measurement).Rademacher(chain.NoiseDim)
		signs.Seek(0)
		for t := range tr.Steps {
			m.eps = append(m.eps, make([]float64, chain.NoiseDim*estimators.Lanes))
			signs.Fill(m.eps[t], t)
		}
	}
	return m, nil
}

// chainOf makes the chain of a name, with uoro on the kernels.
func chainOf(l *cell.Layout, label string, c estimators.Convention) (*estimators.Chain, string, error) {
	sel, err := estimators.Parse(label)
	if err != nil {
		return nil, "", err
	}
	if err := sel.Spec.Check(l); err != nil {
		return nil, "", err
	}
	o := estimators.Options{Convention: c, Guard: estimators.GuardCode, Covariates: sel.Covariates, Normals: normals}
	if sel.Spec.Convention != nil {
		o.Convention = *sel.Spec.Convention
	}
	chain, err := sel.Spec.New(l, o)
	return chain, sel.Label, err
}

// normals are any numbers: weights of covariates that are not trained.
func normals(_ string, dst []float64) {
	u := noise.New(1, noise.CovariateTraining).Uniforms(0)
	for i := range dst {
		dst[i] = u.Normal()
	}
}

// wanderings is a random network on random symbols. What a step takes does not depend on
// what the network has learned.
func wanderings(cellName string, hidden, inputs int) (*cell.Trajectory, error) {
	c, err := cell.New(cellName, inputs, hidden)
	if err != nil {
		return nil, err
	}
	data := noise.New(1, noise.Data)
	p := cell.NewParams(c.Layout(), inputs)
	p.Init(c.Layout(), 1, data.Uniforms(1).Next)
	in, u := &cell.Sequence{Inputs: inputs, Outputs: inputs}, data.Uniforms(0)
	for range stepsOfTurn {
		x := make([]float64, inputs)
		x[u.IntN(inputs)] = 1
		in.X, in.Target = append(in.X, x), append(in.Target, u.IntN(inputs))
	}
	return cell.Run(c, p, in, nil)
}

// turn takes the trajectory once, what draws share and the draws apart.
func (m *stepMeter) turn() {
	start := now()
	m.known.Reset()
	for _, j := range m.tr.Steps {
		m.chain.AdvanceKnown(m.known, j, m.offset, m.means)
	}
	half := now()
	m.shared = append(m.shared, (half - start).Seconds())
	if m.batch == nil {
		m.draws = append(m.draws, 0)
		return
	}
	clear(m.estimate)
	half = now()
	m.batch.Reset()
	for t, j := range m.tr.Steps {
		m.chain.Advance(m.batch, j, m.eps[t], m.form)
	}
	m.draws = append(m.draws, (now() - half).Seconds())
}

// form adds every signal to the draws' estimates, those of one basis together. A batch
// that has formed its estimate itself says so by scales of 1.
func (m *stepMeter) form(s *estimators.Signals) {
	for b, basis := range s.Basis {
		if b == 0 && len(s.Basis) == len(s.Of) && formed(s.Scale[0]) {
			continue
		}
		var by kernel.Row
		for k, of := range s.Of {
			if of == b {
				for w, a := range s.Scale[k] {
					by[w] += a
				}
			}
		}
		kernel.Accumulate(m.estimate, basis, &by, &everyLane, len(m.estimate)/estimators.Lanes)
	}
}

var everyLane = func() (v kernel.Valid) {
	for w := range v {
		v[w] = ^uint64(0)
	}
	return v
}()

func formed(scale []float64) bool {
	for _, a := range scale {
		if a != 1 {
			return false
		}
	}
	return true
}

// maxInputs bounds InputsOf's search.
const maxInputs = 1 << 10

// InputsOf finds the number of inputs with which an estimator's counted work is the
// given one, so that what is timed is what a dataset has counted.
func InputsOf(cellName string, hidden int, label string, convention estimators.Convention, draw, shared int64) (int, error) {
	for inputs := 1; inputs <= maxInputs; inputs++ {
		c, err := cell.New(cellName, inputs, hidden)
		if err != nil {
			return 0, err
		}
		chain, _, err := chainOf(c.Layout(), label, convention)
		if err != nil {
			return 0, err
		}
		if chain.Cost.PerDraw == draw && chain.Cost.Shared == shared {
			return inputs, nil
		}
		if chain.Cost.Shared > shared && chain.Cost.PerDraw > draw {
			break
		}
	}
	return 0, fmt.Errorf("%s on a %s with %d units: no number of inputs has the counted work %d per draw + %d: the rows are of another version of this program",
		label, cellName, hidden, draw, shared)
}
