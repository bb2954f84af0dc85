package oracle

import (
	"fmt"
	"math"

	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// Form names what ClosedForm computes: UORO (or residual, or split-uoro) under a
// convention, at scales ρ0 and ρ1 that do not depend on the draws, and covariates that
// share θ̃.
type Form struct {
	Convention estimators.Convention
	Schedule   *estimators.Schedule // nil: ρ0 = ρ1 = 1
	Covariates []string
	// Trained holds the weights of covariates whose F̃ is trained, as in
	// estimators.Options.
	Trained map[string][]float64
	// Residual asks for the chain of residual in the place of UORO's, Blocks > 1 for
	// that of split-uoro-Blocks. (The other estimators have no closed form here: the
	// scales of scaled-* are another for every state entry and step, split-residual draws
	// noise twice, and the others form their estimates in other ways.)
	Residual bool
	Blocks   int
}

// Closed holds the exact moments of the signals of UORO and its covariates at
// one step, for every law of the noise that has independent, symmetric entries
// of variance 1: of the law only κ = E ε⁴ enters.
//
// With α_k the adjoint of signal k times the scales (b for UORO, bᶜ for a
// covariate) and β_j the scaled immediate influence of coordinate j, both
// indexed by (τ, state entry), y_k[j] = (α_k·ε)(β_j·ε), and
//
//	E y_k[j]           = α_k·β_j
//	Cov(y_k[j], y_l[j]) = (α_k·α_l)(β_j·β_j) + (α_k·β_j)(α_l·β_j) + (κ−3) Σ α_k α_l β_j²
//
// (Isserlis' theorem for κ = 3, and the correction of the fourth moment.) The
// part of y in which both factors take ε from the same time is uncorrelated with
// the rest; its covariance is called spatial, that of the rest temporal.
type Closed struct {
	Step    int
	Mean    [][]float64 // K×P
	gauss   [][][]float64
	equal   [][][]float64
	quartic [][][]float64
	// Yardsticks of the same step: what the best deterministic scales could
	// reach.
	Yardsticks Yardsticks
}

// Yardsticks are lower bounds for Σ_j (α·α)(β_j·β_j), the leading term of
// var_trace, over deterministic scales: one scale per time, (Σ_τ ‖b_τ‖‖I_τ‖)²,
// and one per time and hidden unit, (Σ_{τ,i} ‖b_{τi}‖‖I_{τi}‖)², where i runs over
// the units (a unit's state entries share its scale). Cauchy–Schwarz gives both.
type Yardsticks struct{ PerTime, PerUnit float64 }

// ClosedForm returns the exact moments at a step, 1-based, in O(step·K²·P)
// operations. It fails for a step that tr does not have, a schedule that is too
// short, and a covariate that does not share θ̃.
func ClosedForm(tr *cell.Trajectory, f Form, step int) (*Closed, error) {
	if err := checkStep(step, len(tr.Steps)); err != nil {
		return nil, err
	}
	steps, v := f.reading(tr, step)
	scale, err := f.scales(steps)
	if err != nil {
		return nil, err
	}
	adjoints, err := f.adjoints(tr, v, steps)
	if err != nil {
		return nil, err
	}
	c := newClosed(step, len(adjoints), tr.Layout.P())
	c.Yardsticks = yardsticks(tr, adjoints[0])
	multiplyScales(adjoints, scale)
	switch {
	case f.Residual:
		c.fillResidual(tr, adjoints, scale)
	default:
		c.fillBlocks(tr, adjoints, scale, max(1, f.Blocks))
	}
	return c, nil
}

// reading tells how an estimate of the step is read: after how many steps of
// noise, and with which vector. Before step t, UORO has seen t-1 steps of noise;
// after it, t.
func (f Form) reading(tr *cell.Trajectory, step int) (steps int, v []float64) {
	j := tr.Steps[step-1]
	if f.Convention == estimators.Pre {
		return step - 1, j.Q
	}
	return step, j.Delta
}

// multiplyScales turns adjoints b into α = b·c, in place.
func multiplyScales(adjoints [][][]float64, scale []float64) {
	for _, adjoint := range adjoints {
		for tau, b := range adjoint {
			for i := range b {
				b[i] *= scale[tau]
			}
		}
	}
}

func newClosed(step, k, p int) *Closed {
	c := &Closed{Step: step, gauss: pairs(k, p), equal: pairs(k, p), quartic: pairs(k, p)}
	for range k {
		c.Mean = append(c.Mean, make([]float64, p))
	}
	return c
}

// scales returns c_τ = ρ1_τ Π_{σ=τ+1}^{n} ρ0_σ: ε_τ stands in s̃ with c_τ and in
// θ̃ with 1/c_τ.
func (f Form) scales(n int) ([]float64, error) {
	scale := make([]float64, n)
	if f.Schedule != nil && (len(f.Schedule.Rho0) < n || len(f.Schedule.Rho1) < n) {
		return nil, fmt.Errorf("oracle: the schedule has %d values of rho0 and %d of rho1; %d steps need as many",
			len(f.Schedule.Rho0), len(f.Schedule.Rho1), n)
	}
	carry := 1.0
	for tau := n - 1; tau >= 0; tau-- {
		scale[tau] = carry
		if f.Schedule != nil {
			scale[tau] *= f.Schedule.Rho1[tau]
			carry *= f.Schedule.Rho0[tau]
		}
	}
	return scale, nil
}

// adjoints returns b_τ = v F_n … F_{τ+1} for τ = 1 … n, and the same with every
// covariate's F̃: K × n × S.
func (f Form) adjoints(tr *cell.Trajectory, v []float64, n int) ([][][]float64, error) {
	full := func(_ *cell.Layout, dst, v []float64, j *cell.Jacobian, _ int) {
		copy(dst, pull(v, j.F, len(v)))
	}
	all := [][][]float64{adjoint(tr, v, n, full)}
	for _, name := range f.Covariates {
		back, err := f.adjointOf(name)
		if err != nil {
			return nil, fmt.Errorf("oracle: closed form: %w", err)
		}
		all = append(all, adjoint(tr, v, n, back))
	}
	return all, nil
}

// adjointOf finds a covariate's way back in time.
func (f Form) adjointOf(name string) (func(l *cell.Layout, dst, v []float64, j *cell.Jacobian, lag int), error) {
	spec, err := estimators.FindCovariate(name)
	switch {
	case err != nil:
		return nil, err
	case spec.Adjoint != nil:
		return spec.Adjoint, nil
	case spec.TrainedAdjoint == nil:
		return nil, fmt.Errorf("covariate %q does not share thetaTilde", name)
	case f.Trained[name] == nil:
		return nil, fmt.Errorf("covariate %q needs its trained weights", name)
	}
	return spec.TrainedAdjoint(f.Trained[name]), nil
}

func adjoint(tr *cell.Trajectory, v []float64, n int,
	back func(l *cell.Layout, dst, v []float64, j *cell.Jacobian, lag int)) [][]float64 {
	b := make([][]float64, n)
	for tau := n - 1; tau >= 0; tau-- {
		if tau == n-1 {
			b[tau] = append([]float64(nil), v...)
			continue
		}
		b[tau] = make([]float64, len(v))
		back(tr.Layout, b[tau], b[tau+1], tr.Steps[tau+1], n-2-tau)
	}
	return b
}

// fill adds up everything for the units from first to end, row by row: within row
// (group, unit) a coordinate differs from its neighbours by its feature z_τ alone.
func (c *Closed) fill(tr *cell.Trajectory, alpha [][][]float64, scale []float64, first, end int) {
	l := tr.Layout
	inner := innerProducts(alpha)
	for g := range l.Groups {
		for unit := first; unit < end; unit++ {
			row := newRow(l, g, unit, len(alpha))
			for tau := range scale {
				row.add(c, alpha, tau, tr.Steps[tau], scale[tau])
			}
			row.finish(c, inner)
		}
	}
}

// row is the work on one row of θ.
type row struct {
	layout      *cell.Layout
	group, unit int
	lo, hi      int
	square      []float64 // Σ_τ β², per coordinate
	gain        []float64 // parts: gain/scale of one τ
	along       []float64 // K: Σ_part α_k·gain of one τ
}

func newRow(l *cell.Layout, g, unit, k int) *row {
	lo, hi := l.Row(g, unit)
	return &row{
		layout: l, group: g, unit: unit, lo: lo, hi: hi,
		square: make([]float64, hi-lo), gain: make([]float64, l.Parts), along: make([]float64, k),
	}
}

// add takes in one time τ.
func (r *row) add(c *Closed, alpha [][][]float64, tau int, j *cell.Jacobian, scale float64) {
	l := r.layout
	z := j.Z[l.Groups[r.group].Lo:l.Groups[r.group].Hi]
	gainSq := 0.0
	for part := range r.gain {
		r.gain[part] = j.Gain[(r.group*l.Parts+part)*l.H+r.unit] / scale
		gainSq += r.gain[part] * r.gain[part]
	}
	accumulateProduct(r.square, gainSq, z, z)
	for k := range alpha {
		r.along[k] = 0
		for part, g := range r.gain {
			r.along[k] += alpha[k][tau][part*l.H+r.unit] * g
		}
		accumulate(c.Mean[k][r.lo:r.hi], r.along[k], z)
		for m := 0; m <= k; m++ {
			same := dot(alpha[k][tau], alpha[m][tau])*gainSq + r.along[k]*r.along[m]
			accumulateProduct(c.equal[k][m][r.lo:r.hi], same, z, z)
			fourth := r.fourth(alpha[k][tau], alpha[m][tau])
			accumulateProduct(c.quartic[k][m][r.lo:r.hi], fourth, z, z)
		}
	}
}

// fourth is Σ_part α_k α_m gain².
func (r *row) fourth(a, b []float64) float64 {
	sum := 0.0
	for part, g := range r.gain {
		at := part*r.layout.H + r.unit
		sum += a[at] * b[at] * g * g
	}
	return sum
}

// finish writes the Gaussian covariances of the row, once the sums over τ are
// whole.
func (r *row) finish(c *Closed, inner [][]float64) {
	for k := range c.Mean {
		for m := 0; m <= k; m++ {
			accumulate(c.gauss[k][m][r.lo:r.hi], inner[k][m], r.square)
			accumulateProduct(c.gauss[k][m][r.lo:r.hi], 1, c.Mean[k][r.lo:r.hi], c.Mean[m][r.lo:r.hi])
		}
	}
}

// Moments are the moments under a noise law of kurtosis κ: 1 for signs, 3 for
// Gaussian noise.
func (c *Closed) Moments(kappa float64) *Moments {
	return &Moments{Step: c.Step, Mean: c.Mean, Cov: addScaled(c.gauss, kappa-3, c.quartic)}
}

// Spatial are the moments of the part of the signals in which both factors take
// their noise from the same time.
func (c *Closed) Spatial(kappa float64) *Moments {
	return &Moments{Step: c.Step, Mean: c.Mean, Cov: addScaled(c.equal, kappa-3, c.quartic)}
}

// Temporal are the moments of the rest, whose mean is zero. They do not depend
// on κ.
func (c *Closed) Temporal() *Moments {
	zero := make([][]float64, len(c.Mean))
	for k := range zero {
		zero[k] = make([]float64, len(c.Mean[k]))
	}
	return &Moments{Step: c.Step, Mean: zero, Cov: addScaled(c.gauss, -1, c.equal)}
}

// addScaled is x + a·y.
func addScaled(x [][][]float64, a float64, y [][][]float64) [][][]float64 {
	out := pairs(len(x), len(x[0][0]))
	for k := range out {
		for l := 0; l <= k; l++ {
			copy(out[k][l], x[k][l])
			accumulate(out[k][l], a, y[k][l])
		}
	}
	return out
}

func yardsticks(tr *cell.Trajectory, b [][]float64) Yardsticks {
	var y Yardsticks
	l := tr.Layout
	for tau := range b {
		whole := 0.0
		for unit := range l.H {
			adjointSq, influenceSq := 0.0, unitInfluenceSq(l, tr.Steps[tau], unit)
			for at := unit; at < len(b[tau]); at += l.H {
				adjointSq += b[tau][at] * b[tau][at]
			}
			y.PerUnit += math.Sqrt(adjointSq * influenceSq)
			whole += influenceSq
		}
		y.PerTime += math.Sqrt(normSq(b[tau]) * whole)
	}
	return Yardsticks{PerTime: y.PerTime * y.PerTime, PerUnit: y.PerUnit * y.PerUnit}
}

// unitInfluenceSq is ‖I_{τ i}‖², the squared length of the immediate influence
// on the state entries of one unit.
func unitInfluenceSq(l *cell.Layout, j *cell.Jacobian, unit int) float64 {
	sum := 0.0
	for g := range l.Groups {
		z := normSq(j.Z[l.Groups[g].Lo:l.Groups[g].Hi])
		for part := range l.Parts {
			gain := j.Gain[(g*l.Parts+part)*l.H+unit]
			sum += gain * gain * z
		}
	}
	return sum
}
