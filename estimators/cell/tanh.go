package cell

import "math"

// tanhRNN is Elman's network (Elman 1990) as PyTorch's nn.RNN defines it:
// h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh).
type tanhRNN struct {
	layout *Layout
	a      []float64 // pre-activations, then h_t
}

func newTanh(inputs, hidden int) Cell {
	lo, hi := allFeatures(inputs, hidden)
	groups := []Group{{Name: "row", Gate: 0, Lo: lo, Hi: hi}}
	return &tanhRNN{
		layout: newLayout(inputs, hidden, 1, 1, groups),
		a:      make([]float64, hidden),
	}
}

func (c *tanhRNN) Name() string    { return "rnn" }
func (c *tanhRNN) Layout() *Layout { return c.layout }

func (c *tanhRNN) Advance(theta, z, _, next []float64) {
	c.layout.preactivations(c.a, theta, z)
	for i, a := range c.a {
		c.a[i] = math.Tanh(a)
	}
	copy(next, c.a)
}

func (c *tanhRNN) Linearize(theta []float64, prev, next []float64, j *Jacobian) {
	c.Advance(theta, j.Z, prev, next)
	h := c.layout.H
	for i, y := range next[:h] {
		d := 1 - y*y
		j.Gain[i] = d
		w := c.layout.hiddenWeights(theta, 0, i)
		row := j.F[i*h : (i+1)*h]
		for k, wk := range w {
			row[k] = d * wk
		}
	}
}

func (c *tanhRNN) Hidden(h, s []float64)          { copy(h, s) }
func (c *tanhRNN) PullHidden(ds, _, dh []float64) { axpy(1, dh, ds) }

func (c *tanhRNN) Backward(theta, z, _, ds, dprev, dtheta []float64) {
	clear(dprev)
	for i, y := range c.a {
		da := ds[i] * (1 - y*y)
		lo, hi := c.layout.Row(0, i)
		axpy(da, z, dtheta[lo:hi])
		axpy(da, c.layout.hiddenWeights(theta, 0, i), dprev)
	}
}
