// Package problem freezes what a run measures on: for one cell its weights, the
// trajectory over the task's sequence, and the exact gradients at the measured
// steps. Estimators are compared on it; nothing here draws the estimators' noise.
package problem

import (
	"fmt"
	"math"

	"uorobench/bench/noise"
	"uorobench/bench/task"
	"uorobench/bench/weights"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
	"uorobench/stats"
)

// Config describes a problem.
type Config struct {
	Task          task.Task
	SequenceSeed  uint64
	WarmUp, Steps int // steps before the window, and of it
	Stride        int // measured steps are Stride, 2·Stride, … ≤ Steps

	Cell       string // a name of estimators/cell
	Hidden     int    // H
	Weights    string // Random, Balancing, an embedded stage, or the path of a safetensors file
	WeightSeed uint64
	Scale      float64 // Random: weights are uniform in ±Scale/√H
	// Own reads the tensors of the file Weights for the task's sizes, under a bare
	// layer's names; it is not called for other weights.
	Own func(inputs, outputs int) ([]weights.Tensor, error)
}

// Problem is what is frozen for one cell. It is read-only once made.
type Problem struct {
	Cell       cell.Cell
	Params     *cell.Params
	WarmUp     task.Sequence // read before the window; without steps where there is none
	Sequence   task.Sequence // of the window
	Trajectory *cell.Trajectory
	Measured   []int       // M measured steps, 1-based
	Exact      [][]float64 // M × P: g, the exact gradient, by RTRL
	ExactSq    []float64   // M: ‖g‖²
	UnitOf     []int32     // P: hidden unit of each coordinate
	Doubts     []error     // what makes the network a poor subject, whatever the estimator
	// Shared is ∂θ/∂ϑ, length P, where all weights come from one parameter ϑ; else nil.
	Shared []float64
}

// New makes the problem. The error says why the task has no such sequence, the
// weights do not fit, the trajectory leaves the finite numbers, or no measured
// step carries a loss.
func New(c *Config) (*Problem, error) {
	warmUp, window, err := c.Sequences()
	if err != nil {
		return nil, err
	}
	network, params, err := c.Network(window.X, window.Y)
	if err != nil {
		return nil, err
	}
	tr, err := trajectory(network, params, &warmUp, &window)
	if err != nil {
		return nil, err
	}
	p := &Problem{
		Cell: network, Params: params, WarmUp: warmUp, Sequence: window, Trajectory: tr,
		Measured: measuredSteps(tr, c.Stride), UnitOf: tr.Layout.UnitOf(),
	}
	if len(p.Measured) == 0 {
		return nil, fmt.Errorf("cell %s: no measured step: of the steps %d, %d, … up to %d none carries a loss; choose another stride or more steps",
			c.Cell, c.Stride, 2*c.Stride, c.Steps)
	}
	if p.Shared, err = c.sharedDirection(network, window.Y); err != nil {
		return nil, err
	}
	p.setExact()
	p.Doubts = p.doubts(c.Task)
	return p, p.checkFinite()
}

// Sequences makes the task's sequence from the data stream: what the warm-up
// reads, and after it the window. It does not depend on the cell.
func (c *Config) Sequences() (warmUp, window task.Sequence, err error) {
	whole, err := c.Task.Sequence(noise.New(c.SequenceSeed, noise.Data).Uniforms(tagSequence), c.WarmUp+c.Steps)
	if err != nil {
		return warmUp, window, err
	}
	warmUp, window = whole.Split(c.WarmUp)
	return warmUp, window, nil
}

// trajectory runs the cell over the window from the state that the warm-up
// leaves.
func trajectory(c cell.Cell, p *cell.Params, warmUp, window *task.Sequence) (*cell.Trajectory, error) {
	start, err := cell.StateAfter(c, p, Vectors(warmUp), nil)
	if err != nil {
		return nil, fmt.Errorf("warm-up: %w", err)
	}
	return cell.Run(c, p, Vectors(window), start)
}

// Vectors turns a task's sequence into what a cell is run on.
func Vectors(s *task.Sequence) *cell.Sequence {
	seq := &cell.Sequence{Inputs: s.X, Outputs: s.Y, X: s.Vectors(), Target: s.Target}
	if s.Squared() {
		seq.Value = s.Real.Target
	}
	return seq
}

// setExact runs RTRL once.
func (p *Problem) setExact() {
	influence := estimators.NewInfluence(p.Trajectory.Layout)
	for t, j := range p.Trajectory.Steps {
		influence.Step(j)
		if m := len(p.Exact); m < len(p.Measured) && p.Measured[m] == t+1 {
			g := make([]float64, p.Trajectory.Layout.P())
			influence.PullTo(g, j.Delta)
			p.Exact = append(p.Exact, g)
			p.ExactSq = append(p.ExactSq, stats.Dot(g, g))
		}
	}
}

// BPTT starts to form the gradients of the measured steps by backpropagation, on
// a goroutine of its own, and delivers them once, M × P. The cell must not be run
// meanwhile; drawing does not touch it.
func (p *Problem) BPTT() <-chan [][]float64 {
	out := make(chan [][]float64, 1)
	measured := p.Measured
	go func() {
		grads := make([][]float64, len(measured))
		for m, t := range measured {
			grads[m] = oracle.BPTTAt(p.Cell, p.Params, p.Trajectory, t)
		}
		out <- grads
	}()
	return out
}

// oracleTolerance is far above the rounding of either path, far below any slip.
const oracleTolerance = 1e-9

// CheckExact compares Exact, which is by RTRL, with what BPTT delivered, a second
// derivative path on the very trajectory of the run: a reference that is wrong
// must not be published. It returns the largest relative difference at the
// measured steps, and an error where that is too large.
func (p *Problem) CheckExact(bptt [][]float64) (worst float64, err error) {
	for m := range p.Measured {
		worst = max(worst, relativeDistance(p.Exact[m], bptt[m])) // of NaN it is NaN
	}
	if !(worst <= oracleTolerance) {
		return worst, fmt.Errorf("cell %s: RTRL and BPTT disagree by %.3g relative (allowed %g): the exact gradient cannot be trusted here",
			p.Cell.Name(), worst, oracleTolerance)
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

// P is the number of recurrent parameters, the length of a gradient.
func (p *Problem) P() int { return p.Trajectory.Layout.P() }

// MeanLoss is the network's mean loss over the steps that carry one.
func (p *Problem) MeanLoss() float64 { return p.Trajectory.Loss / float64(p.Trajectory.Losses) }

// BitsPerSymbol is MeanLoss in bits; 0 for a loss that is no cross-entropy.
func (p *Problem) BitsPerSymbol() float64 {
	if p.Sequence.Squared() {
		return 0
	}
	return p.MeanLoss() / math.Ln2
}

// measuredSteps lists stride, 2·stride, … up to steps, leaving out those
// without a loss: there the exact gradient is zero and nothing is estimated.
func measuredSteps(tr *cell.Trajectory, stride int) []int {
	var steps []int
	for t := stride; t <= len(tr.Steps); t += stride {
		if tr.Steps[t-1].HasLoss {
			steps = append(steps, t)
		}
	}
	return steps
}
