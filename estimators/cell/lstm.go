package cell

import "math"

// The LSTM's groups in PyTorch's gate order i, f, g, o.
const (
	lstmInput = iota
	lstmForget
	lstmCandidate
	lstmOutput
	lstmGates
)

// lstm is the long short-term memory cell with forget gate (Hochreiter &
// Schmidhuber 1997; Gers et al. 2000) as PyTorch's nn.LSTM defines it:
//
//	i, f, o = σ(W_i· x + b_i· + W_h· h + b_h·),  g = tanh(…)
//	c' = f ⊙ c + i ⊙ g,  h' = o ⊙ tanh(c')
//
// The state is s = [c; h], so S = 2H; the readout sees h.
type lstm struct {
	layout  *Layout
	a       []float64 // gates×H pre-activations, then the gates' values
	tanhC   []float64 // tanh(c')
	dhidden []float64 // scratch of Backward
}

func newLSTM(inputs, hidden int) Cell {
	lo, hi := allFeatures(inputs, hidden)
	groups := make([]Group, lstmGates)
	for g, name := range []string{"input", "forget", "candidate", "output"} {
		groups[g] = Group{Name: name, Gate: g, Lo: lo, Hi: hi}
	}
	return &lstm{
		layout:  newLayout(inputs, hidden, 2, lstmGates, groups).leaky(),
		a:       make([]float64, lstmGates*hidden),
		tanhC:   make([]float64, hidden),
		dhidden: make([]float64, hidden),
	}
}

func (c *lstm) Name() string    { return "lstm" }
func (c *lstm) Layout() *Layout { return c.layout }

func (c *lstm) Advance(theta, z, prev, next []float64) {
	h := c.layout.H
	c.layout.preactivations(c.a, theta, z)
	for at, a := range c.a {
		if at/h == lstmCandidate {
			c.a[at] = math.Tanh(a)
		} else {
			c.a[at] = sigmoid(a)
		}
	}
	for k := 0; k < h; k++ {
		i, f, g, o := c.gates(k)
		next[k] = f*prev[k] + i*g
		c.tanhC[k] = math.Tanh(next[k])
		next[h+k] = o * c.tanhC[k]
	}
}

// gates returns the four gate values of unit k after Advance.
func (c *lstm) gates(k int) (i, f, g, o float64) {
	h := c.layout.H
	return c.a[k], c.a[lstmForget*h+k], c.a[lstmCandidate*h+k], c.a[lstmOutput*h+k]
}

func (c *lstm) Linearize(theta []float64, prev, next []float64, j *Jacobian) {
	c.Advance(theta, j.Z, prev, next)
	h := c.layout.H
	clear(j.F)
	for k := 0; k < h; k++ {
		i, f, g, o := c.gates(k)
		gainC := [lstmGates]float64{
			lstmInput:     g * i * (1 - i),
			lstmForget:    prev[k] * f * (1 - f),
			lstmCandidate: i * (1 - g*g),
		}
		through := o * (1 - c.tanhC[k]*c.tanhC[k]) // ∂h'/∂c'
		for gate, gc := range gainC {
			gh := through * gc
			if gate == lstmOutput {
				gh = c.tanhC[k] * o * (1 - o)
			}
			j.Gain[gate*2*h+k], j.Gain[gate*2*h+h+k] = gc, gh
			c.addHiddenColumns(j.F, theta, gate, k, gc, gh)
		}
		j.F[k*2*h+k] += f
		j.F[(h+k)*2*h+k] += through * f
		j.Leak[k], j.Leak[2*h+k] = f, through*f // from c to c' and to h'
	}
}

// addHiddenColumns adds one gate's way from h_{t-1} to c'_k and h'_k.
func (c *lstm) addHiddenColumns(f, theta []float64, gate, k int, gc, gh float64) {
	h := c.layout.H
	w := c.layout.hiddenWeights(theta, gate, k)
	axpy(gc, w, f[k*2*h+h:(k+1)*2*h])
	axpy(gh, w, f[(h+k)*2*h+h:(h+k+1)*2*h])
}

func (c *lstm) Hidden(h, s []float64)          { copy(h, s[c.layout.H:]) }
func (c *lstm) PullHidden(ds, _, dh []float64) { axpy(1, dh, ds[c.layout.H:]) }

func (c *lstm) Backward(theta, z, prev, ds, dprev, dtheta []float64) {
	h := c.layout.H
	clear(c.dhidden)
	for k := 0; k < h; k++ {
		i, f, g, o := c.gates(k)
		do := ds[h+k] * c.tanhC[k]
		dc := ds[k] + ds[h+k]*o*(1-c.tanhC[k]*c.tanhC[k])
		dprev[k] = dc * f
		da := [lstmGates]float64{
			lstmInput:     dc * g * i * (1 - i),
			lstmForget:    dc * prev[k] * f * (1 - f),
			lstmCandidate: dc * i * (1 - g*g),
			lstmOutput:    do * o * (1 - o),
		}
		for gate := range da {
			c.layout.backRow(gate, k, da[gate], theta, z, c.dhidden, dtheta)
		}
	}
	copy(dprev[h:], c.dhidden)
}
