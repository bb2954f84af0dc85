package draw

import (
	"context"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"uorobench/bench/chain"
	"uorobench/bench/noise"
	"uorobench/bench/problem"
	"uorobench/bench/task"
	"uorobench/estimators"
	"uorobench/stats"
)

// setting is a pass to be made.
type setting struct {
	problem problem.Config
	chain   chain.Config
	draws   int64
	groups  int
}

func small(change func(s *setting)) *setting {
	s := &setting{
		problem: problem.Config{Cell: "gru", Hidden: 4, Weights: problem.Random, WeightSeed: 1, Scale: 1, SequenceSeed: 1, Steps: 12, Stride: 4},
		chain:   chain.Config{Estimators: []string{"uoro", "cv-uoro/snap1/one"}, Options: estimators.Options{Guard: estimators.GuardCode}},
		draws:   600, groups: 8,
	}
	if change != nil {
		change(s)
	}
	return s
}

// made are the setting's chains, as configurations of passes.
func (s *setting) made(t testing.TB) (out []Config) {
	t.Helper()
	o := task.Defaults()
	o.Hi = 4
	var err error
	if s.problem.Task, err = task.New("anbn", o); err != nil {
		t.Fatal(err)
	}
	p, err := problem.New(&s.problem)
	if err != nil {
		t.Fatal(err)
	}
	s.chain.Options.Normals = func(_ string, dst []float64) {
		u := noise.New(1, noise.CovariateTraining).Uniforms(0)
		for i := range dst {
			dst[i] = u.Normal()
		}
	}
	plans, err := chain.Plans(p.Trajectory.Layout, &s.chain)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range plans {
		out = append(out, Config{
			Problem: p, Chain: c, Law: Signs, Stream: noise.New(1, noise.Measurement), Phase: "draws",
			Draws: s.draws, Groups: s.groups, Workers: 1, Memory: new(Memory),
			Shape: stats.Shape{
				Signals: c.Signals(), Params: p.P(), Units: p.Trajectory.Layout.H, UnitOf: p.UnitOf,
				PerUnit: c.Has(stats.ScopeUnit), PerCoordinate: c.Has(stats.ScopeCoordinate),
			},
		})
	}
	return out
}

// ones are views of all variants with λ = 1 in their scopes.
func ones(c *Config) []*View {
	k := chain.NewKnown(c.Chain.Chain, c.Problem.Trajectory, c.Problem.Measured)
	lambdas := make([][]*stats.Lambda, len(c.Chain.Variants))
	for i, v := range c.Chain.Variants {
		lambdas[i] = []*stats.Lambda{stats.One(v.Signals, len(c.Problem.Measured))}
	}
	return NewViews(c.Problem, c.Chain, k, lambdas)
}

func mustPass(t testing.TB, c Config, engine bool, observers ...Observer) *Pass {
	t.Helper()
	p, err := New(c, engine, observers...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// broken is a source whose noise is infinite for draws 37 and 300 from step 5 on,
// which no configuration can do from outside.
type broken struct {
	noise.Filler
	first uint64
}

func (b *broken) Seek(first uint64) { b.first = first; b.Filler.Seek(first) }

func (b *broken) Fill(eps []float64, t int) {
	b.Filler.Fill(eps, t)
	for lane := range Lanes {
		if draw := b.first + uint64(lane); t >= 4 && (draw == 37 || draw == 300) {
			eps[lane] = math.Inf(1)
		}
	}
}

// brokenPass runs a pass over broken noise.
func brokenPass(t *testing.T, count bool, workers int) (*Pass, error) {
	t.Helper()
	c := small(func(s *setting) {
		s.problem.Cell, s.chain.Options.Guard = "rnn", estimators.GuardNone
	}).made(t)[0]
	c.Workers, c.CountNonFinite = workers, count
	c.Law.filler = func(s noise.Stream, dim int) noise.Filler { return &broken{Filler: signs(s, dim)} }
	p := mustPass(t, c, false)
	return p, p.Run(context.Background())
}

func TestNonFiniteDrawStopsTheRun(t *testing.T) {
	for _, workers := range []int{1, 3} {
		_, err := brokenPass(t, false, workers)
		var bad *NonFiniteError
		if !errors.As(err, &bad) {
			t.Fatalf("got %v", err)
		}
		if bad.Draw != 37 || bad.Step != 8 || bad.Estimator != "uoro" || !strings.Contains(err.Error(), "draw 37") {
			t.Errorf("%d workers: %v", workers, err)
		}
	}
}

func TestNonFiniteDrawsAreCounted(t *testing.T) {
	p, err := brokenPass(t, true, 2)
	if err != nil {
		t.Fatal(err)
	}
	for m, want := range []int64{0, 2, 2} {
		var lost, kept int64
		for g, moments := range p.Moments() {
			lost += p.NonFinite()[g][m]
			kept += moments[m].N
			for _, v := range moments[m].Gram {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatal("a broken draw came through")
				}
			}
		}
		if lost != want || kept+lost != 600 {
			t.Errorf("measured step %d: %d lost, %d kept", m, lost, kept)
		}
	}
}

// Of all observers, over all scopes of λ and both sources.
func TestHotLoopsAllocateNothing(t *testing.T) {
	s := small(func(s *setting) {
		s.chain.Estimators = []string{"uoro", "cv-uoro/snap1/trace", "cv-uoro/snap1/unit", "cv-uoro/snap1/coordinate", "cv-uoro/linear-dense/trace", "residual"}
	})
	for _, c := range s.made(t) {
		all := Select([]string{"total", "convergence"}, nil)
		views := ones(&c)
		observers := append(all.Observers(Main, false, views), all.Observers(OwnPass, false, views)...)
		if len(observers) != 4 {
			t.Fatalf("%d observers", len(observers))
		}
		c.Draws = int64(c.Groups) * Lanes // so that a turn has a chunk
		checkAllocations(t, mustPass(t, c, false, observers...))
		if c.Chain.Engine {
			checkAllocations(t, mustPass(t, c, true, Select(nil, nil).Observers(Main, true, views)...))
		}
	}
}

func checkAllocations(t *testing.T, p *Pass) {
	t.Helper()
	p.Start()
	w := p.workers[0]
	if n := testing.AllocsPerRun(5, func() {
		if err := w.turn(context.Background(), 0, 0, 1); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%s: a chunk allocates %v times", p.Chain.Name, n)
	}
}

// enginePass is a pass of some size that the engine carries, not yet started.
func enginePass(t *testing.T) *Pass {
	t.Helper()
	c := small(func(s *setting) {
		s.problem.Hidden, s.problem.Steps, s.problem.Stride, s.groups, s.draws = 48, 64, 4, 4, 2048
		s.chain.Estimators = []string{"uoro", "cv-uoro/snap1/unit"}
	}).made(t)[0]
	return mustPass(t, c, true, Select(nil, nil).Observers(Main, true, ones(&c))...)
}

// What is counted is what a pass takes, to a fifth: its slices have headers, and
// its accumulators size classes.
func TestMemoryIsCounted(t *testing.T) {
	p := enginePass(t)
	countedWorker, countedSums := p.Bytes()
	sums := heapGrowth(anew(p)) + int64(p.Groups)*heapGrowth(func() { p.source.(*engineSource).plan.NewSums() })
	if off := float64(sums)/float64(countedSums) - 1; off < -0.2 || off > 0.2 {
		t.Errorf("sums: %d bytes counted, %d on the heap", countedSums, sums)
	}
	worker := heapGrowth(func() { newWorker(p) })
	if off := float64(worker)/float64(countedWorker) - 1; off < -0.2 || off > 0.2 {
		t.Errorf("worker: %d bytes counted, %d on the heap", countedWorker, worker)
	}
}

// The scratch and sums of every observer of formed draws are counted too.
func TestMemoryOfObserversIsCounted(t *testing.T) {
	c := small(func(s *setting) { s.problem.Hidden, s.draws = 24, 2048 }).made(t)[0]
	bare := mustPass(t, c, false)
	bareWorker, bareSums := bare.Bytes()
	emptyWorker, emptySums := heapGrowth(func() { newWorker(bare) }), heapGrowth(anew(bare))
	for i := range kinds {
		if kinds[i].detail == "" || kinds[i].detail == "draws" {
			continue
		}
		p := mustPass(t, c, false, Observer{&kinds[i], kinds[i].make(&Selection{}, ones(&c))})
		countedWorker, countedSums := p.Bytes()
		sums := heapGrowth(anew(p)) - emptySums
		worker := heapGrowth(func() { newWorker(p) }) - emptyWorker
		for what, pair := range map[string][2]int64{"worker": {worker, countedWorker - bareWorker}, "sums": {sums, countedSums - bareSums}} {
			const headers = 4 << 10 // of slices
			if off := math.Abs(float64(pair[0] - pair[1])); off > max(headers, 0.2*float64(pair[1])) {
				t.Errorf("%s, %s: %d bytes counted, %d on the heap", kinds[i].detail, what, pair[1], pair[0])
			}
		}
	}
}

// anew allocates a pass's sums, with no memory kept from before.
func anew(p *Pass) func() {
	return func() {
		p.Memory = new(Memory)
		p.allocate()
	}
}

// heapGrowth is what f allocates: the least of three runs, since the count is the
// process's and other goroutines' allocations are in it.
func heapGrowth(f func()) int64 {
	least := int64(math.MaxInt64)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, int64(after.TotalAlloc-before.TotalAlloc))
	}
	return least
}

// Draws make no garbage, so that none is collected while they are drawn: a pass
// allocates what it takes to start its goroutines, and at first the accumulators'
// histograms, however many draws there are.
func TestDrawsCollectNothing(t *testing.T) {
	p := enginePass(t)
	p.Draws = 1024
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Draws = 2048
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if n := after.NumGC - before.NumGC; n != 0 {
		t.Errorf("%d collections during %d draws", n, p.Draws/2)
	}
	const most = 8 << 10
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > most {
		t.Errorf("%d draws allocate %d bytes, at most %d are allowed", p.Draws/2, allocated, most)
	}
}

func BenchmarkChunk(b *testing.B) {
	for _, name := range []string{"rnn", "gru"} {
		b.Run(name, func(b *testing.B) {
			c := small(func(s *setting) { s.problem.Cell, s.problem.Hidden, s.problem.Steps = name, 32, 128 }).made(b)[0]
			p := mustPass(b, c, false)
			p.Start()
			b.ReportAllocs()
			for b.Loop() {
				if err := p.workers[0].turn(context.Background(), 0, 0, 1); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(Lanes*len(c.Problem.Trajectory.Steps)), "ns/(draw·step)")
		})
	}
}
