package cell

// linear is the recurrent network without a nonlinearity,
// h_t = W_ih x_t + b_ih + W_hh h_{t-1} + b_hh, with the tensors of PyTorch's
// nn.RNN. Its derivatives do not depend on the state, so that gradients are
// known by hand; influence balancing (Tallec & Ollivier 2017) is such a system.
type linear struct{ layout *Layout }

func newLinear(inputs, hidden int) Cell {
	lo, hi := allFeatures(inputs, hidden)
	groups := []Group{{Name: "row", Gate: 0, Lo: lo, Hi: hi}}
	return &linear{newLayout(inputs, hidden, 1, 1, groups)}
}

func (c *linear) Name() string    { return "linear" }
func (c *linear) Layout() *Layout { return c.layout }

func (c *linear) Advance(theta, z, _, next []float64) { c.layout.preactivations(next, theta, z) }

func (c *linear) Linearize(theta []float64, prev, next []float64, j *Jacobian) {
	c.Advance(theta, j.Z, prev, next)
	h := c.layout.H
	for i := range next {
		j.Gain[i] = 1
		copy(j.F[i*h:(i+1)*h], c.layout.hiddenWeights(theta, 0, i))
	}
}

func (c *linear) Hidden(h, s []float64)          { copy(h, s) }
func (c *linear) PullHidden(ds, _, dh []float64) { axpy(1, dh, ds) }

func (c *linear) Backward(theta, z, _, ds, dprev, dtheta []float64) {
	clear(dprev)
	for i, d := range ds {
		c.layout.backRow(0, i, d, theta, z, dprev, dtheta)
	}
}
