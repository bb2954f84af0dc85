package estimators_test

import (
	"runtime"
	"slices"
	"testing"
	"time"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// wordNoise makes signs from splitmix64 words, one word per lane and 64 entries.
type wordNoise struct {
	dim   int
	words [estimators.Lanes]uint64
}

func (n *wordNoise) Fill(eps []float64, t int) {
	for i := 0; i < n.dim; i += 64 {
		for w := range n.words {
			n.words[w] = splitmix(uint64(t)<<20 ^ uint64(i)<<8 ^ uint64(w))
		}
		kernel.Signs(eps[i*estimators.Lanes:], &n.words, 0, min(64, n.dim-i))
	}
}

func splitmix(z uint64) uint64 {
	z += 0x9E3779B97F4A7C15
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// jobs are the shapes that the documentation's table tells.
var jobs = []struct {
	name             string
	cell             string
	hidden, steps    int
	mean, coordinate int // every so many steps; 0 never
	basis            estimators.Basis
}{
	{"A", "rnn", 64, 256, 0, 0, ""},
	{"A-features", "rnn", 64, 256, 0, 0, estimators.BasisFeatures},
	{"A-history", "rnn", 64, 256, 0, 0, estimators.BasisHistory},
	{"A+mean", "rnn", 64, 256, 1, 0, ""},
	{"A+mean-history", "rnn", 64, 256, 1, 0, estimators.BasisHistory},
	{"B", "rnn", 64, 256, 0, 8, ""},
	{"C", "rnn", 256, 64, 1, 0, ""},
	{"D", "rnn", 16, 512, 1, 0, ""},
	{"G", "gru", 64, 256, 0, 0, ""},
	{"L", "lstm", 32, 128, 0, 0, ""},
}

func jobNeeds(steps, mean, coordinate int) []estimators.Needs {
	var needs []estimators.Needs
	for t := range steps {
		n := estimators.Needs{Step: t, Coordinate: coordinate > 0 && t%coordinate == coordinate-1}
		if mean > 0 && t%mean == mean-1 {
			n.Mean = []int{0}
		}
		needs = append(needs, n)
	}
	return needs
}

// peakRate is the machine's multiply-adds per second just now, from a run of
// some twenty microseconds.
func peakRate() float64 {
	const turns = 4_000
	start := threadTime()
	kernel.Peak(turns)
	return turns * kernel.PeakOps / (threadTime() - start).Seconds()
}

// stopwatch is a noise that keeps, for every block of steps, the shortest time
// that any chunk took for it. On a busy machine a whole chunk is never left
// alone; a block of some tens of microseconds now and then is.
type stopwatch struct {
	wordNoise
	last  time.Duration
	least []time.Duration // one per block; the last lacks the chunk's end
}

func (n *stopwatch) Fill(eps []float64, t int) {
	if t%kernel.Block == 0 {
		n.lap(t / kernel.Block)
	}
	n.wordNoise.Fill(eps, t)
}

// lap ends block at-1.
func (n *stopwatch) lap(at int) {
	now := threadTime()
	if at > 0 {
		n.least[at-1] = min(n.least[at-1], now-n.last)
	}
	n.last = now
}

func (n *stopwatch) total() (d time.Duration) {
	for _, l := range n.least {
		d += l
	}
	return d
}

func BenchmarkEngine(b *testing.B) {
	for _, job := range jobs {
		b.Run(job.name, func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			tr := engineNetwork(b, job.cell, 2, job.hidden, job.steps, 0.3)
			o := estimators.PlanOptions{
				Options: options(estimators.Pre, estimators.GuardCode, "snap1"), Basis: job.basis,
				Measured: jobNeeds(job.steps, job.mean, job.coordinate),
			}
			benchmarkPlan(b, tr, o)
		})
	}
}

// BenchmarkKernelSets is job A with the kernels of each instruction set. The share
// is of that set's own peak.
func BenchmarkKernelSets(b *testing.B) {
	defer kernel.Use(kernel.Name())
	for _, with := range kernel.Names() {
		b.Run(with, func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			kernel.Use(with)
			benchmarkPlan(b, engineNetwork(b, "rnn", 2, 64, 256, 0.3), estimators.PlanOptions{
				Options:  options(estimators.Pre, estimators.GuardCode, "snap1"),
				Measured: jobNeeds(256, 0, 0),
			})
		})
	}
}

func benchmarkPlan(b *testing.B, tr *cell.Trajectory, o estimators.PlanOptions) {
	p, err := estimators.NewPlan(tr, o)
	if err != nil {
		b.Fatal(err)
	}
	e, sums := p.NewEngine(), p.NewSums()
	noise := &stopwatch{wordNoise: wordNoise{dim: tr.Layout.S()}}
	for range (len(tr.Steps) + kernel.Block - 1) / kernel.Block {
		noise.least = append(noise.least, time.Hour)
	}
	work := float64(p.Work() * estimators.Lanes)
	var fractions, times []float64
	peak := 0.0
	for b.Loop() {
		rate := peakRate()
		start := threadTime()
		e.Chunk(noise, 0xFFFF, sums, nil)
		noise.lap(len(noise.least))
		d := (threadTime() - start).Seconds()
		peak = max(peak, rate)
		fractions, times = append(fractions, work/d/rate), append(times, d)
	}
	steps := float64(estimators.Lanes * len(tr.Steps))
	b.ReportMetric(median(times)/steps*1e9, "ns/draw-step")
	b.ReportMetric(100*median(fractions), "%peak")
	b.ReportMetric(work/steps, "madd/draw-step")
	b.ReportMetric(noise.total().Seconds()/steps*1e9, "ns-undisturbed")
	b.ReportMetric(100*work/noise.total().Seconds()/peak, "%peak-undisturbed")
	b.ReportMetric(peak/1e9, "Gmadd/s")
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
