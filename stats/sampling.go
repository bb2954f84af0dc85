package stats

// Sampling says what a set of draws is: a sample of the noise, or its population,
// every pattern of the noise taken once. A figure of the population is exact: it
// has no Monte Carlo error, variances are over N, and there is nothing to test.
type Sampling int

// Values of Sampling.
const (
	Sample Sampling = iota
	Population
)

// Row is NewRow or newPopulationRow.
func (s Sampling) Row(e, plain *Errors) Row {
	if s == Population {
		return newPopulationRow(e, plain)
	}
	return NewRow(e, plain)
}

// Figure takes the error off a figure of the population.
func (s Sampling) Figure(i Interval) Interval {
	if s == Population {
		return i.exact()
	}
	return i
}

// Fit is Fit; the λ of the population has no error.
func (s Sampling) Fit(groups [][]*Moments, signals []int, scope Scope, use func(group int) bool) *Lambda {
	l := Fit(groups, signals, scope, use)
	if s == Population {
		l.makeExact()
	}
	return l
}

// ByCoordinate is ByCoordinate; the variances of the population are over N.
func (s Sampling) ByCoordinate(groups []*Moments, c *Combination) (mean, variance []float64) {
	mean, variance = ByCoordinate(groups, c)
	if s == Sample {
		return mean, variance
	}
	n := 0.0
	for _, m := range groups {
		n += float64(m.N)
	}
	for j := range variance {
		variance[j] *= divide(n-1, n)
	}
	return mean, variance
}
