package bench

import (
	"context"
	"runtime"
	"time"

	"uorobench/estimators/kernel"
	"uorobench/stats"
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

// timed runs a pass and books its time, work and memory.
func (r *runner) timed(ctx context.Context, p *pass) error {
	if p.crew == nil {
		p.start()
		runtime.GC() // ends a collection that is under way, so that none is while there are draws
	}
	t, before := &r.result.Timing, min(p.done*Lanes, p.draws)
	collected, start := collections(), time.Now()
	err := p.run(ctx)
	t.DrawSeconds += time.Since(start).Seconds()
	t.GCCycles += collections() - collected
	if t.FirstDraw.IsZero() {
		t.FirstDraw = start
	}
	draws := p.draws - before
	t.DrawSteps += draws * int64(len(p.problem.tr.Steps))
	t.MultiplyAdds += p.work(draws)
	if p.angles && before == 0 {
		t.MultiplyAdds += r.lookedAt(draws) * p.plan.DotWork()
	}
	t.WorkerBytes, t.SumBytes = max(t.WorkerBytes, p.workerBytes()), max(t.SumBytes, p.sumBytes())
	t.Kernels = kernel.Name()
	return err
}

func collections() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.NumGC)
}

// work counts the multiply-adds of so many draws. For plain batches a measured
// step takes, per basis its norm, per signal its sum, and per variant the view's
// three inner products.
func (p *pass) work(draws int64) int64 {
	if p.plan != nil {
		return draws * p.plan.Work()
	}
	perRead := int64(p.shape.Params) * (1 + int64(p.shape.Signals) + 3*int64(len(p.views)))
	return draws * (int64(len(p.problem.tr.Steps))*p.chain.Cost.PerDraw + int64(len(p.problem.measured))*perRead)
}

// workerBytes counts the large arrays of a worker.
func (p *pass) workerBytes() int64 {
	views := max(len(p.views), len(p.watched))
	tails := int64(views*(len(p.problem.measured)+1)) * p.chunksPerShift() * (8*Lanes + 8)
	if p.plan != nil {
		engine, _ := p.plan.Memory()
		return engine + tails
	}
	return 8*Lanes*p.chain.Cost.Numbers + tails
}

// sumBytes counts the large arrays of all groups.
func (p *pass) sumBytes() int64 {
	s, steps := &p.shape, int64(len(p.problem.measured))
	group := 8*int64(s.Numbers())*steps + int64(max(len(p.views), len(p.watched)))*(steps+1)*stats.TailsBytes
	if p.plan != nil {
		_, sums := p.plan.Memory()
		group += sums
	}
	return group * int64(p.groups)
}
