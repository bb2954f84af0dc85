package verify

import (
	"math"
	"slices"
)

// Columns are the figures of a row by the names of their columns. A figure that
// does not exist is not there.
type Columns map[string]float64

// sample is the draws of a row, kept one by one: those of one step, of the steps
// as one long vector, or of the sum over them. All figures are formed of it by two
// passes, from their definitions.
type sample struct {
	group  []int       // of every draw
	e      [][]float64 // ĝ − g
	plain  [][]float64 // the same without covariates; nil for an estimator that has none
	exact  []float64   // g
	axes   [][]float64 // directions that a bias is looked for along; g is the last
	all    bool        // the draws are all there are
	shared []float64   // derivative of θ by the one parameter of all weights; nil without
	// Sums of squares of all that e and plain are made of, over the draws: they are known
	// to roundings of these and no better.
	parts, plainParts float64
}

// roundingOfSums is the share of the squares of what an error is made of below which its
// variance is none: far above what sums of a million squares lose.
const roundingOfSums = 1e-12

func (s *sample) columns() Columns {
	scaled, x := s.scaled()
	c := scaled.formed()
	c.unscale(x)
	return c
}

func (s *sample) formed() Columns {
	c := Columns{}
	s.addMoments(c)
	if s.all {
		return c
	}
	s.addErrors(c)
	s.addBias(c)
	s.addLargestZ(c)
	return c
}

// moments are the variance (n − 1; of all draws n) and the squared bias of the draws
// that are not of the group without. A variance that is rounding of the parts is 0, and
// then all draws are the mean.
func (s *sample) moments(e [][]float64, parts float64, without int) (n, variance, bias float64) {
	mean := make([]float64, len(s.exact))
	for i, x := range e {
		if s.group[i] == without {
			continue
		}
		n++
		for j, v := range x {
			mean[j] += v
		}
	}
	for j := range mean {
		mean[j] /= n
	}
	scatter := 0.0
	for i, x := range e {
		if s.group[i] != without {
			d := distance(x, mean)
			scatter += d * d
		}
	}
	bias = dot(mean, mean)
	switch {
	case n > 1 && scatter <= roundingOfSums*parts:
		return n, 0, bias
	case s.all:
		return n, scatter / n, bias
	}
	variance = scatter / (n - 1)
	return n, variance, bias - variance/n
}

// sizes are the draws per group, of the groups that have any.
func (s *sample) sizes() (groups []int, sizes []float64) {
	count := map[int]float64{}
	for _, g := range s.group {
		count[g]++
	}
	for g := range count {
		groups = append(groups, g)
	}
	slices.Sort(groups)
	for _, g := range groups {
		sizes = append(sizes, count[g])
	}
	return groups, sizes
}

// jackknife leaves every group out in turn; ok is false where the figure does not
// exist without one of them.
func (s *sample) jackknife(of func(without int) float64) (l leaveOut, ok bool) {
	groups, sizes := s.sizes()
	l = leaveOut{value: of(-1), sizes: sizes}
	for _, g := range groups {
		left := of(g)
		if math.IsNaN(left) || math.IsInf(left, 0) {
			return l, false
		}
		l.left = append(l.left, left)
	}
	return l, len(l.left) > 1
}

func (s *sample) addMoments(c Columns) {
	n, variance, bias := s.moments(s.e, s.parts, -1)
	groups, _ := s.sizes()
	exactSq := dot(s.exact, s.exact)
	c["n_draws"], c["n_groups"], c["exact_norm_sq"] = n, float64(len(groups)), exactSq
	if n < 2 && !s.all {
		return
	}
	c["var_trace"], c["bias_sq"], c["mse"] = variance, bias, variance+bias
	c["rounding"] = roundingOfSums * s.parts / n
	if exactSq > 0 {
		c["rel_var"] = variance / exactSq
		c["along_error"] = s.meanAlong(s.exact)(-1) / exactSq
	}
	if s.plain != nil {
		if _, plain, _ := s.moments(s.plain, s.plainParts, -1); plain > 0 {
			c["var_ratio"] = variance / plain
		}
	}
	if s.shared != nil {
		c["shared_exact"] = dot(s.exact, s.shared)
		c["shared_error"] = s.meanAlong(s.shared)(-1)
	}
	if s.all {
		s.addExactErrors(c)
	}
}

// addExactErrors are those of figures that have none.
func (s *sample) addExactErrors(c Columns) {
	for name, of := range map[string]string{"bias_sq_mcse": "bias_sq", "var_trace_mcse": "var_trace", "along_exact_mcse": "along_error", "shared_mcse": "shared_error"} {
		if _, ok := c[of]; ok {
			c[name] = 0
		}
	}
	for _, name := range []string{"var_trace", "var_ratio", "bias_sq"} {
		if v, ok := c[name]; ok {
			c[name+"_lo"], c[name+"_hi"] = v, v
		}
	}
	if c["exact_norm_sq"] > 0 {
		c["bias_bound"] = math.Sqrt(c["bias_sq"] / c["exact_norm_sq"])
	}
}

// meanAlong is the mean of e·axis over the draws but those of a group.
func (s *sample) meanAlong(axis []float64) func(without int) float64 {
	along := make([]float64, len(s.e))
	for i, x := range s.e {
		along[i] = dot(x, axis)
	}
	return func(without int) float64 {
		sum, n := 0.0, 0.0
		for i, v := range along {
			if s.group[i] != without {
				sum, n = sum+v, n+1
			}
		}
		return sum / n
	}
}

// addErrors are the standard errors and intervals that leave a group out: of
// variances on the log scale.
func (s *sample) addErrors(c Columns) {
	logOf := func(name string, of func(without int) float64) {
		value, ok := c[name]
		if !ok || value <= 0 {
			return
		}
		if l, ok := s.jackknife(func(g int) float64 { return math.Log(of(g)) }); ok {
			lo, hi := l.interval()
			se, _ := l.mcse()
			c[name+"_mcse"], c[name+"_lo"], c[name+"_hi"] = value*se, math.Exp(lo), math.Exp(hi)
		}
	}
	variance := func(e [][]float64, parts float64) func(g int) float64 {
		return func(g int) float64 { _, v, _ := s.moments(e, parts, g); return v }
	}
	logOf("var_trace", variance(s.e, s.parts))
	s.widen(c)
	if s.plain != nil {
		of, plain := variance(s.e, s.parts), variance(s.plain, s.plainParts)
		logOf("var_ratio", func(g int) float64 { return of(g) / plain(g) })
		delete(c, "var_ratio_mcse") // no column
	}
	if l, ok := s.jackknife(s.meanAlong(s.exact)); ok && c["exact_norm_sq"] > 0 {
		se, _ := l.mcse()
		c["along_exact_mcse"] = se / c["exact_norm_sq"]
	}
	if s.shared != nil {
		if l, ok := s.jackknife(s.meanAlong(s.shared)); ok {
			c["shared_mcse"], _ = l.mcse()
		}
	}
}

// widen gives var_trace's error what a degenerate U-statistic of N draws has at most,
// √2/N of it, and its interval Student's point times that.
func (s *sample) widen(c Columns) {
	if _, ok := c["var_trace_lo"]; !ok {
		return
	}
	least, groups := math.Sqrt2/float64(len(s.e)), c["n_groups"]
	reach := math.Exp(studentPoint(0.025, groups-1) * least)
	c["var_trace_mcse"] = math.Max(c["var_trace_mcse"], c["var_trace"]*least)
	c["var_trace_lo"] = math.Min(c["var_trace_lo"], c["var_trace"]/reach)
	c["var_trace_hi"] = math.Max(c["var_trace_hi"], c["var_trace"]*reach)
}

// leastGroupsOfZ is how many groups the largest |z| needs.
const leastGroupsOfZ = 6

// addLargestZ is the largest |z| of Student's tests of the groups' means along the
// axes. Its family-wise p is bounded by that of the one test and, below, by as many
// times it as there are axes: "max_z_p_lo" and "max_z_p_hi", which are no columns.
func (s *sample) addLargestZ(c Columns) {
	groups, sizes := s.sizes()
	if len(groups) < leastGroupsOfZ || c["var_trace"] <= 0 {
		return
	}
	largest, tests := 0.0, 0.0
	for _, axis := range s.axes {
		along, total := map[int]float64{}, 0.0
		for i, x := range s.e {
			v := dot(x, axis)
			along[s.group[i]] += v
			total += v
		}
		n, spread := float64(len(s.e)), 0.0
		for i, g := range groups {
			spread += sizes[i] * math.Pow(along[g]/sizes[i]-total/n, 2)
		}
		if spread <= roundingOfSums*roundingOfSums*s.parts*dot(axis, axis) { // sums without squares
			continue
		}
		tests++
		largest = math.Max(largest, math.Abs(total/n)/math.Sqrt(spread/float64(len(groups)-1)/n))
	}
	if tests == 0 {
		return
	}
	p := 2 * studentTail(largest, float64(len(groups)-1))
	c["max_z"] = normalPoint(p / 2)
	c["max_z_p_lo"], c["max_z_p_hi"] = p, math.Min(1, tests*p)
}
