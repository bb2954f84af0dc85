package estimators

import (
	"slices"

	"uorobench/estimators/cell"
)

// network is a covariate seen as a recurrent network to be trained, one draw at
// a time: a state h of n numbers that is linear in itself, and m weights ω. It
// keeps no state of its own; a tape does.
type network interface {
	// sizes are n and m.
	sizes() (state, weights int)
	// recurrent is how many of the weights, the first ones, the state depends on;
	// the others are only read out, and have no influence to carry.
	recurrent() int
	// weights is ω, which the trainer changes in place.
	weights() []float64
	// advance writes h_t from h_{t-1}.
	advance(next, h []float64, in *input)
	// push writes dst = ∂h_t/∂h_{t-1} dh, pull dst = dhᵀ ∂h_t/∂h_{t-1}.
	push(dst, dh []float64, in *input)
	pull(dst, dh []float64, in *input)
	// addImmediate adds dhᵀ ∂h_t/∂ω at fixed h_{t-1} = h to grad, whose first
	// recurrent() entries are all that it needs.
	addImmediate(grad, dh, h []float64, in *input)
	// loss returns ‖ĝ − c(h)‖², adds its derivative by ω at fixed h to grad and
	// writes that by h to dh.
	loss(grad, dh, h []float64, g *goal) float64
}

// input is what a step brings to a covariate.
type input struct {
	jacobian   *cell.Jacobian
	rho0, rho1 float64
	eps        []float64 // S
}

// goal is what a measured step asks for: one draw of UORO.
type goal struct {
	estimate []float64 // P: ĝ, the direct term included
	v        []float64 // S: q_t or δ_t
	scalar   float64   // v·s̃, of ĝ = (v·s̃) θ̃ + direct term
	thetaSq  float64   // ‖θ̃‖²
}

// tape is one draw along the trajectory. The states h_0 = 0, h_1 … h_T are made
// by run; goals[k], nil where there is none, is met by h_k.
type tape struct {
	in     []input // T
	goals  []*goal // T+1
	states [][]float64
}

// run fills in the states.
func (t *tape) run(n network) {
	size, _ := n.sizes()
	for len(t.states) <= len(t.in) {
		t.states = append(t.states, make([]float64, size))
	}
	clear(t.states[0])
	for k := range t.in {
		n.advance(t.states[k+1], t.states[k], &t.in[k])
	}
}

// recorder is a covariate that takes part in a run of UORO to write down what a
// covariate sees.
type recorder struct {
	steps []record
}

type record struct {
	jacobian   *cell.Jacobian
	rho0, rho1 []float64 // Lanes
	eps        []float64 // S×Lanes
}

func (r *recorder) Reset()                 { r.steps = r.steps[:0] }
func (r *recorder) Kill(int)               {}
func (r *recorder) Own() []float64         { return nil }
func (r *recorder) Scale(dst, _ []float64) { clear(dst) }

func (r *recorder) Step(j *cell.Jacobian, rho0, rho1, eps []float64) {
	copied := func(x []float64) []float64 { return append([]float64(nil), x...) }
	r.steps = append(r.steps, record{j, copied(rho0), copied(rho1), copied(eps)})
}

// recordTapes runs Lanes draws of UORO along the trajectory and writes down one
// tape each. measured are the 1-based steps that ask for something; noise fills
// the S×Lanes numbers of a step, counted from 0.
func recordTapes(tr *cell.Trajectory, o Options, measured []int, noise func(step int, dst []float64)) []*tape {
	rec := &recorder{}
	u := newVectorUORO(tr.Layout, o, []Covariate{rec})
	chain := &Chain{Convention: o.Convention}
	eps := make([]float64, tr.Layout.S()*Lanes)
	tapes := make([]*tape, Lanes)
	for w := range tapes {
		tapes[w] = &tape{goals: make([]*goal, len(tr.Steps)+1)}
	}
	u.Reset()
	for t, j := range tr.Steps {
		noise(t, eps)
		chain.Advance(u, j, eps, func(*Signals) {
			if slices.Contains(measured, t+1) {
				setGoals(tapes, u, j, t)
			}
		})
	}
	for w, tape := range tapes {
		for _, r := range rec.steps {
			tape.in = append(tape.in, input{r.jacobian, r.rho0[w], r.rho1[w], column(r.eps, w)})
		}
	}
	return tapes
}

// setGoals writes the draws' goals at 0-based step t. Under Pre they belong to
// the state before the step, under Post to the one after it.
func setGoals(tapes []*tape, u *vectorUORO, j *cell.Jacobian, t int) {
	direct := make([]float64, u.layout.P())
	at := t + 1
	if u.convention == Pre {
		u.layout.AddImmediate(direct, j.Delta, j)
		at = t
	}
	for w, tape := range tapes {
		theta := column(u.thetaTilde, w)
		g := &goal{v: u.convention.pull(j), scalar: u.signals.Scale[0][w], thetaSq: inner(theta, theta)}
		g.estimate = append([]float64(nil), direct...)
		axpy(g.scalar, theta, g.estimate)
		tape.goals[at] = g
	}
}

// column is lane w of a lane-minor array.
func column(x []float64, w int) []float64 {
	out := make([]float64, 0, len(x)/Lanes)
	for at := w; at < len(x); at += Lanes {
		out = append(out, x[at])
	}
	return out
}
