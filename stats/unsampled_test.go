package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// unsampledLaw is a positive weight of mean 1: of an estimate W·g of g.
type unsampledLaw struct {
	name   string
	weight func(r *rand.Rand) float64
	draws  int
	// least and most of the runs that are withheld; most that may still reject.
	least, most, rejects float64
}

func squares(factors int) func(r *rand.Rand) float64 {
	return func(r *rand.Rand) float64 {
		w := 1.0
		for range factors {
			w *= sq(r.NormFloat64())
		}
		return w
	}
}

func logNormal(width float64) func(r *rand.Rand) float64 {
	return func(r *rand.Rand) float64 { return math.Exp(width*r.NormFloat64() - width*width/2) }
}

// Where the tail is not drawn the mean is missing it, and the tests find that as a
// bias of an unbiased estimator. What is withheld must hold all of that, and nothing
// where the tests hold their level.
func TestUnsampledTails(t *testing.T) {
	if testing.Short() {
		t.Skip("simulation")
	}
	const runs, groups = 400, 32
	for i, law := range []unsampledLaw{
		{"1 square", squares(1), 512, 0, 0, 0.08}, {"1 square", squares(1), 4096, 0, 0, 0.1},
		{"log-normal 0.5", logNormal(0.5), 512, 0, 0, 0.08}, {"log-normal 0.8", logNormal(0.8), 4096, 0, 0.01, 0.09},
		{"3 squares", squares(3), 512, 0.5, 1, 0.09}, {"5 squares", squares(5), 512, 0.95, 1, 0.02},
		{"12 squares", squares(12), 512, 1, 1, 0}, {"5 squares", squares(5), 4096, 0.95, 1, 0.02},
		{"12 squares", squares(12), 4096, 1, 1, 0}, {"log-normal 2", logNormal(2), 4096, 0.95, 1, 0.02},
	} {
		r := newRand(uint64(2100 + i))
		rejected, withheld, wrong := 0, 0, 0
		for range runs {
			tails, p := law.run(r, groups)
			count(&rejected, p < 0.05)
			count(&withheld, tails.Unsampled())
			count(&wrong, p < 0.05 && !tails.Unsampled())
		}
		rate := func(n int) float64 { return float64(n) / runs }
		t.Logf("%-14s %5d draws: rejects %.3f, withheld %.3f, rejects and told %.3f", law.name, law.draws, rate(rejected), rate(withheld), rate(wrong))
		if w := rate(withheld); w < law.least || w > law.most {
			t.Errorf("%s, %d draws: withheld %.3f, want %v to %v", law.name, law.draws, w, law.least, law.most)
		}
		if w := rate(wrong); w > law.rejects {
			t.Errorf("%s, %d draws: rejects %.3f, want at most %v", law.name, law.draws, w, law.rejects)
		}
	}
}

// run draws W·g for a g of length 1 and tests for a bias along g.
func (l *unsampledLaw) run(r *rand.Rand, groups int) (*Tails, float64) {
	sums := make([]float64, groups)
	n := make([]int64, groups)
	var tails Tails
	for i := range l.draws {
		w := l.weight(r)
		tails.Add(w * w)
		sums[i/Lanes%groups] += w - 1
		n[i/Lanes%groups]++
	}
	e := &Errors{N: n, Along: [][]float64{sums}, axisSq: []float64{1}}
	test, _ := e.axisTest(0)
	return &tails, test.p
}

// The interval of var_trace where the draws take few values: ± one vector (as of one
// sign), the four of two signs, a rare one. The exact variance is that of the law.
// Where all draws are equally far from their mean, var_trace errs by a factor
// (1 − χ²₁/N) N/(N − 1), which is never outside an interval of √2 t/N or more: what
// the jackknife alone, in brackets, leaves out lies within it.
func TestVarianceOfFewValues(t *testing.T) {
	if testing.Short() {
		t.Skip("simulation")
	}
	sign := func(r *rand.Rand) float64 { return float64(1 - 2*r.IntN(2)) }
	for i, c := range []struct {
		law         law
		truth       float64
		draws       int
		most, alone float64 // that the interval, and the jackknife's alone, may cover
	}{
		{law{"± v", 3, func(r *rand.Rand, e []float64) { s := sign(r); e[0], e[1], e[2] = s, 2*s, -s }}, 6, 512, 1, 0.9},
		{law{"± v", 3, func(r *rand.Rand, e []float64) { s := sign(r); e[0], e[1], e[2] = s, 2*s, -s }}, 6, 4096, 1, 0.9},
		{law{"± v ± w, across", 2, func(r *rand.Rand, e []float64) { e[0], e[1] = sign(r), 3*sign(r) }}, 10, 512, 1, 0.97},
		{law{"± v ± w, along", 1, func(r *rand.Rand, e []float64) { e[0] = 3*sign(r) + sign(r) }}, 10, 512, 0.98, 0.98},
		{law{"± v ± w/100", 1, func(r *rand.Rand, e []float64) { e[0] = 3*sign(r) + 0.03*sign(r) }}, 9.0009, 512, 1, 1},
		{law{"0 or ± v", 1, func(r *rand.Rand, e []float64) { e[0] = float64(r.IntN(2)) * sign(r) }}, 0.5, 512, 0.98, 0.98},
	} {
		r := newRand(uint64(2200 + i))
		const runs = 2000
		hits, alone := 0, 0
		for range runs {
			e := c.law.simulate(r, c.draws, 32, 0)
			v, j := VarOf(e), e.logJackknife(e.Variance)
			count(&hits, v.HasCI && v.Lo <= c.truth && c.truth <= v.Hi)
			count(&alone, j.HasCI && j.Lo <= c.truth && c.truth <= j.Hi)
		}
		rate, jack := float64(hits)/runs, float64(alone)/runs
		t.Logf("%s, %d draws: covers %.3f (%.3f)", c.law.name, c.draws, rate, jack)
		if rate < 0.93 || rate > c.most || jack > c.alone {
			t.Errorf("%s, %d draws: covers %.3f (%.3f)", c.law.name, c.draws, rate, jack)
		}
	}
}
