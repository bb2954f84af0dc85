package training

import "math"

// Names of the optimisers.
const (
	Adam = "adam" // Kingma & Ba 2015, arXiv:1412.6980, algorithm 1
	SGD  = "sgd"
)

// Optimizer is the rule that turns a gradient into an update. The rate of update
// t, counted from 0, is Rate/(1+Decay·√t): with Rate = 1e-3 and Decay = 0.03 the
// schedule of UORO's original code.
type Optimizer struct {
	Name        string  // Adam or SGD
	Rate        float64 // learning rate of the first update; 0 freezes the weights
	Decay       float64 // of the rate; 0 keeps it
	Beta1       float64 // Adam's memory of the gradient
	Beta2       float64 // Adam's memory of its square
	Epsilon     float64 // Adam's
	WeightDecay float64 // w ← w − rate·WeightDecay·w, apart from the gradient
	Clip        float64 // largest norm of the whole gradient; 0 is no limit
}

// DefaultOptimizer is Adam with its authors' constants and the original code's
// schedule, no clipping, no weight decay.
func DefaultOptimizer() Optimizer {
	return Optimizer{Name: Adam, Rate: 1e-3, Decay: 0.03, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8}
}

// updater applies an Optimizer to a set of tensors. Its moments are the state of
// the optimiser.
type updater struct {
	rule    Optimizer `carry:"-"`
	updates int64
	params  [][]float64 `carry:"-"` // the trainer's own
	m, v    [][]float64 // Adam's moments, as params; nil under SGD
}

func newUpdater(rule Optimizer, params ...[]float64) *updater {
	u := &updater{rule: rule, params: params}
	if rule.Name == Adam {
		for _, p := range params {
			u.m = append(u.m, make([]float64, len(p)))
			u.v = append(u.v, make([]float64, len(p)))
		}
	}
	return u
}

// apply takes one update; grads has the shapes of params and is scaled in place
// where it is clipped.
func (u *updater) apply(grads [][]float64) {
	u.clip(grads)
	rate := u.rule.Rate / (1 + u.rule.Decay*math.Sqrt(float64(u.updates)))
	u.updates++
	for i, p := range u.params {
		if u.rule.WeightDecay > 0 {
			scale(p, 1-rate*u.rule.WeightDecay)
		}
		if u.rule.Name == SGD {
			axpy(-rate, grads[i], p)
		} else {
			u.adam(rate, p, grads[i], u.m[i], u.v[i])
		}
	}
}

// adam is algorithm 1 of the paper. The reordered form of its section 2, with both
// corrections folded into the rate, is not used: it gives ε another meaning.
func (u *updater) adam(rate float64, w, g, m, v []float64) {
	b1, b2 := u.rule.Beta1, u.rule.Beta2
	c1 := 1 - math.Pow(b1, float64(u.updates))
	c2 := 1 - math.Pow(b2, float64(u.updates))
	for i, x := range g {
		m[i] = b1*m[i] + (1-b1)*x
		v[i] = b2*v[i] + (1-b2)*x*x
		w[i] -= rate * (m[i] / c1) / (math.Sqrt(v[i]/c2) + u.rule.Epsilon)
	}
}

// clip scales grads to the norm Clip where they are longer.
func (u *updater) clip(grads [][]float64) {
	if u.rule.Clip == 0 {
		return
	}
	sum := 0.0
	for _, g := range grads {
		sum += normSq(g)
	}
	if norm := math.Sqrt(sum); norm > u.rule.Clip {
		for _, g := range grads {
			scale(g, u.rule.Clip/norm)
		}
	}
}

func scale(x []float64, by float64) {
	for i := range x {
		x[i] *= by
	}
}

func axpy(a float64, x, y []float64) {
	for i, v := range x {
		y[i] += a * v
	}
}

func normSq(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return sum
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}
