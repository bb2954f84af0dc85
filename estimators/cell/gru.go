package cell

import "math"

// The GRU's groups. The candidate has two, because the reset gate multiplies
// only the part that comes from h_{t-1}.
const (
	gruReset = iota
	gruUpdate
	gruCandidateIn
	gruCandidateHidden
)

// gru is the gated recurrent unit (Cho et al. 2014) as PyTorch and cuDNN
// define it, reset applied after the matrix product:
//
//	r = σ(W_ir x + b_ir + W_hr h + b_hr)
//	z = σ(W_iz x + b_iz + W_hz h + b_hz)
//	n = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn))
//	h' = (1-z) ⊙ n + z ⊙ h
//
// The reset-before form of the original paper is not offered: there a row of
// W_hn touches the state through r ⊙ h, so the reset gate's parameters of unit
// k reach every unit, and I_t is no longer row-local.
type gru struct {
	layout     *Layout
	a          []float64 // groups×H pre-activations
	r, z, n, m []float64 // gates, candidate, and m = W_hn h + b_hn
}

func newGRU(inputs, hidden int) Cell {
	lo, hi := allFeatures(inputs, hidden)
	inLo, inHi := inputFeatures(inputs)
	hidLo, hidHi := hiddenFeatures(inputs, hidden)
	groups := []Group{
		{Name: "reset", Gate: 0, Lo: lo, Hi: hi},
		{Name: "update", Gate: 1, Lo: lo, Hi: hi},
		{Name: "candidate input part", Gate: 2, Lo: inLo, Hi: inHi},
		{Name: "candidate hidden part", Gate: 2, Lo: hidLo, Hi: hidHi},
	}
	buf := make([]float64, 8*hidden)
	return &gru{
		layout: newLayout(inputs, hidden, 1, 3, groups).leaky(),
		a:      buf[:4*hidden],
		r:      buf[4*hidden : 5*hidden],
		z:      buf[5*hidden : 6*hidden],
		n:      buf[6*hidden : 7*hidden],
		m:      buf[7*hidden : 8*hidden],
	}
}

func (c *gru) Name() string    { return "gru" }
func (c *gru) Layout() *Layout { return c.layout }

func (c *gru) Advance(theta, z, prev, next []float64) {
	c.layout.preactivations(c.a, theta, z)
	h := c.layout.H
	for i := 0; i < h; i++ {
		r := sigmoid(c.a[gruReset*h+i])
		u := sigmoid(c.a[gruUpdate*h+i])
		m := c.a[gruCandidateHidden*h+i]
		n := math.Tanh(c.a[gruCandidateIn*h+i] + r*m)
		c.r[i], c.z[i], c.m[i], c.n[i] = r, u, m, n
		next[i] = (1-u)*n + u*prev[i]
	}
}

func (c *gru) Linearize(theta []float64, prev, next []float64, j *Jacobian) {
	c.Advance(theta, j.Z, prev, next)
	h := c.layout.H
	for i := 0; i < h; i++ {
		r, u, m, n := c.r[i], c.z[i], c.m[i], c.n[i]
		gn := (1 - u) * (1 - n*n)
		gr := gn * m * r * (1 - r)
		gu := (prev[i] - n) * u * (1 - u)
		gm := gn * r
		j.Gain[gruReset*h+i], j.Gain[gruUpdate*h+i] = gr, gu
		j.Gain[gruCandidateIn*h+i], j.Gain[gruCandidateHidden*h+i] = gn, gm
		wr := c.layout.hiddenWeights(theta, gruReset, i)
		wu := c.layout.hiddenWeights(theta, gruUpdate, i)
		wm := c.layout.hiddenWeights(theta, gruCandidateHidden, i)
		row := j.F[i*h : (i+1)*h]
		for k := range row {
			row[k] = gr*wr[k] + gu*wu[k] + gm*wm[k]
		}
		row[i] += u
		j.Leak[i] = u
	}
}

func (c *gru) Hidden(h, s []float64)          { copy(h, s) }
func (c *gru) PullHidden(ds, _, dh []float64) { axpy(1, dh, ds) }

func (c *gru) Backward(theta, z, prev, ds, dprev, dtheta []float64) {
	h := c.layout.H
	clear(dprev)
	for i := 0; i < h; i++ {
		dn := ds[i] * (1 - c.z[i])
		du := ds[i] * (prev[i] - c.n[i])
		dprev[i] += ds[i] * c.z[i]
		dan := dn * (1 - c.n[i]*c.n[i])
		dr := dan * c.m[i]
		da := [4]float64{
			gruReset:           dr * c.r[i] * (1 - c.r[i]),
			gruUpdate:          du * c.z[i] * (1 - c.z[i]),
			gruCandidateIn:     dan,
			gruCandidateHidden: dan * c.r[i],
		}
		for g := range da {
			c.layout.backRow(g, i, da[g], theta, z, dprev, dtheta)
		}
	}
}

// backRow carries da = ∂L/∂a of one row back to θ and to h_{t-1}.
func (l *Layout) backRow(group, unit int, da float64, theta, z, dh, dtheta []float64) {
	g := &l.Groups[group]
	lo, hi := l.Row(group, unit)
	axpy(da, z[g.Lo:g.Hi], dtheta[lo:hi])
	if w := l.hiddenWeights(theta, group, unit); w != nil {
		axpy(da, w, dh)
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
