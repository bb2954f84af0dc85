package estimators_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// smallFixture has S·T few enough for three-valued noise.
func smallFixture(tb testing.TB, name string) *oracle.Fixture {
	tb.Helper()
	rng := rand.New(rand.NewPCG(8, 2))
	hidden := 2
	if name == "lstm" || name == "alif" {
		hidden = 1 // two state entries
	}
	f, err := oracle.NewFixture(name, 2, hidden, 4, 1.2, rng.Float64)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// noise makes signs for every step and lane, times sign.
func noise(seed uint64, c *estimators.Chain, tr *cell.Trajectory, sign float64) [][]float64 {
	rng := rand.New(rand.NewPCG(seed, 4))
	eps := make([][]float64, len(tr.Steps))
	for t := range eps {
		eps[t] = make([]float64, c.NoiseDim*estimators.Lanes)
		for i := range eps[t] {
			eps[t][i] = sign * float64(2*rng.IntN(2)-1)
		}
	}
	return eps
}

// runSignals runs a fresh batch and lists every signal of every step:
// [step][signal][coordinate][lane], flat.
func runSignals(c *estimators.Chain, tr *cell.Trajectory, eps [][]float64) []float64 {
	b := c.NewBatch()
	b.Reset()
	return continueSignals(c, b, tr, eps, nil)
}

// continueSignals is runSignals with a batch as it is; before is called ahead
// of every step.
func continueSignals(c *estimators.Chain, b estimators.Batch, tr *cell.Trajectory, eps [][]float64, before func(step int)) []float64 {
	var out []float64
	for t, j := range tr.Steps {
		if before != nil {
			before(t)
		}
		c.Advance(b, j, eps[t], func(s *estimators.Signals) { out = append(out, flat(s)...) })
	}
	return out
}

func flat(s *estimators.Signals) []float64 {
	var out []float64
	for k, of := range s.Of {
		for i, v := range s.Basis[of] {
			out = append(out, s.Scale[k][i%estimators.Lanes]*v)
		}
	}
	return out
}

// lane picks the numbers of one lane out of a listing.
func lane(x []float64, w int) []float64 {
	var out []float64
	for i := w; i < len(x); i += estimators.Lanes {
		out = append(out, x[i])
	}
	return out
}

// TestConformance runs one suite for every estimator of the list, plain and
// with every covariate, on every cell.
func TestConformance(t *testing.T) {
	for _, spec := range specs(t) {
		sets := [][]string{nil}
		if spec.Name == "uoro" { // the others take in the same covariates
			for _, c := range covariatesOf(spec) {
				sets = append(sets, []string{c})
			}
		}
		if spec.Variates {
			sets = append(sets, []string{"snap1", "instant", "linear-dense"})
		}
		for _, name := range cell.Names() {
			for _, set := range sets {
				t.Run(spec.Name+"/"+name+"/"+label(set), func(t *testing.T) { suite(t, spec, name, set) })
			}
		}
	}
}

func label(set []string) string {
	if len(set) == 0 {
		return "plain"
	}
	return strings.Join(set, "+")
}

func suite(t *testing.T, spec estimators.Spec, name string, covariates []string) {
	if spec.Citation == "" || spec.Formula == "" || !slices.Contains([]string{"exact", "unbiased", "biased"}, spec.Bias) {
		t.Errorf("the entry needs a citation, a formula and a known bias: %+v", spec)
	}
	f := fixture(t, name)
	// The other guards take the code paths of GuardCode.
	for _, g := range []estimators.Guard{estimators.GuardCode, estimators.GuardFixed} {
		c := chain(t, spec.Name, f.Trajectory.Layout, options(estimators.Pre, g, covariates...))
		checkKnown(t, c, f.Trajectory)
		if c.NewBatch == nil {
			continue
		}
		if c.Signals() != 1+len(covariates) {
			t.Errorf("%d signals for %d covariates", c.Signals(), len(covariates))
		}
		checkAllocations(t, c, f.Trajectory)
		checkReset(t, c, f.Trajectory)
		checkLanes(t, c, f.Trajectory)
		checkKill(t, c, f.Trajectory)
	}
}

// checkKnown: the known part starts over after Reset and allocates nothing.
func checkKnown(t *testing.T, c *estimators.Chain, tr *cell.Trajectory) {
	k := c.NewKnown()
	offset := make([]float64, tr.Layout.P())
	means := make([][]float64, len(c.Covariates))
	for i := range means {
		means[i] = make([]float64, tr.Layout.P())
	}
	run := func() []float64 {
		k.Reset()
		for _, j := range tr.Steps {
			c.AdvanceKnown(k, j, offset, means)
		}
		return append(slices.Concat(means...), offset...)
	}
	if first, second := run(), run(); !slices.Equal(first, second) {
		t.Error("the known part differs after Reset")
	}
	if n := testing.AllocsPerRun(10, func() { c.AdvanceKnown(k, tr.Steps[0], offset, means) }); n != 0 {
		t.Errorf("the known part allocates %v times a step", n)
	}
}

func checkAllocations(t *testing.T, c *estimators.Chain, tr *cell.Trajectory) {
	b := c.NewBatch()
	eps := noise(1, c, tr, 1)
	visit := func(*estimators.Signals) {}
	n := testing.AllocsPerRun(10, func() {
		b.Reset()
		for t, j := range tr.Steps {
			c.Advance(b, j, eps[t], visit)
		}
		b.Kill(0)
	})
	if n != 0 {
		t.Errorf("a run allocates %v times", n)
	}
}

// checkReset: a used batch gives the bits of a fresh one after Reset.
func checkReset(t *testing.T, c *estimators.Chain, tr *cell.Trajectory) {
	b := c.NewBatch()
	continueSignals(c, b, tr, noise(2, c, tr, 1), nil)
	b.Kill(5)
	b.Reset()
	again := continueSignals(c, b, tr, noise(1, c, tr, 1), nil)
	if !slices.Equal(again, runSignals(c, tr, noise(1, c, tr, 1))) {
		t.Error("a batch differs from a fresh one after Reset")
	}
}

// checkLanes: a lane has the same bits whatever its neighbours carry and
// wherever it stands.
func checkLanes(t *testing.T, c *estimators.Chain, tr *cell.Trajectory) {
	const from, to = 3, 14
	eps, other := noise(1, c, tr, 1), noise(9, c, tr, 1)
	for t := range eps {
		for i := from; i < len(eps[t]); i += estimators.Lanes {
			other[t][i-from+to] = eps[t][i]
		}
	}
	if !slices.Equal(lane(runSignals(c, tr, eps), from), lane(runSignals(c, tr, other), to)) {
		t.Error("a lane depends on its neighbours or on its place")
	}
}

// checkKill: a lane poisoned by a NaN and killed is finite again from there on,
// and the other lanes never notice.
func checkKill(t *testing.T, c *estimators.Chain, tr *cell.Trajectory) {
	const dead = 7
	want := runSignals(c, tr, noise(1, c, tr, 1))
	eps := noise(1, c, tr, 1)
	for i := dead; i < len(eps[0]); i += estimators.Lanes {
		eps[0][i] = math.NaN()
	}
	b := c.NewBatch()
	b.Reset()
	got := continueSignals(c, b, tr, eps, func(step int) {
		if step == 1 {
			b.Kill(dead)
		}
	})
	for w := range estimators.Lanes {
		if w != dead && !slices.Equal(lane(got, w), lane(want, w)) {
			t.Errorf("lane %d changed when lane %d was killed", w, dead)
		}
	}
	after := lane(got, dead)[len(got)/estimators.Lanes/len(tr.Steps):]
	if slices.ContainsFunc(after, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
		t.Error("a killed lane is not finite")
	}
}
