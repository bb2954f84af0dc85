package bench

import (
	"context"
	"runtime"
	"testing"
	"time"

	"uorobench/bench/noise"
)

// Memory is the same for any number of draws.
func TestMemoryDoesNotGrow(t *testing.T) {
	timing := func(draws int64) Timing {
		return mustRun(t, small(func(e *Experiment) { e.Draws, e.Pilot = draws, 1024 }), RunOptions{Workers: 2}).Timing
	}
	few, many := timing(1024), timing(16384)
	if few.WorkerBytes != many.WorkerBytes || few.SumBytes != many.SumBytes || many.WorkerBytes == 0 || many.SumBytes == 0 {
		t.Errorf("1024 draws take %d bytes a worker and %d of sums, 16384 draws %d and %d", few.WorkerBytes, few.SumBytes, many.WorkerBytes, many.SumBytes)
	}
}

// What is counted is what a pass takes, to a fifth: its slices have headers, and
// its accumulators size classes.
func TestMemoryIsCounted(t *testing.T) {
	p := enginePass(t)
	sums := heapGrowth(func() { p.allocate() }) + planSums(p)
	if off := float64(sums)/float64(p.sumBytes()) - 1; off < -0.2 || off > 0.2 {
		t.Errorf("sums: %d bytes counted, %d on the heap", p.sumBytes(), sums)
	}
	worker := heapGrowth(func() { newWorker(p) })
	if off := float64(worker)/float64(p.workerBytes()) - 1; off < -0.2 || off > 0.2 {
		t.Errorf("worker: %d bytes counted, %d on the heap", p.workerBytes(), worker)
	}
}

// planSums is what the groups' sums, which useEngine made, take.
func planSums(p *pass) int64 {
	one := heapGrowth(func() { p.plan.NewSums() })
	return one * int64(p.groups)
}

func heapGrowth(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// The first draw is told of, and stands between the run's start and its end.
func TestFirstDraw(t *testing.T) {
	before := time.Now()
	r, err := Run(context.Background(), small(nil), RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if first := r.Timing.FirstDraw; first.Before(before) || time.Since(first) < 0 || first.IsZero() {
		t.Errorf("first draw at %v, the run began at %v", first, before)
	}
}

// enginePass is a pass of some size that the engine carries, not yet started.
func enginePass(t *testing.T) *pass {
	t.Helper()
	e, err := small(func(e *Experiment) {
		e.Hidden, e.Steps, e.Stride, e.Groups, e.Draws, e.Pilot = 48, 64, 4, 4, 2048, 512
		e.Estimators = []string{"uoro", "cv-uoro/snap1/unit", "cv-uoro/linear-rowwise/trace"}
	}).Resolve()
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{experiment: e, options: RunOptions{Workers: 1}, result: &Result{Experiment: e}}
	if err := r.plan(); err != nil {
		t.Fatal(err)
	}
	pr, c := r.parts[0].problem, r.parts[0].chains[0]
	p := r.newPass(pr, c, knownOf(c.Chain, pr.tr, pr.measured), noise.Measurement, e.Draws, "draws")
	if err := p.useEngine(); err != nil {
		t.Fatal(err)
	}
	return p
}

// Draws make no garbage, so that none is collected while they are drawn: a pass
// allocates what it takes to start its goroutines, however many draws there are.
func TestDrawsCollectNothing(t *testing.T) {
	p := enginePass(t)
	p.start()
	runtime.GC()
	before := collections()
	allocated := heapGrowth(func() {
		if err := p.run(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if n := collections() - before; n != 0 {
		t.Errorf("%d collections during %d draws", n, p.draws)
	}
	const most = 8 << 10
	if allocated > most {
		t.Errorf("%d draws allocate %d bytes, at most %d are allowed", p.draws, allocated, most)
	}
}
