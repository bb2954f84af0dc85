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
	size, m := n.sizes()
	here, one := make([]float64, size), make([]float64, size)
	influence, next := make([]float64, m*size), make([]float64, m*size) // a column of n per weight
	immediate := make([]float64, m)
	loss := 0.0
	for k := 0; k <= len(t.in); k++ {
		if k > 0 {
			in := &t.in[k-1]
			for p := range m {
				n.push(next[p*size:(p+1)*size], influence[p*size:(p+1)*size], in)
			}
			for i := range one {
				one[i] = 1
				clear(immediate)
				n.addImmediate(immediate, one, t.states[k-1], in)
				one[i] = 0
				for p, v := range immediate {
					next[p*size+i] += v
				}
			}
			influence, next = next, influence
		}
		if g := t.goals[k]; g != nil {
			loss += n.loss(grad, here, t.states[k], g)
			for p := range grad {
				grad[p] += inner(here, influence[p*size:(p+1)*size])
			}
		}
	}
	return loss
}

// gradientUORO is UORO of the covariate: unbiased, with n + m numbers. nu fills n
// random signs for a step of the tape, counted from 0.
func gradientUORO(n network, t *tape, grad []float64, nu func(step int, dst []float64)) float64 {
	t.run(n)
	size, m := n.sizes()
	hTilde, carried, sign, here := make([]float64, size), make([]float64, size), make([]float64, size), make([]float64, size)
	wTilde, noise := make([]float64, m), make([]float64, m)
	loss := 0.0
	for k := 0; k <= len(t.in); k++ {
		if k > 0 {
			nu(k-1, sign)
			n.push(carried, hTilde, &t.in[k-1])
			clear(noise)
			n.addImmediate(noise, sign, t.states[k-1], &t.in[k-1])
			rho0 := GuardCode.scale(length(wTilde), length(carried))
			rho1 := GuardCode.scale(length(noise), length(sign))
			for i := range hTilde {
				hTilde[i] = rho0*carried[i] + rho1*sign[i]
			}
			for p := range wTilde {
				wTilde[p] = wTilde[p]/rho0 + noise[p]/rho1
			}
		}
		if g := t.goals[k]; g != nil {
			loss += n.loss(grad, here, t.states[k], g)
			axpy(inner(here, hTilde), wTilde, grad)
		}
	}
	return loss
}

func length(x []float64) float64 { return math.Sqrt(inner(x, x)) }
