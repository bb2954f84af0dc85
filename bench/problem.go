package bench

import (
	"fmt"
	"math"

	"uorobench/bench/noise"
	"uorobench/bench/task"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
	"uorobench/stats"
)

// problem is what is frozen for one cell: weights, trajectory, and the exact
// gradients at the measured steps.
type problem struct {
	cell     cell.Cell
	params   *cell.Params
	warmUp   task.Sequence // read before the window; without steps where there is none
	sequence task.Sequence // of the window
	tr       *cell.Trajectory
	measured []int       // 1-based steps
	exact    [][]float64 // M × P
	exactSq  []float64   // M: ‖g‖²
	unitOf   []int32     // P: hidden unit of each coordinate
	doubt    []error     // what makes the network a poor subject
	shared   []float64   // P: derivative of θ by the one parameter behind the weights; nil where there is none
}

// newProblem builds the trajectory of one cell of the experiment.
func newProblem(e *Experiment, name string) (*problem, error) {
	before, seq, err := sequencesOf(e)
	if err != nil {
		return nil, err
	}
	c, params, err := network(e, name, seq.X, seq.Y)
	if err != nil {
		return nil, err
	}
	tr, err := trajectory(c, params, &before, &seq)
	if err != nil {
		return nil, err
	}
	p := &problem{cell: c, params: params, warmUp: before, sequence: seq, tr: tr, measured: measuredSteps(tr, e.Stride), unitOf: tr.Layout.UnitOf()}
	if len(p.measured) == 0 {
		return nil, fmt.Errorf("cell %s: no measured step: of the steps %d, %d, … up to %d none carries a loss; choose another stride or more steps",
			name, e.Stride, 2*e.Stride, e.Steps)
	}
	if p.shared, err = sharedDirection(e, c, seq.Y); err != nil {
		return nil, err
	}
	p.setExact()
	if err := p.checkFinite(); err != nil {
		return nil, err
	}
	p.doubt, err = p.doubts(e)
	return p, err
}

// trajectory runs the cell over the window from the state that the warm-up
// leaves.
func trajectory(c cell.Cell, p *cell.Params, before, window *task.Sequence) (*cell.Trajectory, error) {
	start, err := cell.StateAfter(c, p, vectors(before), nil)
	if err != nil {
		return nil, fmt.Errorf("warm-up: %w", err)
	}
	return cell.Run(c, p, vectors(window), start)
}

// gradientsByBPTT takes the gradients of the measured steps beside the first
// draws, which do not touch the cell.
func (p *problem) gradientsByBPTT() <-chan [][]float64 {
	out := make(chan [][]float64, 1)
	measured := p.measured
	go func() {
		grads := make([][]float64, len(measured))
		for m, t := range measured {
			grads[m] = oracle.BPTTAt(p.cell, p.params, p.tr, t)
		}
		out <- grads
	}()
	return out
}

// sequencesOf makes the task's sequence from the data stream: what the warm-up
// reads, and after it the window. It is the same for every cell of a run.
func sequencesOf(e *Experiment) (warmUp, window task.Sequence, err error) {
	t, err := e.MakeTask()
	if err != nil {
		return warmUp, window, err
	}
	whole, err := t.Sequence(noise.New(e.sequenceSeed(), noise.Data).Uniforms(tagSequence), e.WarmUp+e.Steps)
	if err != nil {
		return warmUp, window, err
	}
	warmUp, window = whole.Split(e.WarmUp)
	return warmUp, window, nil
}

func (e *Experiment) sequenceSeed() uint64 {
	if e.SequenceSeed == 0 {
		return e.Seed
	}
	return e.SequenceSeed
}

// vectors turns the task's sequence into what a cell is run on.
func vectors(s *task.Sequence) *cell.Sequence {
	seq := &cell.Sequence{Inputs: s.X, Outputs: s.Y, X: s.Vectors(), Target: s.Target}
	if s.Real != nil {
		seq.Value = s.Real.Target
	}
	return seq
}

// setExact runs RTRL once.
func (p *problem) setExact() {
	m := estimators.NewInfluence(p.tr.Layout)
	for t, j := range p.tr.Steps {
		m.Step(j)
		if at := len(p.exact); at < len(p.measured) && p.measured[at] == t+1 {
			g := make([]float64, p.tr.Layout.P())
			m.PullTo(g, j.Delta)
			p.exact = append(p.exact, g)
			p.exactSq = append(p.exactSq, normSq(g))
		}
	}
}

// oracleTolerance is far above the rounding of either path, far below any slip.
const oracleTolerance = 1e-9

// checkExact compares RTRL with BPTT, a second derivative path, on the very
// trajectory of the run: a reference that is wrong must not be published. It
// returns the largest relative difference at the measured steps.
func (p *problem) checkExact(bptt [][]float64) (worst float64, err error) {
	for m := range p.measured {
		worst = max(worst, relativeDistance(p.exact[m], bptt[m])) // of NaN it is NaN
	}
	if !(worst <= oracleTolerance) {
		return worst, fmt.Errorf("cell %s: RTRL and BPTT disagree by %.3g relative (allowed %g): the exact gradient cannot be trusted here",
			p.cell.Name(), worst, oracleTolerance)
	}
	return worst, nil
}

// relativeDistance is ‖x − y‖/‖x‖, in units of the largest entry of x: squares of
// gradients of 1e-160 are not what they should be. It is 0 for x = 0.
func relativeDistance(x, y []float64) float64 {
	unit := 0.0
	for _, v := range x {
		unit = max(unit, math.Abs(v))
	}
	if unit == 0 {
		return 0
	}
	diff, length := 0.0, 0.0
	for j, v := range x {
		d := (v - y[j]) / unit
		diff += d * d
		length += v / unit * (v / unit)
	}
	return math.Sqrt(diff / length)
}

// normSq is Σ x², to the bit what the rows have as exact_norm_sq.
func normSq(x []float64) float64 { return stats.Dot(x, x) }

// meanLoss is the network's mean loss over the steps that carry one.
func (p *problem) meanLoss() float64 { return p.tr.Loss / float64(p.tr.Losses) }

// bitsPerSymbol is the same in bits; 0 for a task without symbols.
func (p *problem) bitsPerSymbol() float64 {
	if p.sequence.Real != nil {
		return 0
	}
	return p.meanLoss() / math.Ln2
}

// measuredSteps lists stride, 2·stride, … up to steps, leaving out those
// without a loss: there the exact gradient is zero and nothing is estimated.
func measuredSteps(tr *cell.Trajectory, stride int) []int {
	var at []int
	for t := stride; t <= len(tr.Steps); t += stride {
		if tr.Steps[t-1].HasLoss {
			at = append(at, t)
		}
	}
	return at
}
