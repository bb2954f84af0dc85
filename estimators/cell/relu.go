package cell

// reluRNN is PyTorch's nn.RNN with nonlinearity="relu":
// h_t = max(0, W_ih x_t + b_ih + W_hh h_{t-1} + b_hh). Its derivative at a
// pre-activation of exactly 0 is taken as 0, as PyTorch does.
type reluRNN struct {
	layout *Layout
	a      []float64 // pre-activations, then h_t
}

func newReLU(inputs, hidden int) Cell {
	lo, hi := allFeatures(inputs, hidden)
	groups := []Group{{Name: "row", Gate: 0, Lo: lo, Hi: hi}}
	return &reluRNN{
		layout: newLayout(inputs, hidden, 1, 1, groups),
		a:      make([]float64, hidden),
	}
}

func (c *reluRNN) Name() string    { return "relu" }
func (c *reluRNN) Layout() *Layout { return c.layout }

func (c *reluRNN) Advance(theta, z, _, next []float64) {
	c.layout.preactivations(c.a, theta, z)
	for i, a := range c.a {
		c.a[i] = max(0, a)
	}
	copy(next, c.a)
}

func (c *reluRNN) Linearize(theta []float64, prev, next []float64, j *Jacobian) {
	c.Advance(theta, j.Z, prev, next)
	h := c.layout.H
	for i, y := range next[:h] {
		row := j.F[i*h : (i+1)*h]
		if j.Gain[i] = 0; y > 0 {
			j.Gain[i] = 1
			copy(row, c.layout.hiddenWeights(theta, 0, i))
		} else {
			clear(row)
		}
	}
}

func (c *reluRNN) Hidden(h, s []float64)          { copy(h, s) }
func (c *reluRNN) PullHidden(ds, _, dh []float64) { axpy(1, dh, ds) }

func (c *reluRNN) Backward(theta, z, _, ds, dprev, dtheta []float64) {
	clear(dprev)
	for i, y := range c.a {
		if !(y > 0) {
			continue
		}
		lo, hi := c.layout.Row(0, i)
		axpy(ds[i], z, dtheta[lo:hi])
		axpy(ds[i], c.layout.hiddenWeights(theta, 0, i), dprev)
	}
}
