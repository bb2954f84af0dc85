// Package speed measures how close the engine comes to the machine's limit.
//
// A shared machine's clock is not to be trusted in seconds, so the contract is a
// ratio: chunks of a job and runs of a kernel that does nothing but fused
// multiply-adds on registers take turns, a few milliseconds each, and the median
// of the ratios is told. Multiply-adds are counted from the dimensions (padding,
// noise and square roots are not counted), so the fraction of the peak is what a
// user gets, not what the units were busy with.
package speed

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"uorobench/bench/noise"
	"uorobench/bench/task"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// Job is a shape of work: UORO with the snap1 covariate along T steps.
type Job struct {
	Name          string
	Cell          string
	Hidden, Steps int
	// Mean and Coordinate say at every how many steps the sums of the estimate
	// and the moments by coordinate are kept; 0 is never. The second moments
	// are kept at every step.
	Mean, Coordinate int
}

// Jobs are those of the documentation's table.
var Jobs = []Job{
	{Name: "A", Cell: "rnn", Hidden: 64, Steps: 256},
	{Name: "A+mean", Cell: "rnn", Hidden: 64, Steps: 256, Mean: 1},
	{Name: "B", Cell: "rnn", Hidden: 64, Steps: 256, Coordinate: 8},
	{Name: "C", Cell: "rnn", Hidden: 256, Steps: 64, Mean: 1},
	{Name: "D", Cell: "rnn", Hidden: 16, Steps: 512, Mean: 1},
	{Name: "G", Cell: "gru", Hidden: 64, Steps: 256},
}

// Find returns the job of a name.
func Find(name string) (Job, error) {
	at := slices.IndexFunc(Jobs, func(j Job) bool { return j.Name == name })
	if at < 0 {
		names := make([]string, len(Jobs))
		for i, j := range Jobs {
			names[i] = j.Name
		}
		return Job{}, fmt.Errorf("unknown job %q; allowed: %v", name, names)
	}
	return Jobs[at], nil
}

// Speed is what was measured of a job. Times are medians over chunks.
type Speed struct {
	Job
	Params          int
	Bases           []estimators.Basis // per group of rows
	NsPerDrawStep   float64
	PerDrawStep     float64 // multiply-adds per draw and step
	GigaMultiplyAdd float64 // multiply-adds per second, 1e9
	Peak            float64 // the machine's, in the same turns, 1e9
	OfPeak          float64 // median of the ratios, 0 to 1
	Chunks          int     // of estimators.Lanes draws
	Allocations     uint64  // heap allocations during all chunks
}

// Measure runs chunks of the job for about the given time on one thread.
func Measure(ctx context.Context, job Job, during time.Duration) (Speed, error) {
	m, err := newMeter(job)
	if err != nil {
		return Speed{}, err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	m.turn() // warms caches
	m.reset()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for start := time.Now(); time.Since(start) < during && len(m.times) < cap(m.times); {
		if err := context.Cause(ctx); err != nil {
			return Speed{}, err
		}
		m.turn()
	}
	runtime.ReadMemStats(&after)
	out := m.speed()
	out.Allocations = after.Mallocs - before.Mallocs
	return out, nil
}

type meter struct {
	job    Job
	plan   *estimators.Plan
	engine *estimators.Engine
	sums   *estimators.Sums
	noise  *noise.Signs
	params int
	chunk  uint64
	times  []float64 // seconds per chunk
	peaks  []float64 // multiply-adds per second
	ratios []float64
}

// maxTurns bounds the notes, so that a turn never allocates.
const maxTurns = 1 << 16

func newMeter(job Job) (*meter, error) {
	tr, err := trajectory(job)
	if err != nil {
		return nil, err
	}
	plan, err := estimators.NewPlan(tr, estimators.PlanOptions{
		Options: estimators.Options{
			Convention: estimators.Pre, Guard: estimators.GuardCode, Covariates: []string{"snap1"},
		},
		Measured: needs(job),
	})
	if err != nil {
		return nil, err
	}
	return &meter{
		job: job, plan: plan, engine: plan.NewEngine(), sums: plan.NewSums(), params: tr.Layout.P(),
		noise: noise.New(1, noise.Measurement).Rademacher(tr.Layout.S()),
		times: make([]float64, 0, maxTurns), peaks: make([]float64, 0, maxTurns), ratios: make([]float64, 0, maxTurns),
	}, nil
}

// trajectory is a random network of the job's size on a^n b^n.
func trajectory(job Job) (*cell.Trajectory, error) {
	options := task.Defaults()
	options.Layout = task.LayoutRun // two symbols
	anbn, err := task.NewANBN(options)
	if err != nil {
		return nil, err
	}
	data := noise.New(1, noise.Data)
	seq, err := anbn.Sequence(data.Uniforms(0), job.Steps)
	if err != nil {
		return nil, err
	}
	c, err := cell.New(job.Cell, seq.X, job.Hidden)
	if err != nil {
		return nil, err
	}
	p := cell.NewParams(c.Layout(), seq.Y)
	p.Init(c.Layout(), 1, data.Uniforms(1).Next)
	in := &cell.Sequence{Inputs: seq.X, Outputs: seq.Y, Target: seq.Target}
	for _, code := range seq.Input {
		x := make([]float64, seq.X)
		x[code] = 1
		in.X = append(in.X, x)
	}
	return cell.Run(c, p, in, nil)
}

func needs(job Job) []estimators.Needs {
	out := make([]estimators.Needs, job.Steps)
	for t := range out {
		out[t].Step = t
		out[t].Coordinate = job.Coordinate > 0 && (t+1)%job.Coordinate == 0
		if job.Mean > 0 && (t+1)%job.Mean == 0 {
			out[t].Mean = []int{0}
		}
	}
	return out
}

func (m *meter) reset() { m.times, m.peaks, m.ratios = m.times[:0], m.peaks[:0], m.ratios[:0] }

// turn takes the peak, a chunk, and the peak again.
func (m *meter) turn() {
	peak := peakRate()
	start := now()
	m.run()
	took := (now() - start).Seconds()
	peak = (peak + peakRate()) / 2
	work := float64(m.plan.Work()) * estimators.Lanes
	m.times, m.peaks, m.ratios = append(m.times, took), append(m.peaks, peak), append(m.ratios, work/took/peak)
}

// run takes the next chunk.
func (m *meter) run() {
	m.noise.Seek(m.chunk * estimators.Lanes)
	m.engine.Chunk(m.noise, 1<<estimators.Lanes-1, m.sums, nil)
	m.chunk++
}

// peakRate runs about half a millisecond of multiply-adds on registers.
func peakRate() float64 {
	const turns = 75_000
	start := now()
	kernel.Peak(turns)
	return turns * kernel.PeakOps / (now() - start).Seconds()
}

var epoch = time.Now()

func wall() time.Duration { return time.Since(epoch) }

func (m *meter) speed() Speed {
	steps := float64(m.job.Steps * estimators.Lanes)
	took, work := median(m.times), float64(m.plan.Work())/float64(m.job.Steps)
	return Speed{
		Job: m.job, Params: m.params, Bases: m.plan.Bases(), Chunks: len(m.times),
		NsPerDrawStep: took / steps * 1e9, PerDrawStep: work,
		GigaMultiplyAdd: work * steps / took / 1e9, Peak: median(m.peaks) / 1e9, OfPeak: median(m.ratios),
	}
}

// median sorts a copy.
func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}

// Chunks runs n chunks of the job and nothing else: what an instruction counter
// looks at.
func Chunks(job Job, n int) error {
	m, err := newMeter(job)
	if err != nil {
		return err
	}
	for range n {
		m.run()
	}
	return nil
}
