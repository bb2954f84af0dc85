package bench

import (
	"fmt"
	"math"

	"uorobench/bench/task"
	"uorobench/bench/weights"
	"uorobench/estimators/cell"
	"uorobench/stats"
)

// A system whose weights all come from one parameter ϑ has one derivative that
// matters, ∂L/∂ϑ = g·d with d = ∂θ/∂ϑ. That of influence balancing is such a system,
// and the sign of the derivative is what it is about.

// balancingWeights are those of influence balancing, refused for any other
// network and task.
func balancingWeights(e *Experiment, cellName string) ([]weights.Tensor, error) {
	if e.Task.Name != (task.InfluenceBalancing{}).Name() || cellName != "linear" || e.Hidden != task.BalancingUnits {
		return nil, fmt.Errorf("weights %q are a system of their own: task.name = %q, cell = [\"linear\"], hidden = %d; these are task %s, cell %s, hidden %d",
			WeightsBalancing, (task.InfluenceBalancing{}).Name(), task.BalancingUnits, e.Task.Name, cellName, e.Hidden)
	}
	return task.BalancingWeights(), nil
}

// balancingHint names the weights that the task is nothing without.
func (e *Experiment) balancingHint() string {
	if e.Task.Name != (task.InfluenceBalancing{}).Name() || e.Weights == WeightsBalancing {
		return ""
	}
	return fmt.Sprintf("; this task has weights of its own: weights = %q, or --weights %s", WeightsBalancing, WeightsBalancing)
}

// sharedDirection is d, in the order of cell.Layout; nil where the weights have
// no parameter in common.
func sharedDirection(e *Experiment, c cell.Cell, outputs int) ([]float64, error) {
	if e.Weights != WeightsBalancing {
		return nil, nil
	}
	var tensors []cell.Tensor
	for _, t := range task.BalancingDirection() {
		tensors = append(tensors, cell.Tensor{Name: t.Name, Shape: t.Shape, Data: t.Data})
	}
	p := cell.NewParams(c.Layout(), outputs)
	return p.Theta, p.SetTensors(c.Layout(), tensors)
}

// withShared appends d, as a unit vector, to the directions that a bias is looked
// for along.
func (p *problem) withShared(dirs [][]float64) [][]float64 {
	if p.shared == nil {
		return dirs
	}
	unit := make([]float64, len(p.shared))
	for j, v := range p.shared {
		unit[j] = v / math.Sqrt(normSq(p.shared))
	}
	return append(dirs, unit)
}

// exactShared is g·d, summed over measured steps.
func (p *problem) exactShared(steps []int) float64 {
	sum := 0.0
	for _, m := range steps {
		sum += inner(p.exact[m], p.shared)
	}
	return sum
}

// addDirections sets what the row says of single directions, from its errors.
func (row *StepResult) addDirections(p *pass, e *stats.Errors, steps []int) {
	row.AlongExact = p.exactIfAll(e.AlongExact())
	pr := p.problem
	if pr.shared == nil {
		return
	}
	exact, length := pr.exactShared(steps), math.Sqrt(normSq(pr.shared))
	row.SharedExact = exactly(exact)
	row.Shared = p.exactIfAll(e.MeanErrorAlong(randomDirections).Scaled(length, exact))
}

// setDirections is addDirections for an estimator that draws nothing and whose
// estimates at the measured steps from first on are known.
func (row *StepResult) setDirections(pr *problem, estimates [][]float64, first int) {
	along, square, shared := 0.0, 0.0, 0.0
	steps := make([]int, len(estimates))
	for i, estimate := range estimates {
		steps[i] = first + i
		along += inner(estimate, pr.exact[first+i])
		square += pr.exactSq[first+i]
		if pr.shared != nil {
			shared += inner(estimate, pr.shared)
		}
	}
	if square > 0 {
		row.AlongExact = exactly(along / square)
	}
	if pr.shared != nil {
		row.SharedExact, row.Shared = exactly(pr.exactShared(steps)), exactly(shared)
	}
}

func inner(x, y []float64) float64 {
	sum := 0.0
	for j, v := range x {
		sum += v * y[j]
	}
	return sum
}
