package stats

import (
	"math"
	"slices"
)

// Lambda is a fitted coefficient: what covariate i of a combination is
// multiplied with at each step and coordinate.
type Lambda struct {
	Scope   Scope
	Signals []int // the covariates, as signal numbers
	unitOf  []int32
	values  [][]float64 // steps × (bins·covariates); one row for all steps when pooled
	// Mean is, per step and covariate, λ with its jackknife MCSE and interval. Where λ
	// differs by unit or coordinate it is the mean over those in which the covariate
	// varies: in the others it does nothing, whatever its λ, which is 0; of none it is 0.
	// (Tried: weights by the covariate's variance. That is the λ of scope trace.) After
	// Combine it is the mean over the folds.
	Mean [][]Interval
	// Overall is, per covariate, the mean of Mean over the steps; its error takes
	// into account that all steps share their draws.
	Overall []Interval
	// Dropped counts, per step (one entry when pooled), the (bin, covariate) that
	// vary but were left out because the covariates before them explain them.
	Dropped []int

	// What Combine needs of a fold: the groups that hold draws and were fitted on, and
	// the jackknives behind Mean (one entry when pooled) and Overall.
	fitted  []int
	means   [][]Jackknife
	overall []Jackknife
}

// Scalar reports whether λ is the same for all coordinates of a step.
func (l *Lambda) Scalar() bool { return l.Scope != ScopeUnit && l.Scope != ScopeCoordinate }

// At is the coefficient of covariate i (0-based within Signals) at step m for
// coordinate j.
func (l *Lambda) At(m, i, j int) float64 {
	switch l.Scope {
	case ScopeUnit:
		return l.Bin(m, i, int(l.unitOf[j]))
	case ScopeCoordinate:
		return l.Bin(m, i, j)
	}
	return l.Bin(m, i, 0)
}

// Bin is the coefficient of covariate i at step m for a hidden unit or a
// coordinate, as the scope has it; 0 is the only bin of the other scopes.
func (l *Lambda) Bin(m, i, bin int) float64 {
	if l.Scope == ScopePooled {
		m = 0
	}
	return l.values[m][bin*len(l.Signals)+i]
}

// DroppedAt is Dropped at step m; 0 where nothing was fitted.
func (l *Lambda) DroppedAt(m int) int {
	switch {
	case l.Dropped == nil:
		return 0
	case l.Scope == ScopePooled:
		m = 0
	}
	return l.Dropped[m]
}

// One is λ = 1 at every step, or the coefficient of a combination without
// covariates.
func One(signals []int, steps int) *Lambda {
	l := &Lambda{Scope: ScopeOne, Signals: signals, values: grid(steps, len(signals)), Overall: make([]Interval, len(signals))}
	for i := range l.Overall {
		l.Overall[i] = Interval{Value: 1, OK: true}
	}
	for m := range l.values {
		fillWith(l.values[m], 1)
	}
	l.Mean = slices.Repeat([][]Interval{l.Overall}, steps)
	return l
}

// Fit finds λ* = Var(c)^{-1} Cov(c, y_0) from groups[g][step], using only the
// groups for which use is true (nil: all). The errors of its means are from a
// delete-a-group jackknife over those groups.
func Fit(groups [][]*Moments, signals []int, scope Scope, use func(group int) bool) *Lambda {
	steps := len(groups[0])
	if scope == ScopeOne {
		return One(signals, steps)
	}
	unitOf := groups[0][0].Shape.UnitOf
	groups = selected(groups, countFrom(0, steps), signals, scope)
	f := &fit{scope: scope, signals: countFrom(1, len(signals)), shape: &groups[0][0].Shape}
	l := &Lambda{Scope: scope, Signals: signals, unitOf: unitOf}
	for g := range groups {
		if use == nil || use(g) {
			f.groups = append(f.groups, groups[g])
			l.fitted = append(l.fitted, g)
		}
	}
	l.fitted = slices.DeleteFunc(l.fitted, func(g int) bool { return groups[g][0].N == 0 })
	if scope == ScopePooled {
		l.overall = l.add(f.solve(0, steps))
		l.setMeans(steps)
		return l
	}
	l.overall = make([]Jackknife, len(signals))
	for m := range steps {
		for i, jack := range l.add(f.solve(m, m+1)) {
			l.overall[i].accumulate(&jack, float64(steps))
		}
	}
	l.setMeans(steps)
	return l
}

// setMeans sets Mean and Overall from the jackknives.
func (l *Lambda) setMeans(steps int) {
	l.Overall, l.Mean = intervals(l.overall), nil
	for _, jacks := range l.means {
		l.Mean = append(l.Mean, intervals(jacks))
	}
	if l.Scope == ScopePooled {
		l.Mean = slices.Repeat(l.Mean, steps)
	}
}

func intervals(jacks []Jackknife) []Interval {
	out := make([]Interval, len(jacks))
	for i := range jacks {
		out[i] = jacks[i].Interval()
	}
	return out
}

// add appends a fitted step.
func (l *Lambda) add(values []float64, jacks []Jackknife, dropped int) []Jackknife {
	l.values = append(l.values, values)
	l.means = append(l.means, jacks)
	l.Dropped = append(l.Dropped, dropped)
	return jacks
}

type fit struct {
	scope   Scope
	signals []int
	shape   *Shape
	groups  [][]*Moments
}

// solve fits one λ to the steps [from, to) together and returns the jackknives of
// its means, one per covariate.
func (f *fit) solve(from, to int) (values []float64, jacks []Jackknife, dropped int) {
	total := f.totals(from, to)
	size := f.scope.bins(f.shape) * f.shape.Pairs()
	cov, one := make([]float64, size), make([]float64, size)
	for _, t := range total {
		t.covariances(f.scope, one)
		axpy(1, one, cov)
	}
	lambda, dropped := f.lambdas(cov)
	jacks = make([]Jackknife, len(f.signals))
	for i := range jacks {
		jacks[i].Value = f.mean(lambda, cov, i)
	}
	for _, g := range f.groups {
		if g[from].N == 0 {
			continue
		}
		clear(cov)
		for i, t := range total {
			t.Remove(g[from+i])
			t.covariances(f.scope, one)
			t.Merge(g[from+i])
			axpy(1, one, cov)
		}
		left, _ := f.lambdas(cov)
		for i := range jacks {
			jacks[i].Add(f.mean(left, cov, i), g[from].N)
		}
	}
	return lambda, jacks, dropped
}

func (f *fit) totals(from, to int) []*Moments {
	var totals []*Moments
	for m := from; m < to; m++ {
		t := NewMoments(*f.shape)
		for _, g := range f.groups {
			t.Merge(g[m])
		}
		totals = append(totals, t)
	}
	return totals
}

// lambdas solves every bin.
func (f *fit) lambdas(cov []float64) (lambda []float64, dropped int) {
	n, pairs := len(f.signals), f.shape.Pairs()
	bins := len(cov) / pairs
	lambda = make([]float64, bins*n)
	scratch := newFactor(n)
	for b := range bins {
		dropped += solve(cov[b*pairs:(b+1)*pairs], f.signals, lambda[b*n:(b+1)*n], scratch)
	}
	return lambda, dropped
}

// mean is the mean of the coefficient of covariate i over the bins in which the
// covariate varies; cov are the covariances that λ was solved from.
func (f *fit) mean(lambda, cov []float64, i int) float64 {
	n, pairs := len(f.signals), f.shape.Pairs()
	sum, varying := 0.0, 0.0
	for bin := range len(lambda) / n {
		if cov[bin*pairs+Pair(f.signals[i], f.signals[i])] > 0 {
			sum, varying = sum+lambda[bin*n+i], varying+1
		}
	}
	return divide(sum, varying)
}

func fillWith(x []float64, v float64) {
	for i := range x {
		x[i] = v
	}
}

func sqrt(v float64) float64 { return math.Sqrt(v) }
