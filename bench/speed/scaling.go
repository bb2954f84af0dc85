package speed

import (
	"context"
	"runtime"
	"time"

	"uorobench/estimators"
	"uorobench/stats"
)

// Scaling is how the time of a job grows with one of its sizes. All sizes are run
// in turns, and what is told are medians of ratios to the smallest in the same
// turn, so that a machine that slows down for a while slows all of them.
type Scaling struct {
	Of       string // "draws" or "parameters"
	Points   []ScalePoint
	Turns    int
	Exponent stats.Interval // b of time ∝ size^b, with its 95 % interval
	Counted  stats.Interval // likewise of the counted multiply-adds
}

// ScalePoint is one size. Times are relative to those of the first.
type ScalePoint struct {
	Hidden, Params int
	Draws          int
	Time, Work     float64
}

// scalingHidden and scalingChunks are the sizes: a GRU of so many units, and so
// many chunks of draws. The window is long enough for every size to keep θ̃ itself.
var (
	scalingHidden = []int{16, 32, 64, 128}
	scalingChunks = []int{1, 2, 4, 8, 16}
	scalingJob    = Job{Name: "scaling", Cell: "gru", Hidden: 32, Steps: 512, Mean: 4}
)

// MeasureScaling takes turns for about the given time, on one thread: half of it
// over the numbers of draws, half over the numbers of parameters.
func MeasureScaling(ctx context.Context, during time.Duration) ([]Scaling, error) {
	draws, err := newMeter(scalingJob)
	if err != nil {
		return nil, err
	}
	byDraws := series{of: "draws"}
	for _, n := range scalingChunks {
		byDraws.add(draws, n, n)
	}
	byParams := series{of: "parameters"}
	for _, h := range scalingHidden {
		job := scalingJob
		job.Hidden = h
		m, err := newMeter(job)
		if err != nil {
			return nil, err
		}
		byParams.add(m, 1, m.params)
	}
	var out []Scaling
	for _, s := range []*series{&byDraws, &byParams} {
		if err := s.run(ctx, during/2); err != nil {
			return nil, err
		}
		out = append(out, s.scaling())
	}
	return out, nil
}

// series is what is measured in turns.
type series struct {
	of     string
	meters []*meter
	chunks []int
	sizes  []float64
	ratios [][]float64 // per size, one a turn
}

func (s *series) add(m *meter, chunks, size int) {
	s.meters, s.chunks, s.sizes = append(s.meters, m), append(s.chunks, chunks), append(s.sizes, float64(size))
	s.ratios = append(s.ratios, nil)
}

func (s *series) run(ctx context.Context, during time.Duration) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for start := time.Now(); len(s.ratios[0]) < 3 || time.Since(start) < during; {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		first := 0.0
		for i := range s.meters {
			took := s.time(i)
			if i == 0 {
				first = took
			}
			s.ratios[i] = append(s.ratios[i], took/first)
		}
	}
	return nil
}

// time runs size i once.
func (s *series) time(i int) float64 {
	start := now()
	for range s.chunks[i] {
		s.meters[i].run()
	}
	return (now() - start).Seconds()
}

func (s *series) scaling() Scaling {
	out := Scaling{Of: s.of, Turns: len(s.ratios[0])}
	var times, works []float64
	work := func(i int) float64 { return float64(int64(s.chunks[i]) * s.meters[i].plan.Work()) }
	for i, m := range s.meters {
		p := ScalePoint{
			Hidden: m.job.Hidden, Params: m.params, Draws: s.chunks[i] * estimators.Lanes, Time: median(s.ratios[i]), Work: work(i) / work(0),
		}
		out.Points = append(out.Points, p)
		times, works = append(times, p.Time), append(works, p.Work)
	}
	out.Exponent, out.Counted = stats.PowerLaw(s.sizes, times), stats.PowerLaw(s.sizes, works)
	return out
}
