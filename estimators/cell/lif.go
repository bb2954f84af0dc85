package cell

import "math"

// Constants of the spiking cells, in units of one step and of the threshold,
// which is 1. Bellec et al. 2020 use membranes of 20 ms and adaptations of
// hundreds of ms at steps of 1 ms.
const (
	lifMembrane   = 20.0  // steps in which the membrane decays by e
	lifAdaptation = 100.0 // steps in which the adaptation decays by e
	lifStrength   = 0.2   // how much a spike raises the threshold (alif)
)

// lif is a layer of leaky integrate-and-fire neurons with a soft reset, and with
// adaptive thresholds where it is called alif (Bellec et al. 2018,
// arXiv:1803.09574; 2020):
//
//	o_t = Θ(v_t − 1 − β a_t)
//	v_t = α v_{t-1} + W_ih x_t + b_ih + W_hh o_{t-1} + b_hh − o_{t-1}
//	a_t = ϱ a_{t-1} + o_{t-1}                                        (alif)
//
// with α = exp(−1/20), ϱ = exp(−1/100), β = 0.2. The state is s = v, or [v; a] for
// alif; the hidden vector that the readout and the next step see is the spikes
// o. Tensors have PyTorch's names and the shapes of nn.RNN.
//
// The step function Θ has no useful derivative. As in all work on such networks
// the derivative is replaced by a surrogate, that of the fast sigmoid (Zenke &
// Ganguli 2018),
//
//	∂o/∂u := ½/(1 + |u|)²,  u = v − 1 − β a
//
// in F_t, in δ_t and in Backward alike. So what is called the exact gradient of
// this cell is the exact gradient of the surrogate system: RTRL and BPTT agree
// on it to rounding, and finite differences of the loss, which is piecewise
// constant in most directions, do not see it. The derivatives are checked on a
// twin whose spikes are the fast sigmoid ½(1 + u/(1+|u|)) itself.
type lif struct {
	layout   *Layout
	name     string
	adaptive bool
	fire     func(u float64) float64 // Θ, or the fast sigmoid in the twin
	dspike   []float64               // H: scratch of Backward
}

func newLIF(inputs, hidden int) Cell  { return makeLIF("lif", inputs, hidden, false, step) }
func newALIF(inputs, hidden int) Cell { return makeLIF("alif", inputs, hidden, true, step) }

func makeLIF(name string, inputs, hidden int, adaptive bool, fire func(float64) float64) *lif {
	lo, hi := allFeatures(inputs, hidden)
	parts := 1
	if adaptive {
		parts = 2
	}
	groups := []Group{{Name: "row", Gate: 0, Lo: lo, Hi: hi}}
	return &lif{
		layout: newLayout(inputs, hidden, parts, 1, groups).leaky(),
		name:   name, adaptive: adaptive, fire: fire, dspike: make([]float64, hidden),
	}
}

func (c *lif) Name() string    { return c.name }
func (c *lif) Layout() *Layout { return c.layout }

// step is Θ, with Θ(0) = 0.
func step(u float64) float64 {
	if u > 0 {
		return 1
	}
	return 0
}

// surrogate is the derivative that stands for Θ's.
func surrogate(u float64) float64 {
	d := 1 + math.Abs(u)
	return 0.5 / (d * d)
}

var (
	lifAlpha = math.Exp(-1 / lifMembrane)
	lifRho   = math.Exp(-1 / lifAdaptation)
)

// excess is u of unit i, by how much the potential is above the threshold.
func (c *lif) excess(s []float64, i int) float64 {
	u := s[i] - 1
	if c.adaptive {
		u -= lifStrength * s[c.layout.H+i]
	}
	return u
}

// Advance takes o_{t-1} from the features, so that at fixed features what is
// left of the past is the decay: the leak.
func (c *lif) Advance(theta, z, prev, next []float64) {
	l := c.layout
	c.layout.preactivations(next[:l.H], theta, z)
	for i, o := range z[l.X+1 : l.X+1+l.H] {
		next[i] += lifAlpha*prev[i] - o
		if c.adaptive {
			next[l.H+i] = lifRho*prev[l.H+i] + o
		}
	}
}

func (c *lif) Linearize(theta []float64, prev, next []float64, j *Jacobian) {
	c.Advance(theta, j.Z, prev, next)
	h, s := c.layout.H, c.layout.S()
	clear(j.F)
	for k := 0; k < h; k++ {
		psi := surrogate(c.excess(prev, k))
		for i := 0; i < h; i++ {
			c.connect(j.F, i, k, psi*c.layout.hiddenWeights(theta, 0, i)[k])
		}
		c.connect(j.F, k, k, -psi) // the reset
		j.F[k*s+k] += lifAlpha
		j.Gain[k], j.Leak[k] = 1, lifAlpha
		if c.adaptive {
			c.connect(j.F, h+k, k, psi)
			j.F[(h+k)*s+h+k] += lifRho
			j.Leak[3*h+k] = lifRho // from a to a'
		}
	}
}

// connect adds to row the way from unit k's spike, whose derivative is in d: by
// v_k, and by a_k, which lowers u.
func (c *lif) connect(f []float64, row, k int, d float64) {
	s := c.layout.S()
	f[row*s+k] += d
	if c.adaptive {
		f[row*s+c.layout.H+k] -= lifStrength * d
	}
}

// Hidden writes the spikes.
func (c *lif) Hidden(h, s []float64) {
	for i := range h {
		h[i] = c.fire(c.excess(s, i))
	}
}

func (c *lif) PullHidden(ds, s, dh []float64) {
	for i, d := range dh {
		du := d * surrogate(c.excess(s, i))
		ds[i] += du
		if c.adaptive {
			ds[c.layout.H+i] -= lifStrength * du
		}
	}
}

func (c *lif) Backward(theta, z, prev, ds, dprev, dtheta []float64) {
	h := c.layout.H
	clear(c.dspike)
	for i := 0; i < h; i++ {
		c.layout.backRow(0, i, ds[i], theta, z, c.dspike, dtheta)
	}
	for i := range c.dspike {
		c.dspike[i] -= ds[i]
		dprev[i] = lifAlpha * ds[i]
		if c.adaptive {
			c.dspike[i] += ds[h+i]
			dprev[h+i] = lifRho * ds[h+i]
		}
	}
	c.PullHidden(dprev, prev, c.dspike)
}
