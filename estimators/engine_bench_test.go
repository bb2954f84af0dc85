package estimators_test

import (
	"runtime"
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

// measuredPeak is the machine's multiply-adds per second, best of many short runs.
func measuredPeak() float64 {
	best := 0.0
	for range 200 {
		start := threadTime()
		kernel.Peak(2000)
		best = max(best, 2000*kernel.PeakOps/(threadTime()-start).Seconds())
	}
	return best
}

func BenchmarkEngine(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	peak := measuredPeak()
	for _, job := range jobs {
		b.Run(job.name, func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			tr := network(b, job.cell, 2, job.hidden, job.steps, 0.3)
			o := estimators.PlanOptions{
				Options: options(estimators.Pre, estimators.GuardCode, "snap1"), Basis: job.basis,
				Measured: jobNeeds(job.steps, job.mean, job.coordinate),
			}
			benchmarkPlan(b, tr, o, peak)
		})
	}
}

func benchmarkPlan(b *testing.B, tr *cell.Trajectory, o estimators.PlanOptions, peak float64) {
	p, err := estimators.NewPlan(tr, o)
	if err != nil {
		b.Fatal(err)
	}
	e, sums := p.NewEngine(), p.NewSums()
	noise := &wordNoise{dim: tr.Layout.S()}
	best := time.Hour
	for b.Loop() {
		start := threadTime()
		e.Chunk(noise, 0xFFFF, sums, nil)
		best = min(best, (threadTime() - start))
	}
	perStep := best.Seconds() / float64(estimators.Lanes*len(tr.Steps))
	b.ReportMetric(perStep*1e9, "ns/draw-step")
	work := float64(p.Work()) / float64(len(tr.Steps))
	b.ReportMetric(work, "madd/draw-step")
	b.ReportMetric(peak/1e9, "Gmadd/s-peak")
	b.ReportMetric(100*work/perStep/peak, "%peak")
}
