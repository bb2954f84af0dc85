package cell

// Jacobian holds the derivatives of one step of a trajectory: all that an
// estimator may know of the network. Matrices are row-major.
type Jacobian struct {
	F       []float64 // S×S state Jacobian ∂s_t/∂s_{t-1}
	Gain    []float64 // groups×parts×H: ∂s_t[part*H+i]/∂a_(group,i)
	Leak    []float64 // parts×parts×H: ∂s_t[a*H+i]/∂s_{t-1}[b*H+i] at fixed features, at (a*parts+b)*H+i
	Z       []float64 // features [x_t; 1; h_{t-1}; 1]
	Delta   []float64 // S error signal δ_t = ∂L_t/∂s_t
	Q       []float64 // S, q_t = δ_t F_t = ∂L_t/∂s_{t-1}
	Loss    float64   // L_t in nats (or the squared error), 0 where there is none
	HasLoss bool      // whether step t carries a loss
}

// NewJacobian makes the buffers for a layout.
func NewJacobian(l *Layout) *Jacobian {
	s := l.S()
	return &Jacobian{
		F:     make([]float64, s*s),
		Gain:  make([]float64, len(l.Groups)*s),
		Leak:  make([]float64, l.Parts*s),
		Z:     make([]float64, l.Z()),
		Delta: make([]float64, s),
		Q:     make([]float64, s),
	}
}

// AddImmediate adds v I_t to dst: v has length S, dst length P. This is the
// direct term when v = δ_t, and the noise term when v = ε_t.
func (l *Layout) AddImmediate(dst, v []float64, j *Jacobian) {
	s := l.S()
	for g := range l.Groups {
		gain := j.Gain[g*s : (g+1)*s]
		feat := j.Z[l.Groups[g].Lo:l.Groups[g].Hi]
		for i := 0; i < l.H; i++ {
			lo, hi := l.Row(g, i)
			axpy(l.rowFactor(gain, v, i), feat, dst[lo:hi])
		}
	}
}

// rowFactor is Σ_part v[part,i]·gain[part,i], the factor u of row i in
// v I_t = u ⊗ z.
func (l *Layout) rowFactor(gain, v []float64, i int) float64 {
	u := 0.0
	for at := i; at < len(gain); at += l.H {
		u += v[at] * gain[at]
	}
	return u
}

// axpy adds a·x to y.
func axpy(a float64, x, y []float64) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += a * v
	}
}

// pullQ writes q = δ F.
func (j *Jacobian) pullQ() {
	s := len(j.Delta)
	clear(j.Q)
	for i, d := range j.Delta {
		if d != 0 {
			axpy(d, j.F[i*s:(i+1)*s], j.Q)
		}
	}
}

// AddImmediateRows adds I_t itself to m, S×P row-major: the source term of the
// influence matrix.
func (l *Layout) AddImmediateRows(m []float64, j *Jacobian) {
	s, p := l.S(), l.P()
	for g := range l.Groups {
		feat := j.Z[l.Groups[g].Lo:l.Groups[g].Hi]
		for at, gain := range j.Gain[g*s : (g+1)*s] {
			lo, hi := l.Row(g, at%l.H)
			axpy(gain, feat, m[at*p+lo:at*p+hi])
		}
	}
}

// RowFactors writes u[(g*H+i)*lanes+w] = Σ_part v[(part*H+i)*lanes+w]·gain, the
// factors of v I_t = u ⊗ z for a batch of lanes: v is S×lanes, u groups·H×lanes.
func (l *Layout) RowFactors(u, v []float64, lanes int, j *Jacobian) {
	s := l.S()
	clear(u)
	for g := range l.Groups {
		for at, gain := range j.Gain[g*s : (g+1)*s] {
			row := (g*l.H + at%l.H) * lanes
			axpy(gain, v[at*lanes:(at+1)*lanes], u[row:row+lanes])
		}
	}
}
