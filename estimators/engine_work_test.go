package estimators_test

import (
	"runtime"
	"testing"

	"uorobench/estimators"
)

// TestPlanMemory: what Memory counts is what the heap gives, to a tenth.
func TestPlanMemory(t *testing.T) {
	tr := engineNetwork(t, "gru", 3, 64, 64, 0.5) // large enough for size classes not to matter
	needs := everything(len(tr.Steps), 3, true)
	p, err := estimators.NewPlan(tr, estimators.PlanOptions{Options: options(estimators.Pre, estimators.GuardCode, "snap1", "linear-rowwise"), Measured: needs})
	if err != nil {
		t.Fatal(err)
	}
	engine, sums := p.Memory()
	var keep []any
	for name, c := range map[string]struct {
		count int64
		make  func() any
	}{
		"engine": {engine, func() any { return p.NewEngine() }},
		"sums":   {sums, func() any { return p.NewSums() }},
	} {
		got := heapGrowth(func() { keep = append(keep, c.make()) })
		if off := float64(got)/float64(c.count) - 1; off < -0.1 || off > 0.1 {
			t.Errorf("%s: %d bytes counted, %d on the heap", name, c.count, got)
		}
	}
	runtime.KeepAlive(keep)
}

func heapGrowth(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// TestPlanWork: the count is linear in the steps where the features are the basis,
// and counts a step of the smallest kind as it is written down.
func TestPlanWork(t *testing.T) {
	work := func(steps int) int64 {
		tr := engineNetwork(t, "rnn", 2, 6, steps, 0.5)
		p, err := estimators.NewPlan(tr, estimators.PlanOptions{
			Options: options(estimators.Pre, estimators.GuardCode), Basis: estimators.BasisFeatures,
		})
		if err != nil {
			t.Fatal(err)
		}
		return p.Work()
	}
	if one, ten := work(8), work(80); ten != 10*one {
		t.Errorf("80 steps count %d, ten times 8 steps %d", ten, 10*one)
	}
	// H = 6 rows of D = 10 over one block of 8 steps: products 8·60, update and
	// norm 60·(8+2); per step F s̃ 36, factors 6·(1+3), the state 5·6; and the
	// block's factors met 6·(0+1+…+7) times.
	if got, want := work(8), int64(8*60+60*10+8*(36+24+30)+6*28); got != want {
		t.Errorf("a block counts %d, want %d", got, want)
	}
}
