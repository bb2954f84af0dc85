package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// intervals lists a row's figures by name.
func (r *Row) intervals() map[string]Interval {
	return map[string]Interval{
		"bias_sq": r.BiasSq, "var_trace": r.Var, "rel_var": r.RelVar, "rel_bias": r.RelBias, "mse": r.MSE,
		"var_ratio": r.Ratio, "correlation": r.Correlation, "max_z": r.MaxZ, "max_z_p": r.MaxZP,
	}
}

// Whatever the number of draws, a row holds no NaN, and fewer than two groups
// give no error bars.
func TestRowOfFewDraws(t *testing.T) {
	for _, draws := range []int{0, 1, 2, 15, 16, 17, 32, 33, 48, 64, 97} {
		f := newErrorFixture(ScopeOne, draws, 6, 1)
		e := NewErrors(f.moments, &f.c, f.directions)
		r := NewRow(e, e)
		for name, i := range r.intervals() {
			checkInterval(t, fmt.Sprintf("%s of %d draws", name, draws), i)
			if draws <= 16 && (i.HasErr || i.HasCI) {
				t.Errorf("%s of %d draws, one group, has error bars", name, draws)
			}
		}
		if r.Draws != int64(draws) {
			t.Errorf("%d draws reported of %d", r.Draws, draws)
		}
		if (draws >= 2) != r.Var.OK {
			t.Errorf("%d draws: var_trace present is %v", draws, r.Var.OK)
		}
	}
}

// An estimate that does not vary, and is right but for rounding, has no
// variance, no bias and no z: rounding must not be tested for bias.
func TestRowWithoutVariance(t *testing.T) {
	shape := Shape{Signals: 2, Params: 5}
	exact := []float64{0.1, 0.2, -0.3, 1e-3, 7}
	c := Combination{Exact: exact, Offset: make([]float64, 5), Means: [][]float64{make([]float64, 5)}}
	for j, g := range exact {
		c.Offset[j] = g*(1+2.220446049250313e-16) - 0.7 // ε: one rounding away from g
	}
	var moments []*Moments
	for range 8 {
		m := NewMoments(shape)
		y := grid(2, 5)
		fillWith(y[0], 0.7)
		b := packed(shape, []int{0, 1}, nil)
		for w := range Lanes {
			b.Valid[w] = true
			b.Scale[0][w] = 1
			for j := range 5 {
				b.Basis[0][j*Lanes+w] = 0.7
			}
		}
		m.Add(b)
		moments = append(moments, m)
	}
	c.Lambda = []*Lambda{One(nil, 1)}
	e := NewErrors(moments, &c, [][]float64{{1, 0, 0, 0, 0}})
	r := NewRow(e, e)
	if r.Var.Value != 0 || r.Var.HasCI || r.Ratio.OK || r.MaxZ.OK || r.BiasSq.HasErr {
		t.Errorf("var %+v, ratio %+v, max z %+v, bias %+v; want no variance and no test", r.Var, r.Ratio, r.MaxZ, r.BiasSq)
	}
	if math.Abs(r.BiasSq.Value) > 1e-28 {
		t.Errorf("bias_sq %v, want rounding only", r.BiasSq.Value)
	}
}

// A gross bias gives a huge but finite z, and a p that is a number.
func TestHugeZIsFinite(t *testing.T) {
	e := &Errors{N: make([]int64, 64), Q: make([]float64, 64), Gram: make([]float64, 64*64), Along: grid(1, 64), ExactSq: 1}
	for g := range 64 {
		e.N[g], e.Q[g], e.Along[0][g] = 16, 1, 16e6+float64(g)
	}
	e.axisSq = []float64{1}
	z, p := e.maxZ()
	checkInterval(t, "z", z)
	if !z.OK || z.Value < 30 || p.Value > 1e-100 {
		t.Errorf("z %+v, p %+v", z, p)
	}
}

// t with 7 degrees of freedom against a hand computation, groups of unlike size.
func TestZAgainstWeightedT(t *testing.T) {
	sizes := []int64{16, 32, 32, 48, 16, 16, 32, 16}
	means := []float64{0.3, -0.1, 0.25, 0.2, 0.9, -0.4, 0.15, 0.5}
	e := &Errors{N: sizes, Along: grid(1, 8)}
	var w []float64
	for g, n := range sizes {
		e.Along[0][g] = float64(n) * means[g]
		w = append(w, float64(n))
	}
	// Group means have variance σ²/n_g: the weighted mean, and its t.
	mean, total := stat.Mean(means, w), sum(w)
	spread := 0.0
	for g, m := range means {
		spread += w[g] * sq(m-mean)
	}
	tt := mean / math.Sqrt(spread/7/total)
	want := 2 * distuv.StudentsT{Sigma: 1, Nu: 7}.Survival(math.Abs(tt))
	e.axisSq = []float64{1}
	test, ok := e.axisTest(0)
	if !ok {
		t.Fatal("absent")
	}
	near(t, "p", test.p, want, 0)
}

// The MCSE of var_trace is the jackknife of the definition: equal groups, on the
// log scale.
func TestVarianceMCSE(t *testing.T) {
	f := newErrorFixture(ScopeTrace, 6*16, 6, 1)
	e := NewErrors(f.moments, &f.c, nil)
	var left []float64
	for g := range 6 {
		v, _ := brute(f.without(g))
		left = append(left, math.Log(v))
	}
	v, _ := brute(f.errors)
	got := NewRow(e, nil).Var
	near(t, "MCSE", got.MCSE, v*math.Sqrt(25.0/6*stat.Variance(left, nil)), 1)
}

// Unequal groups: the jackknife variance of a mean of Gaussian draws is 1/N on
// average, though one group is a sixteenth of the others. The second check is of
// the simulation itself.
func TestJackknifeOfUnequalGroups(t *testing.T) {
	r := newRand(110)
	const reps = 4000
	var estimate, truth float64
	sizes := []int64{16, 16, 32, 32, 32, 64, 1, 16, 32, 32}
	for range reps {
		total, n := 0.0, int64(0)
		sums := make([]float64, len(sizes))
		for g, size := range sizes {
			sums[g] = r.NormFloat64() * math.Sqrt(float64(size))
			total, n = total+sums[g], n+size
		}
		j := Jackknife{Value: total / float64(n)}
		for g, size := range sizes {
			j.Add((total-sums[g])/float64(n-size), size)
		}
		v, _ := j.Variance()
		estimate += v / reps
		truth += sq(j.Value) / reps
	}
	// The truth is 1/N exactly; N = 273.
	within(t, "mean of the jackknife variance × N", estimate*273, 1, 0.05)
	within(t, "variance of the mean × N", truth*273, 1, 0.08)
}

// pair is an estimator and the same with a control variate, which takes away the
// part along a: e = s a + ½ s' b and ½ s' b, with s, s' products of a Gaussian and
// a log-normal. The true ratio is ¼/(1 + ¼) = 1/5.
func pair(r *rand.Rand, p, draws, groups int, tail float64) (plain, cv *Errors) {
	seed := r.Uint64()
	b := product(p, tail)
	cv = law{p: p, draw: func(r *rand.Rand, e []float64) { b.draw(r, e); scaleTo(e, e, 0.5) }}.simulate(newRand(seed), draws, groups, 0)
	noise := newRand(seed)
	other := newRand(seed + 1)
	rest := make([]float64, p)
	plain = law{p: p, draw: func(_ *rand.Rand, e []float64) {
		b.draw(noise, e)
		b.draw(other, rest)
		for j := range e {
			e[j] = 0.5*e[j] + rest[j]
		}
	}}.simulate(nil, draws, groups, 0)
	return plain, cv
}

// Intervals of var_trace and var_ratio against the truth: 93–97 % of 1,000 runs
// for light tails and for log-normal ones of width 0.4; 92 % at least for 512 draws
// with tails of width 0.8, where mse has 93 %. (1,000 runs at 95 %: a binomial standard
// deviation of 0.69 %.)
func TestRowCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("simulation")
	}
	const runs = 1000
	for i, test := range []struct {
		p, draws int
		tail     float64
		low      float64
	}{{4, 512, 0, 0.93}, {4, 500, 0, 0.93}, {4, 2048, 0.4, 0.93}, {4, 512, 0.8, 0.92}} {
		r := newRand(uint64(300 + i))
		truth := float64(test.p) * math.Exp(2*sq(test.tail)) * 1.25
		var variance, ratio, mse int
		for range runs {
			plain, cv := pair(r, test.p, test.draws, 32, test.tail)
			a, b := NewRow(plain, nil), NewRow(cv, plain)
			count(&variance, a.Var.Lo <= truth && truth <= a.Var.Hi)
			count(&mse, a.MSE.Lo <= truth && truth <= a.MSE.Hi)
			count(&ratio, b.Ratio.Lo <= 0.2 && 0.2 <= b.Ratio.Hi)
		}
		for name, hits := range map[string]int{"var_trace": variance, "mse": mse, "var_ratio": ratio} {
			got := float64(hits) / runs
			t.Logf("N=%d tail %.1f: %s %.3f", test.draws, test.tail, name, got)
			if got < test.low || got > 0.97 {
				t.Errorf("N=%d tail %v: %s covers %.3f", test.draws, test.tail, name, got)
			}
		}
	}
}
