package bench

import (
	"context"
	"runtime"
	"time"

	"uorobench/bench/draw"
	"uorobench/estimators/kernel"
)

// Timing says how fast the draws went, and what memory they took.
type Timing struct {
	FirstDraw    time.Time // when the first draw loop began
	DrawSeconds  float64   // wall clock in draw loops
	DrawSteps    int64     // draws × steps, over all passes
	MultiplyAdds int64     // counted from the dimensions
	Kernels      string    // "go", "avx2", "avx512"
	// GCCycles are the garbage collections during draw loops, which allocate next
	// to nothing: none, unless something else allocates meanwhile.
	GCCycles int64
	// WorkerBytes is the memory of a worker (its engine or batch, and its scratch),
	// SumBytes that of the sums of all groups: the largest of any pass, counted from
	// the dimensions. Neither grows with the number of draws.
	WorkerBytes, SumBytes int64
}

// GFLOPS is the rate in 1e9 floating-point operations a second, two to a
// multiply-add.
func (t Timing) GFLOPS() float64 {
	if t.DrawSeconds == 0 {
		return 0
	}
	return 2 * float64(t.MultiplyAdds) / t.DrawSeconds / 1e9
}

// run runs a pass and books its time, work and memory.
func (t *Timing) run(ctx context.Context, p *draw.Pass) error {
	done := p.Done()
	if done == 0 {
		p.Start()
		runtime.GC() // ends a collection that is under way, so that none is while there are draws
	}
	collected, start := collections(), time.Now()
	err := p.Run(ctx)
	t.DrawSeconds += time.Since(start).Seconds()
	t.GCCycles += collections() - collected
	if t.FirstDraw.IsZero() {
		t.FirstDraw = start
	}
	t.DrawSteps += (p.Draws - done) * int64(len(p.Problem.Trajectory.Steps))
	t.MultiplyAdds += p.Work(done)
	worker, sums := p.Bytes()
	t.WorkerBytes, t.SumBytes = max(t.WorkerBytes, worker), max(t.SumBytes, sums)
	t.Kernels = kernel.Name()
	return err
}

func collections() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.NumGC)
}
