package estimators_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
	"uorobench/estimators/oracle"
)

// engineTolerance is relative to the size of the compared vector. It leaves
// two orders of magnitude over what the worst case shows.
const engineTolerance = 1e-11

// engineNetwork makes a net of any size, with s_0 ≠ 0.
func engineNetwork(tb testing.TB, name string, inputs, hidden, steps int, scale float64) *cell.Trajectory {
	tb.Helper()
	rng := rand.New(rand.NewPCG(11, uint64(hidden)))
	f, err := oracle.NewFixture(name, inputs, hidden, steps, scale, rng.Float64)
	if err != nil {
		tb.Fatal(err)
	}
	return f.Trajectory
}

// lawNoise is a chunk's noise that gives the same numbers at every call.
type lawNoise struct{ eps [][]float64 }

func (n lawNoise) Fill(eps []float64, t int) { copy(eps, n.eps[t]) }

func gaussianNoise(seed uint64, tr *cell.Trajectory) lawNoise {
	rng := rand.New(rand.NewPCG(seed, 6))
	var n lawNoise
	for range tr.Steps {
		eps := make([]float64, tr.Layout.S()*estimators.Lanes)
		for i := range eps {
			eps[i] = rng.NormFloat64()
		}
		n.eps = append(n.eps, eps)
	}
	return n
}

func signNoise(seed uint64, tr *cell.Trajectory) lawNoise {
	n := gaussianNoise(seed, tr)
	for _, eps := range n.eps {
		for i, e := range eps {
			eps[i] = math.Copysign(1, e)
		}
	}
	return n
}

// everything asks for all statistics at all steps, or a sparse choice of them.
func everything(steps, signals int, sparse bool) []estimators.Needs {
	var needs []estimators.Needs
	for t := range steps {
		n := estimators.Needs{Step: t, Unit: true, Coordinate: true}
		for k := range signals {
			n.Mean = append(n.Mean, k)
		}
		if sparse {
			n.Coordinate, n.Unit = t%8 == 7, t%3 == 0
			if t%5 == 0 {
				n.Mean = nil
			}
			if t%7 == 3 {
				continue
			}
		}
		needs = append(needs, n)
	}
	return needs
}

// withoutCoordinates drops what the history basis does not form.
func withoutCoordinates(needs []estimators.Needs) []estimators.Needs {
	for i := range needs {
		needs[i].Coordinate = false
	}
	return needs
}

// runEngine runs the chunks through a fresh engine.
func runEngine(tb testing.TB, tr *cell.Trajectory, o estimators.PlanOptions, chunks []lawNoise, valid []uint32) *estimators.Sums {
	tb.Helper()
	p, err := estimators.NewPlan(tr, o)
	if err != nil {
		tb.Fatal(err)
	}
	e, sums := p.NewEngine(), p.NewSums()
	for i, noise := range chunks {
		if nonFinite := e.Chunk(noise, valid[i], sums, nil); nonFinite != 0 {
			tb.Errorf("chunk %d: draws %#x left the finite numbers", i, nonFinite)
		}
	}
	return sums
}

var bases = []estimators.Basis{estimators.BasisFeatures, estimators.BasisHistory, estimators.BasisAuto}

// TestEngine compares every statistic with the textbook for all cells,
// conventions, guards, covariates, noise laws and bases.
func TestEngine(t *testing.T) {
	const steps = 19 // two blocks and a part of one
	for _, name := range cell.Names() {
		tr := engineNetwork(t, name, 2, 4, steps, 1.1)
		for _, c := range conventions {
			for _, g := range guards() {
				t.Run(fmt.Sprint(name, "/", c, "/", g), func(t *testing.T) { testEngine(t, tr, c, g) })
			}
		}
	}
}

func testEngine(t *testing.T, tr *cell.Trajectory, c estimators.Convention, g estimators.Guard) {
	worst := 0.0
	for i, covariates := range [][]string{nil, {"snap1"}, {"instant", "snap1"}, {"truncated-3", "block-2"}, {"linear-dense", "snap1", "linear-rowwise"}} {
		o := options(c, g, covariates...)
		o.Schedule = schedule(len(tr.Steps))
		chunks, valid := []lawNoise{signNoise(1, tr), gaussianNoise(2, tr)}, []uint32{0xFFFF, 0x07FB}
		want := plainStatistics(reference(t, tr, o), tr, chunks, valid)
		for _, basis := range bases {
			needs := everything(len(tr.Steps), 1+len(covariates), i != 1 && i != 4)
			if basis != estimators.BasisFeatures {
				needs = withoutCoordinates(needs)
			}
			got := runEngine(t, tr, estimators.PlanOptions{Options: o, Basis: basis, Measured: needs}, chunks, valid)
			worst = math.Max(worst, compareSums(t, tr.Layout, needs, got, want))
		}
	}
	t.Logf("largest relative difference %.2g", worst)
}

// TestEngineBases: the automatic choice is by group of rows, so that both kinds
// meet in one network, and statistics do not depend on it.
func TestEngineBases(t *testing.T) {
	tr := engineNetwork(t, "gru", 2, 24, 40, 0.5) // 24 units: whole registers
	o := options(estimators.Pre, estimators.GuardCode, "snap1")
	needs := []estimators.Needs{{Step: 17, Unit: true, Mean: []int{0, 1}}, {Step: 39, Unit: true, Mean: []int{1}}}
	p, err := estimators.NewPlan(tr, estimators.PlanOptions{Options: o, Measured: needs})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[estimators.Basis]bool{}
	for _, b := range p.Bases() {
		kinds[b] = true
	}
	if len(kinds) != 2 {
		t.Errorf("bases %v: the narrow group and the wide ones should differ", p.Bases())
	}
	chunks, valid := []lawNoise{signNoise(3, tr)}, []uint32{0xFFFF}
	want := plainStatistics(reference(t, tr, o), tr, chunks, valid)
	needs = withoutCoordinates(everything(len(tr.Steps), 2, true))
	for _, basis := range bases {
		compareSums(t, tr.Layout, needs, runEngine(t, tr, estimators.PlanOptions{Options: o, Basis: basis, Measured: needs}, chunks, valid), want)
	}
}

// TestEngineLong: 1500 steps, over which the block's scale would leave float64
// if it were not taken into the rows, and errors of the carried norm would add up.
func TestEngineLong(t *testing.T) {
	tr := engineNetwork(t, "rnn", 2, 3, 1500, 1.1)
	o := options(estimators.Post, estimators.GuardCode, "snap1")
	needs := []estimators.Needs{{Step: 700, Mean: []int{0}}, {Step: 1499, Unit: true, Mean: []int{0, 1}}}
	chunks, valid := []lawNoise{signNoise(4, tr)}, []uint32{0xFFFF}
	want := plainStatistics(reference(t, tr, o), tr, chunks, valid)
	for _, basis := range []estimators.Basis{estimators.BasisFeatures, estimators.BasisHistory} {
		got := runEngine(t, tr, estimators.PlanOptions{Options: o, Basis: basis, Measured: needs}, chunks, valid)
		t.Logf("%s: largest relative difference %.2g", basis, compareSums(t, tr.Layout, needs, got, want))
	}
}

// TestEngineBits: the kernels of every instruction set give the same sums, bit
// for bit, and so does an engine that ran other chunks before.
func TestEngineBits(t *testing.T) {
	defer kernel.Use(kernel.Name())
	for _, name := range []string{"rnn", "gru", "lstm"} {
		tr := engineNetwork(t, name, 3, 13, 29, 0.7)
		o := estimators.PlanOptions{
			Options:  options(estimators.Pre, estimators.GuardCode, "snap1", "instant"),
			Measured: everything(len(tr.Steps), 3, true),
		}
		chunks, valid := []lawNoise{signNoise(1, tr), gaussianNoise(2, tr)}, []uint32{0xFFFF, 0x7}
		var want []float64
		for _, with := range kernel.Names() {
			kernel.Use(with)
			got := allSums(tr.Layout, o.Measured, 3, runEngine(t, tr, o, chunks, valid))
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %s gives other bits than %s", name, with, kernel.Names()[0])
			}
		}
	}
}

// allSums lists everything that sums can tell.
func allSums(l *cell.Layout, needs []estimators.Needs, signals int, s *estimators.Sums) []float64 {
	var all []float64
	for m, n := range needs {
		for k := range signals {
			if n.Mean != nil {
				mean := make([]float64, l.P())
				s.MeanTo(mean, m, k)
				all = append(all, mean...)
			}
			all = append(all, s.Gram(m, 0, k))
			if n.Unit {
				unit := make([]float64, l.H)
				s.UnitTo(unit, m, k, signals-1)
				all = append(all, unit...)
			}
			if n.Coordinate {
				coordinate := make([]float64, l.P())
				s.CoordinateTo(coordinate, m, k, 0)
				all = append(all, coordinate...)
			}
		}
	}
	return all
}

// TestEngineRepeats: chunks in any number of engines and sums, added in order,
// and an engine used before, all give the same; nothing is allocated.
func TestEngineRepeats(t *testing.T) {
	tr := engineNetwork(t, "lstm", 2, 4, 19, 1.1)
	o := estimators.PlanOptions{
		Options:  options(estimators.Post, estimators.GuardPaper, "snap1"),
		Measured: everything(len(tr.Steps), 2, true),
	}
	p, err := estimators.NewPlan(tr, o)
	if err != nil {
		t.Fatal(err)
	}
	used, sums, visits := p.NewEngine(), p.NewSums(), 0
	visit := func(*estimators.Reading) { visits++ }
	used.Chunk(gaussianNoise(9, tr), 0xFF, sums, nil)
	sums.Reset()
	var noise estimators.Noise = signNoise(1, tr)
	if n := testing.AllocsPerRun(3, func() { used.Chunk(noise, 0xFFFF, sums, visit) }); n != 0 {
		t.Errorf("a chunk allocates %v times", n)
	}
	if visits != 4*len(o.Measured) { // AllocsPerRun runs once more to warm up
		t.Errorf("%d visits, want %d", visits, 4*len(o.Measured))
	}
	twice, once := p.NewSums(), p.NewSums()
	p.NewEngine().Chunk(noise, 0xFFFF, once, nil)
	for range 4 {
		twice.Add(once)
	}
	got, want := allSums(tr.Layout, o.Measured, 2, sums), allSums(tr.Layout, o.Measured, 2, twice)
	if d := relativeDistance(got, want); d > 1e-14 {
		t.Errorf("four chunks differ from four times one by %.3g", d)
	}
}

// TestEngineReadings compares what is told draw by draw: scales, norms, and inner
// products with vectors, on every measured step of every basis.
func TestEngineReadings(t *testing.T) {
	for _, name := range []string{"rnn", "gru", "lstm"} {
		tr := engineNetwork(t, name, 2, 4, 19, 1.1)
		for _, c := range conventions {
			for _, basis := range bases {
				t.Run(fmt.Sprint(name, "/", c, "/", basis), func(t *testing.T) { testReadings(t, tr, c, basis) })
			}
		}
	}
}

func testReadings(t *testing.T, tr *cell.Trajectory, c estimators.Convention, basis estimators.Basis) {
	p := tr.Layout.P()
	o := estimators.PlanOptions{Options: options(c, estimators.GuardCode, "snap1"), Basis: basis}
	for i := range tr.Steps {
		n := estimators.Needs{Step: i, Unit: true}
		for d := range i % 5 {
			v := make([]float64, p)
			normals(fmt.Sprint("vector ", i, d), v)
			n.Dots = append(n.Dots, v)
		}
		if i != 6 {
			o.Measured = append(o.Measured, n)
		}
	}
	plan, err := estimators.NewPlan(tr, o)
	if err != nil {
		t.Fatal(err)
	}
	want := plainReadings(reference(t, tr, o.Options), tr, o.Measured, signNoise(2, tr))
	var got []float64
	plan.NewEngine().Chunk(signNoise(2, tr), 0xFFFF, plan.NewSums(), func(r *estimators.Reading) {
		n := o.Measured[r.Measured]
		got = append(append(append(got, r.Scale...), r.ThetaSq...), r.Dots[:len(n.Dots)*estimators.Lanes]...)
	})
	if len(got) != len(want) {
		t.Fatalf("%d numbers, want %d", len(got), len(want))
	}
	if d := relativeDistance(got, want); d > engineTolerance {
		t.Errorf("readings differ by %.3g", d)
	}
}
