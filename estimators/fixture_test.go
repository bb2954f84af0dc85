package estimators_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// The sizes are the largest whose sign patterns are still few: 2^(S·T) is 4096
// for each of them, with T ≥ 3 so that the full and the diagonal state Jacobian
// give different influence matrices.
var sizes = map[string]struct{ inputs, hidden, steps int }{
	"rnn":    {2, 3, 4},
	"gru":    {2, 3, 4},
	"lstm":   {2, 2, 3},
	"linear": {2, 3, 4},
	"lif":    {2, 3, 4},
	"alif":   {2, 2, 3},
}

// fixture makes the enumerable network of a cell, with s_0 ≠ 0. The seed is
// fixed: what is checked are identities, which hold for any numbers.
func fixture(tb testing.TB, name string) *oracle.Fixture {
	tb.Helper()
	size, ok := sizes[name]
	if !ok {
		tb.Fatalf("no enumerable size for cell %q: add one to sizes", name)
	}
	return sized(tb, name, size.inputs, size.hidden, size.steps)
}

func sized(tb testing.TB, name string, inputs, hidden, steps int) *oracle.Fixture {
	tb.Helper()
	rng := rand.New(rand.NewPCG(5, 1))
	f, err := oracle.NewFixture(name, inputs, hidden, steps, 1.2, rng.Float64)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// normals is a deterministic source for the weights of untrained covariates.
func normals(purpose string, dst []float64) {
	seed := uint64(17)
	for _, r := range purpose {
		seed = seed*31 + uint64(r)
	}
	rng := rand.New(rand.NewPCG(seed, 3))
	for i := range dst {
		dst[i] = rng.NormFloat64()
	}
}

// schedule is a fixed ρ0, ρ1 that is far from one and from constant.
func schedule(steps int) *estimators.Schedule {
	s := &estimators.Schedule{}
	for t := range steps {
		s.Rho0 = append(s.Rho0, 0.6+0.5*float64(t%3))
		s.Rho1 = append(s.Rho1, 1.7-0.4*float64(t%4))
	}
	return s
}

var conventions = []estimators.Convention{estimators.Pre, estimators.Post}

// guards are all guards, the one with a schedule too.
func guards() []estimators.Guard {
	return append(append([]estimators.Guard{}, estimators.Guards...), estimators.GuardFixed)
}

func options(c estimators.Convention, g estimators.Guard, covariates ...string) estimators.Options {
	return estimators.Options{Convention: c, Guard: g, Schedule: schedule(16), Covariates: covariates, Normals: normals}
}

// covariatesOf are the covariates that an estimator can have.
func covariatesOf(spec estimators.Spec) []string {
	var names []string
	for _, name := range covariateNames() {
		c, err := estimators.FindCovariate(name)
		if err == nil && (spec.Name != "residual" || c.NewResidualMean != nil) {
			names = append(names, name)
		}
	}
	return names
}

// specs are all estimators of the list, families by their members.
func specs(tb testing.TB) []estimators.Spec {
	tb.Helper()
	var names []string
	for _, s := range estimators.All {
		names = append(names, s.Name)
	}
	var all []estimators.Spec
	for _, name := range oracle.Members(names) {
		sel, err := estimators.Parse(name)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, sel.Spec)
	}
	return all
}

// covariateNames are all covariates, families by their members.
func covariateNames() []string { return oracle.Members(estimators.CovariateNames()) }

// fixtureFor makes the largest network of a cell, up to the size of fixture, on
// which three steps of the estimator have at most 2^12 sign patterns. It skips
// the test where the estimator does not admit the cell.
func fixtureFor(t *testing.T, name, estimator string) *oracle.Fixture {
	t.Helper()
	size := sizes[name]
	for h := size.hidden; h >= 1; h-- {
		f := sized(t, name, size.inputs, h, size.steps)
		c := chain(t, estimator, f.Trajectory.Layout, options(estimators.Pre, estimators.GuardCode))
		if c.NoiseDim*3 <= 12 {
			return f
		}
	}
	if largest(estimator) {
		t.Skip("three steps of one unit have too many patterns; smaller members are enumerated, or a test of their own does it")
	}
	t.Fatalf("%s on %s draws too many numbers a step to enumerate three steps of one unit", estimator, name)
	return nil
}

// enumerableSteps are 1 … t with t the last step that has at most 2^12 patterns.
func enumerableSteps(c *estimators.Chain, tr *cell.Trajectory) []int {
	steps := allSteps(tr)
	for len(steps) > 0 && c.NoiseDim*len(steps) > 12 {
		steps = steps[:len(steps)-1]
	}
	return steps
}

// chain makes an estimator of the list. It skips the test where the estimator
// refuses the cell or the covariate; UORO may refuse neither.
func chain(tb testing.TB, name string, l *cell.Layout, o estimators.Options) *estimators.Chain {
	tb.Helper()
	sel, err := estimators.Parse(name)
	if err != nil {
		tb.Fatal(err)
	}
	if sel.Spec.Convention != nil {
		o.Convention = *sel.Spec.Convention
	}
	c, err := sel.Spec.New(l, o)
	if err != nil && !strings.HasPrefix(name, "uoro") {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// known runs the deterministic part of a chain: per step the offset and the
// means of the covariates.
func known(c *estimators.Chain, tr *cell.Trajectory) (offsets [][]float64, means [][][]float64) {
	k := c.NewKnown()
	k.Reset()
	for _, j := range tr.Steps {
		offset := make([]float64, tr.Layout.P())
		mean := make([][]float64, len(c.Covariates))
		for i := range mean {
			mean[i] = make([]float64, tr.Layout.P())
		}
		c.AdvanceKnown(k, j, offset, mean)
		offsets, means = append(offsets, offset), append(means, mean)
	}
	return offsets, means
}

// allSteps is 1 … T.
func allSteps(tr *cell.Trajectory) []int {
	steps := make([]int, len(tr.Steps))
	for i := range steps {
		steps[i] = i + 1
	}
	return steps
}

func enumerate(tb testing.TB, c *estimators.Chain, tr *cell.Trajectory, law oracle.Law, steps ...int) []*oracle.Moments {
	tb.Helper()
	if len(steps) == 0 {
		steps = allSteps(tr)
	}
	m, err := oracle.Enumerate(c, tr, law, steps...)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func add(x, y []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] + y[i]
	}
	return out
}

// distance is ‖x − y‖.
func distance(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += (x[i] - y[i]) * (x[i] - y[i])
	}
	return math.Sqrt(sum)
}

func norm(x []float64) float64 { return distance(x, make([]float64, len(x))) }

// shapes are cells of every shape that an estimator can tell apart: it sees a
// cell through F, the gains and the features alone. The others are structured
// like rnn or lstm; TestMeanIsExact and TestConformance take them all.
var shapes = []string{"rnn", "gru", "lstm"}

// eachCase calls f for every shape of cell, convention and guard.
func eachCase(t *testing.T, f func(t *testing.T, f *oracle.Fixture, c estimators.Convention, g estimators.Guard)) {
	for _, name := range shapes {
		fix := fixture(t, name)
		for _, c := range conventions {
			for _, g := range guards() {
				t.Run(name+"/"+c.String()+"/"+string(g), func(t *testing.T) { f(t, fix, c, g) })
			}
		}
	}
}
