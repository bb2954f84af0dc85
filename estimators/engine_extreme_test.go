package estimators_test

import (
	"math"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// testBoth compares the engine with the textbook on a trajectory that was
// made by hand, for both bases.
func testBoth(t *testing.T, tr *cell.Trajectory, o estimators.Options) {
	t.Helper()
	chunks, valid := []lawNoise{signNoise(5, tr), gaussianNoise(6, tr)}, []uint32{0xFFFF, 0xFFFF}
	want := plainStatistics(reference(t, tr, o), tr, chunks, valid)
	needs := withoutCoordinates(everything(len(tr.Steps), 1+len(o.Covariates), false))
	for _, basis := range []estimators.Basis{estimators.BasisFeatures, estimators.BasisHistory} {
		got := runEngine(t, tr, estimators.PlanOptions{Options: o, Basis: basis, Measured: needs}, chunks, valid)
		t.Logf("%s: largest relative difference %.2g", basis, compareSums(t, tr.Layout, needs, got, want))
	}
}

// TestEngineUnbalanced: gains of 1e-150 leave θ̃ that much smaller than s̃ would
// be without ρ, so that the scales go to 1e±150 at once.
func TestEngineUnbalanced(t *testing.T) {
	for _, factor := range []float64{1e-150, 1e-70, 1e100} {
		for _, guard := range []estimators.Guard{estimators.GuardNone, estimators.GuardCode, estimators.GuardPaper} {
			tr := engineNetwork(t, "rnn", 2, 5, 19, 1.1)
			for _, j := range tr.Steps {
				for i := range j.Gain {
					j.Gain[i] *= factor
				}
			}
			testBoth(t, tr, options(estimators.Pre, guard, "snap1"))
		}
	}
}

// TestEngineJumps: a state Jacobian that grows by 1e60 at one step and shrinks
// at the next, within a block, with ρ0 following it.
func TestEngineJumps(t *testing.T) {
	for _, name := range []string{"rnn", "gru"} {
		tr := engineNetwork(t, name, 2, 5, 19, 1.1)
		for at, by := range map[int]float64{3: 1e60, 4: 1e-60, 8: 1e-60, 9: 1e60} {
			for i := range tr.Steps[at].F {
				tr.Steps[at].F[i] *= by
			}
		}
		for _, guard := range []estimators.Guard{estimators.GuardCode, estimators.GuardNone} {
			testBoth(t, tr, options(estimators.Post, guard, "snap1"))
		}
	}
}

// TestEngineSaturated: units whose derivative is zero, all of them at the first
// steps: θ̃ is zero after a step, and ρ0 and ρ1 are 0/0 but for the guard.
func TestEngineSaturated(t *testing.T) {
	for _, name := range []string{"rnn", "gru", "lstm"} {
		tr := engineNetwork(t, name, 2, 4, 19, 1.1)
		for at, j := range tr.Steps {
			if at < 3 || at == 11 {
				clear(j.Gain)
				clear(j.F)
				clear(j.Q)
			} else {
				j.Gain[at%tr.Layout.H] = 0
			}
		}
		testBoth(t, tr, options(estimators.Pre, estimators.GuardCode, "snap1"))
	}
}

// poisoned is noise of which some draws are spoiled from a step on.
type poisoned struct {
	lawNoise
	from  int
	lanes uint32
	with  float64
}

func (n poisoned) Fill(eps []float64, t int) {
	n.lawNoise.Fill(eps, t)
	for at := range eps {
		if t == n.from && n.lanes>>(at%estimators.Lanes)&1 != 0 {
			eps[at] = n.with
		}
	}
}

// TestEngineFalls: draws that leave the finite numbers are told at the next
// measured step, count until then, and do not touch the others; the chunk after
// them is whole again.
func TestEngineFalls(t *testing.T) {
	for _, basis := range []estimators.Basis{estimators.BasisFeatures, estimators.BasisHistory} {
		for _, with := range []float64{math.NaN(), math.Inf(1), 1e200} {
			for _, from := range []int{0, 4, 5, 7, 8, 15, 17} {
				testFall(t, basis, with, from)
			}
		}
	}
}

func testFall(t *testing.T, basis estimators.Basis, with float64, from int) {
	const dead, steps = 0x0210, 19
	tr := engineNetwork(t, "gru", 2, 4, steps, 1.1)
	o := options(estimators.Post, estimators.GuardCode, "snap1", "linear-rowwise")
	needs := []estimators.Needs{
		{Step: 4, Mean: []int{0, 1, 2}}, {Step: 9, Unit: true, Mean: []int{0}}, {Step: 18, Unit: true, Mean: []int{1}},
	}
	p, err := estimators.NewPlan(tr, estimators.PlanOptions{Options: o, Basis: basis, Measured: needs})
	if err != nil {
		t.Fatal(err)
	}
	noise := signNoise(8, tr)
	e, sums, told := p.NewEngine(), p.NewSums(), make([]uint32, len(needs))
	nonFinite := e.Chunk(poisoned{noise, from, dead, with}, 0xFFFF, sums, func(r *estimators.Reading) { told[r.Measured] = r.Bad })
	if nonFinite != dead {
		t.Fatalf("draws %#x left the finite numbers at step index %d, want %#x", nonFinite, from, dead)
	}
	seen := 0
	for seen < len(needs) && needs[seen].Step < from {
		seen++
	}
	if told[seen] != dead || sums.Fallen(seen) != 2 {
		t.Errorf("spoiled at step index %d with %v: told %#x at the measured steps", from, with, told)
	}
	c := reference(t, tr, o)
	whole := plainStatistics(c, tr, []lawNoise{noise}, []uint32{0xFFFF})
	less := plainStatistics(c, tr, []lawNoise{noise}, []uint32{0xFFFF &^ dead})
	for m, n := range needs {
		if m >= seen {
			whole[n.Step] = less[n.Step]
		}
	}
	compareSums(t, tr.Layout, needs, sums, whole)
	sums.Reset()
	e.Chunk(noise, 0xFFFF, sums, nil)
	compareSums(t, tr.Layout, needs, sums, plainStatistics(c, tr, []lawNoise{noise}, []uint32{0xFFFF}))
}

// TestPlanRefuses: what the engine does not cover is refused with its name.
func TestPlanRefuses(t *testing.T) {
	tr := engineNetwork(t, "rnn", 2, 3, 9, 1)
	short := options(estimators.Pre, estimators.GuardFixed)
	short.Schedule = schedule(8)
	for name, o := range map[string]estimators.PlanOptions{
		"covariate":  {Options: options(estimators.Pre, estimators.GuardCode, "snap-of-the-finger")},
		"schedule":   {Options: short},
		"order":      {Options: options(estimators.Pre, estimators.GuardCode), Measured: []estimators.Needs{{Step: 2}, {Step: 2}}},
		"range":      {Options: options(estimators.Pre, estimators.GuardCode), Measured: []estimators.Needs{{Step: 9}}},
		"signal":     {Options: options(estimators.Pre, estimators.GuardCode), Measured: []estimators.Needs{{Step: 2, Mean: []int{1}}}},
		"coordinate": {Options: options(estimators.Pre, estimators.GuardCode), Basis: estimators.BasisHistory, Measured: []estimators.Needs{{Step: 2, Coordinate: true}}},
		"basis":      {Options: options(estimators.Pre, estimators.GuardCode), Basis: "fourier"},
	} {
		if _, err := estimators.NewPlan(tr, o); err == nil {
			t.Errorf("%s: not refused", name)
		} else {
			t.Log(err)
		}
	}
}
