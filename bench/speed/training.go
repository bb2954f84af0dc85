package speed

import (
	"context"
	"runtime"
	"time"

	"uorobench/bench/task"
	"uorobench/bench/training"
)

// TrainingMethods are those of the documentation's table.
var TrainingMethods = []string{
	"rtrl", "snap1", "tbptt-8", "uoro", "cv-uoro/snap1/one", "cv-uoro/snap1/trace",
	"residual", "scaled-residual", "scaled-split-residual-32",
}

// Training is the speed of online training with one method, one update a step on
// a^n b^n(1,32). Times are medians over turns, on one thread.
type Training struct {
	Cell          string
	Hidden        int
	Method        string  // full name
	Nanoseconds   float64 // per update
	training.Cost         // multiply-adds of one step's estimate
	// OfPeak is the median of the turns' ratios of the multiply-adds that were
	// spent to those that the core does on registers alone. The network's own
	// step and the optimiser are timed and not counted, which shows where the
	// estimate is cheap.
	OfPeak      float64
	Steps       int    // measured
	Allocations uint64 // heap allocations during all turns
}

// MeasureTraining trains for about the given time. The error says why the cell
// cannot have the method.
func MeasureTraining(ctx context.Context, cellName string, hidden int, method string, during time.Duration) (Training, error) {
	t, err := trainer(cellName, hidden, method)
	if err != nil {
		return Training{}, err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	m := trainMeter{trainer: t, times: make([]float64, 0, maxTurns), ratios: make([]float64, 0, maxTurns)}
	if err := m.turn(); err != nil { // warms caches, and tells how long a step takes
		return Training{}, err
	}
	m.size()
	return m.measure(ctx, during)
}

// trainSteps bounds a measurement; the symbols of all steps are made before.
const trainSteps = 1 << 20

func trainer(cellName string, hidden int, method string) (*training.Trainer, error) {
	anbn, err := task.NewANBN(task.Defaults())
	if err != nil {
		return nil, err
	}
	c := training.Default(anbn)
	c.Cell, c.Hidden, c.Method, c.Steps = cellName, hidden, method, trainSteps
	return training.New(c)
}

type trainMeter struct {
	trainer *training.Trainer
	steps   int       // per turn
	times   []float64 // seconds per step
	ratios  []float64
}

// size makes a turn last some milliseconds, and forgets the first one.
func (m *trainMeter) size() {
	const seconds = 4e-3
	m.steps = max(1, int(seconds/m.times[0]))
	m.times, m.ratios = m.times[:0], m.ratios[:0]
}

func (m *trainMeter) measure(ctx context.Context, during time.Duration) (Training, error) {
	first := m.trainer.Steps()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for start := time.Now(); time.Since(start) < during && m.more(); {
		if err := context.Cause(ctx); err != nil {
			return Training{}, err
		}
		if err := m.turn(); err != nil {
			return Training{}, err
		}
	}
	runtime.ReadMemStats(&after)
	c := m.trainer.Config()
	return Training{
		Cell: c.Cell, Hidden: c.Hidden, Method: c.Method, Cost: m.trainer.Cost(),
		Nanoseconds: median(m.times) * 1e9, OfPeak: median(m.ratios),
		Steps: m.trainer.Steps() - first, Allocations: after.Mallocs - before.Mallocs,
	}, nil
}

func (m *trainMeter) more() bool {
	return len(m.times) < cap(m.times) && m.trainer.Steps()+m.steps <= trainSteps
}

// turn takes the peak, a few steps, and the peak again.
func (m *trainMeter) turn() error {
	n := max(m.steps, 1)
	peak := peakRate()
	start := now()
	for range n {
		if err := m.trainer.Step(); err != nil {
			return err
		}
	}
	took := (now() - start).Seconds() / float64(n)
	peak = (peak + peakRate()) / 2
	m.times = append(m.times, took)
	m.ratios = append(m.ratios, float64(m.trainer.Cost().Spent)/took/peak)
	return nil
}
