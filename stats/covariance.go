package stats

// Scope says what a coefficient λ is shared by.
type Scope string

// The scopes: λ = 1; one λ per step; one for all steps; one per hidden unit and
// step; one per coordinate and step.
const (
	ScopeOne        Scope = "one"
	ScopeTrace      Scope = "trace"
	ScopePooled     Scope = "pooled"
	ScopeUnit       Scope = "unit"
	ScopeCoordinate Scope = "coordinate"
)

// bins is the number of separate coefficients of one step.
func (s Scope) bins(shape *Shape) int {
	switch s {
	case ScopeUnit:
		return shape.Units
	case ScopeCoordinate:
		return shape.Params
	}
	return 1
}

// covariances writes out[bin*Pairs+pair], the sample covariances of the signals
// summed over the coordinates of each bin: with N draws,
//
//	Cov_kl = (Σ_n ⟨y_k, y_l⟩ − ⟨Σ_n y_k, Σ_n y_l⟩/N)/(N−1).
//
// The sample means centre them, although the covariates' means are known: the
// known mean would save one degree of freedom of N, and cost the guarantee that
// λ is the ordinary least-squares slope.
func (m *Moments) covariances(scope Scope, out []float64) {
	pairs := m.Shape.Pairs()
	clear(out)
	if m.N < 2 {
		return
	}
	n := float64(m.N)
	for k := 0; k < m.Shape.Signals; k++ {
		for l := 0; l <= k; l++ {
			at := Pair(k, l)
			m.meanProducts(scope, k, l, func(bin int, v float64) { out[bin*pairs+at] -= v / n })
			for bin, v := range m.second(scope, at) {
				out[bin*pairs+at] = aboveRounding(out[bin*pairs+at]+v, v, k == l) / (n - 1)
			}
		}
	}
}

// aboveRounding is v, but zero for a variance that is only the rounding of the
// raw moment that it was taken from: a covariate that does not vary must not get
// a coefficient.
func aboveRounding(v, raw float64, variance bool) float64 {
	if variance && v <= relRounding*raw {
		return 0
	}
	return v
}

// second returns the raw second moments of a pair, by bin.
func (m *Moments) second(scope Scope, pair int) []float64 {
	switch scope {
	case ScopeUnit:
		return m.Unit[pair]
	case ScopeCoordinate:
		return m.Coord[pair]
	}
	return m.Gram[pair : pair+1]
}

// meanProducts calls add with the bin and the product of the sums, coordinate
// by coordinate.
func (m *Moments) meanProducts(scope Scope, k, l int, add func(bin int, v float64)) {
	x, y := m.Sum[k], m.Sum[l]
	switch scope {
	case ScopeUnit:
		for j, v := range x {
			add(int(m.Shape.UnitOf[j]), v*y[j])
		}
	case ScopeCoordinate:
		for j, v := range x {
			add(j, v*y[j])
		}
	default:
		add(0, dot(x, y))
	}
}

// nearSingular is the share of a covariate's variance that must be left after
// the covariates before it are regressed out; below it, it adds only noise.
const nearSingular = 1e-10

// solve finds λ with Var(c) λ = Cov(c, y_0) for the covariates in signals, from
// the packed covariances of one bin, by Cholesky's decomposition in the order
// given. A covariate without variance of its own beyond the earlier ones gets
// λ = 0; it is counted in dropped if it varies at all.
func solve(cov []float64, signals []int, lambda []float64, f *factor) (dropped int) {
	n := len(signals)
	for i := 0; i < n; i++ {
		for j := 0; j <= i; j++ {
			v := cov[Pair(signals[i], signals[j])]
			own := v
			for k := 0; k < j; k++ {
				v -= f.at(i, k) * f.at(j, k)
			}
			f.set(i, j, v)
			switch {
			case i == j && v <= nearSingular*own:
				f.drop(i)
				if own > 0 {
					dropped++
				}
			case i == j:
				f.set(i, i, sqrt(v))
			case f.at(j, j) > 0:
				f.set(i, j, v/f.at(j, j))
			default:
				f.set(i, j, 0)
			}
		}
	}
	f.substitute(cov, signals, lambda)
	return dropped
}

// factor is the lower triangle of Cholesky's decomposition; a dropped row has a
// zero on the diagonal.
type factor struct {
	n int
	l []float64
}

func newFactor(n int) *factor             { return &factor{n, make([]float64, n*n)} }
func (f *factor) at(i, j int) float64     { return f.l[i*f.n+j] }
func (f *factor) set(i, j int, v float64) { f.l[i*f.n+j] = v }
func (f *factor) drop(i int)              { clear(f.l[i*f.n : i*f.n+i+1]) }

func (f *factor) substitute(cov []float64, signals []int, lambda []float64) {
	for i := range signals {
		v := cov[Pair(signals[i], 0)]
		for k := 0; k < i; k++ {
			v -= f.at(i, k) * lambda[k]
		}
		lambda[i] = divide(v, f.at(i, i))
	}
	for i := f.n - 1; i >= 0; i-- {
		v := lambda[i]
		for k := i + 1; k < f.n; k++ {
			v -= f.at(k, i) * lambda[k]
		}
		lambda[i] = divide(v, f.at(i, i))
	}
}

// divide is v/d, and 0 for a dropped row.
func divide(v, d float64) float64 {
	if d == 0 {
		return 0
	}
	return v / d
}
