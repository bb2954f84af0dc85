package estimators

import "math"

// The three ways to the gradient of a tape's loss Σ_k ‖ĝ − c(h_k)‖² by the
// covariate's weights. Each runs the tape, adds to grad and returns the loss.

// gradientBPTT is backpropagation through time: exact, with all states kept.
func gradientBPTT(n network, t *tape, grad []float64) float64 {
	t.run(n)
	size, _ := n.sizes()
	dh, back, here := make([]float64, size), make([]float64, size), make([]float64, size)
	loss := 0.0
	for k := len(t.in); k >= 0; k-- {
		if g := t.goals[k]; g != nil {
			loss += n.loss(grad, here, t.states[k], g)
			axpy(1, here, dh)
		}
		if k > 0 {
			n.addImmediate(grad, dh, t.states[k-1], &t.in[k-1])
			n.pull(back, dh, &t.in[k-1])
			dh, back = back, dh
		}
	}
	return loss
}

// gradientRTRL is real-time recurrent learning of the covariate: exact, with the
// influence ∂h/∂ω, n×m, carried forward.
func gradientRTRL(n network, t *tape, grad []float64) float64 {
	t.run(n)
	size, _ := n.sizes()
	m := n.recurrent()
	here := make([]float64, size)
	influence, next := make([]float64, m*size), make([]float64, m*size) // a column of n per weight
	loss := 0.0
	for k, g := range t.goals {
		if k > 0 {
			carryInfluence(n, next, influence, t.states[k-1], &t.in[k-1])
			influence, next = next, influence
		}
		if g == nil {
			continue
		}
		loss += n.loss(grad, here, t.states[k], g)
		for p := range m {
			grad[p] += inner(here, influence[p*size:(p+1)*size])
		}
	}
	return loss
}

// carryInfluence writes next = ∂h_t/∂h_{t-1} influence + ∂h_t/∂ω.
func carryInfluence(n network, next, influence, h []float64, in *input) {
	size, _ := n.sizes()
	m := n.recurrent()
	for p := range m {
		n.push(next[p*size:(p+1)*size], influence[p*size:(p+1)*size], in)
	}
	one, immediate := make([]float64, size), make([]float64, m)
	for i := range one {
		one[i] = 1
		clear(immediate)
		n.addImmediate(immediate, one, h, in)
		one[i] = 0
		for p, v := range immediate {
			next[p*size+i] += v
		}
	}
}

// gradientUORO is UORO of the covariate: unbiased, with n + m numbers. nu fills n
// random signs for a step of the tape, counted from 0.
func gradientUORO(n network, t *tape, grad []float64, nu func(step int, dst []float64)) float64 {
	t.run(n)
	size, _ := n.sizes()
	m := n.recurrent()
	p := &pair{state: make([]float64, size), weights: make([]float64, m),
		carried: make([]float64, size), noise: make([]float64, m)}
	sign, here := make([]float64, size), make([]float64, size)
	loss := 0.0
	for k, g := range t.goals {
		if k > 0 {
			nu(k-1, sign)
			p.step(n, sign, t.states[k-1], &t.in[k-1])
		}
		if g == nil {
			continue
		}
		loss += n.loss(grad, here, t.states[k], g)
		axpy(inner(here, p.state), p.weights, grad)
	}
	return loss
}

// pair is UORO's two vectors of a covariate, h̃ and ω̃.
type pair struct{ state, weights, carried, noise []float64 }

func (p *pair) step(n network, sign, h []float64, in *input) {
	n.push(p.carried, p.state, in)
	clear(p.noise)
	n.addImmediate(p.noise, sign, h, in)
	rho0 := GuardCode.scale(length(p.weights), length(p.carried))
	rho1 := GuardCode.scale(length(p.noise), length(sign))
	for i := range p.state {
		p.state[i] = rho0*p.carried[i] + rho1*sign[i]
	}
	for i := range p.weights {
		p.weights[i] = p.weights[i]/rho0 + p.noise[i]/rho1
	}
}

func length(x []float64) float64 { return math.Sqrt(inner(x, x)) }
