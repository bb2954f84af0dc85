package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is an estimate with its Monte Carlo standard error and its 95 %
// interval. A part that could not be had (fewer than two groups, no variance)
// is absent, never NaN.
type Interval struct {
	Value  float64
	OK     bool    // Value is there
	MCSE   float64 // ≥ 0
	HasErr bool    // MCSE is there
	Lo, Hi float64
	HasCI  bool // Lo and Hi are there
}

// Jackknife is the delete-a-group jackknife for groups of unequal size (Busing,
// Meijer & van der Leeden 1999): with h_g = N/N_g, θ_J the jackknife estimate
// and pseudo-values θ̃_g = h_g θ − (h_g − 1) θ_{−g},
//
//	Var(θ) = (1/G) Σ_g (θ̃_g − θ_J)²/(h_g − 1),  θ_J = Gθ − Σ_g (1 − 1/h_g) θ_{−g}.
//
// For equal groups it is the textbook (G−1)/G Σ (θ_{−g} − θ_{−·})².
type Jackknife struct {
	Value float64 // θ from all draws
	left  []float64
	sizes []int64
	total int64
}

// Add takes in θ_{−g}, the value without a group of n draws.
func (j *Jackknife) Add(left float64, n int64) {
	j.left = append(j.left, left)
	j.sizes = append(j.sizes, n)
	j.total += n
}

// accumulate adds o/n to the statistic, replicate by replicate: the mean of n
// statistics of the same draws.
func (j *Jackknife) accumulate(o *Jackknife, n float64) {
	if j.left == nil {
		j.left = make([]float64, len(o.left))
		j.sizes, j.total = o.sizes, o.total
	}
	j.Value += o.Value / n
	axpy(1/n, o.left, j.left)
}

// Groups is the number of groups taken in.
func (j *Jackknife) Groups() int { return len(j.left) }

// contributions are the z_g = (θ̃_g − θ_J)/√(G(h_g − 1)), whose squares sum to
// Var(θ).
func (j *Jackknife) contributions() []float64 {
	g := float64(len(j.left))
	center := g * j.Value
	for i, left := range j.left {
		center -= (1 - float64(j.sizes[i])/float64(j.total)) * left
	}
	z := make([]float64, len(j.left))
	for i, left := range j.left {
		h := float64(j.total) / float64(j.sizes[i])
		z[i] = (h*j.Value - (h-1)*left - center) / math.Sqrt(g*(h-1))
	}
	return z
}

// Variance is Var(θ); absent with fewer than two groups or if it is not finite.
func (j *Jackknife) Variance() (v float64, ok bool) {
	se, _, ok := j.error()
	return se * se, ok && finite(se*se)
}

// error is √Var(θ), and the contributions in units of a power of two.
func (j *Jackknife) error() (se float64, z []float64, ok bool) {
	if len(j.left) < 2 {
		return 0, nil, false
	}
	z = j.contributions()
	unit := unitOf(largest(z))
	z = divided(z, unit)
	for _, c := range z {
		se += c * c
	}
	se = unit * math.Sqrt(se)
	return se, z, finite(se)
}

// Interval is θ with its standard error and the studentised interval of
// multipliers.
func (j *Jackknife) Interval() Interval {
	out := Interval{Value: j.Value, OK: finite(j.Value)}
	se, z, ok := j.error()
	if !ok || !out.OK {
		return out
	}
	out.MCSE, out.HasErr = se, true
	lo, hi := multipliers(z)
	out.Lo, out.Hi = j.Value-hi*out.MCSE, j.Value-lo*out.MCSE
	out.HasCI = finite(out.Lo) && finite(out.Hi)
	return out
}

// present is a figure without an error, absent where it is not finite.
func present(v float64) Interval {
	if !finite(v) {
		return Interval{}
	}
	return Interval{Value: v, OK: true}
}

// tQuantile is the 97.5 % point of Student's t.
func tQuantile(dof int) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(dof)}.Quantile(0.975)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
