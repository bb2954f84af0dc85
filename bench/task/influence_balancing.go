package task

import (
	"uorobench/bench/config"
	"uorobench/bench/noise"
	"uorobench/bench/weights"
)

const influenceBalancingName = "influence-balancing"

// The system of influence balancing: 23 units, of which the parameter pushes
// the first 10 up and the other 13 down, at first with the force ½.
const (
	BalancingUnits = 23
	BalancingPlus  = 10
	BalancingTheta = 0.5
)

// InfluenceBalancing is the test on which truncation fails by its sign, from
// C. Tallec, Y. Ollivier, arXiv 1702.05043, section 5: a linear system
//
//	s_t = A s_{t-1} + θ (1, …, 1, −1, …, −1),  A = ½ 1 + ½ superdiagonal
//
// with one parameter θ and the loss ½(s_t[1] − 1)². A parameter's push reaches
// the first unit from unit i after i−1 steps at the soonest: at first the pluses
// arrive, and only later the minuses, which are more. In the long run
// ∂s[1]/∂θ = 2(10 − 13) = −6, but over a short window it is positive.
//
// As a task it reads 1 and asks for 1 at every step. The rest is in the weights
// of the linear cell (BalancingWeights): W_hh = A, W_ih = θ·signs, and a readout
// of the first unit. The gradient for θ is Σ_i sign_i ∂L/∂W_ih[i].
type InfluenceBalancing struct{}

// InfluenceBalancingOptions are none.
type InfluenceBalancingOptions struct{}

func (*InfluenceBalancingOptions) name() string                { return influenceBalancingName }
func (*InfluenceBalancingOptions) reset()                      {}
func (*InfluenceBalancingOptions) fields() []config.Field      { return nil }
func (*InfluenceBalancingOptions) build(Options) (Task, error) { return InfluenceBalancing{}, nil }

// Name implements Task.
func (InfluenceBalancing) Name() string { return influenceBalancingName }

// Alphabet implements Task: there are no symbols.
func (InfluenceBalancing) Alphabet() []string { return nil }

// Sequence implements Task. It reads nothing from u.
func (InfluenceBalancing) Sequence(_ *noise.Uniforms, steps int) (Sequence, error) {
	if err := checkSteps(influenceBalancingName, steps); err != nil {
		return Sequence{}, err
	}
	r := &Real{}
	for range steps {
		r.Input = append(r.Input, []float64{1})
		r.Target = append(r.Target, []float64{1})
	}
	return Sequence{X: 1, Y: 1, Real: r}, nil
}

// BalancingSigns are the directions in which θ pushes the units, BalancingUnits
// numbers ±1. The caller owns the slice.
func BalancingSigns() []float64 {
	signs := make([]float64, BalancingUnits)
	for i := range signs {
		signs[i] = 1
		if i >= BalancingPlus {
			signs[i] = -1
		}
	}
	return signs
}

// BalancingDirection is the derivative of BalancingWeights by θ, in the same form:
// the signs at W_ih and zeros. The derivative of a loss by θ is the inner product
// of its gradient with this. The caller owns the slices.
func BalancingDirection() []weights.Tensor {
	tensors := BalancingWeights()
	for i := range tensors {
		clear(tensors[i].Data)
		if tensors[i].Name == "weight_ih_l0" {
			tensors[i].Data = BalancingSigns()
		}
	}
	return tensors
}

// BalancingWeights are the weights of the linear cell with one input,
// BalancingUnits units and one output, by PyTorch's names, each row-major with
// its shape; all biases are zero. The caller owns the slices.
func BalancingWeights() []weights.Tensor {
	n := BalancingUnits
	push, carry, readout := BalancingSigns(), make([]float64, n*n), make([]float64, n)
	for i := range push {
		push[i] *= BalancingTheta
		carry[i*n+i] = 0.5
		if i+1 < n {
			carry[i*n+i+1] = 0.5
		}
	}
	readout[0] = 1
	return []weights.Tensor{
		{Name: "weight_ih_l0", Shape: []int{n, 1}, Data: push},
		{Name: "weight_hh_l0", Shape: []int{n, n}, Data: carry},
		{Name: "bias_ih_l0", Shape: []int{n}, Data: make([]float64, n)},
		{Name: "bias_hh_l0", Shape: []int{n}, Data: make([]float64, n)},
		{Name: "weight", Shape: []int{1, n}, Data: readout},
		{Name: "bias", Shape: []int{1}, Data: []float64{0}},
	}
}
