package task_test

import (
	"math"
	"testing"

	"uorobench/bench/noise"
	"uorobench/bench/task"
)

func sines(t *testing.T, low, high float64, wave, steps int) task.Sequence {
	t.Helper()
	o := task.Defaults()
	o.PeriodLow, o.PeriodHigh, o.Wave = low, high, wave
	made, err := task.New("sines", o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := made.Sequence(noise.New(3, noise.Data).Uniforms(0), steps)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Within a wave the target is the next input, and a wave obeys the recurrence of a
// sine, x_{t+1} = 2 cos(ω) x_t − x_{t−1}, with one ω whose period is in the range;
// so does the last target, which is no input. Another wave has another ω.
func TestSinesAreSines(t *testing.T) {
	const low, high, wave, waves = 5, 40, 50, 200
	s := sines(t, low, high, wave, wave*waves)
	var periods []float64
	for w := range waves {
		x := make([]float64, 0, wave+1)
		for at := range wave {
			x = append(x, s.Real.Input[w*wave+at][0])
			if at > 0 && s.Real.Target[w*wave+at-1][0] != x[at] {
				t.Fatalf("wave %d: the target of step %d is not the next input", w, at-1)
			}
		}
		x = append(x, s.Real.Target[w*wave+wave-1][0])
		// By least squares, as single steps near a zero say nothing of ω.
		num, den := 0.0, 0.0
		for i := 1; i < wave; i++ {
			num += x[i] * (x[i+1] + x[i-1])
			den += x[i] * x[i]
		}
		twoCos := num / den
		for i := 1; i < wave; i++ {
			if e := x[i+1] - (twoCos*x[i] - x[i-1]); math.Abs(e) > 1e-12 {
				t.Fatalf("wave %d: step %d is off the recurrence by %g", w, i, e)
			}
		}
		periods = append(periods, 2*math.Pi/math.Acos(twoCos/2))
	}
	mean := 0.0
	for _, p := range periods {
		if p < low-1e-9 || p > high+1e-9 {
			t.Errorf("period %v, want %v to %v", p, low, high)
		}
		mean += p / waves
	}
	// Uniform: mean 22.5, standard deviation 35/√12; five standard errors.
	if limit := 5 * 35 / math.Sqrt(12*waves); math.Abs(mean-22.5) > limit {
		t.Errorf("mean period %v, want 22.5 ± %v", mean, limit)
	}
}

// The costs of answering 0 and of repeating the input, at one period: ¼ and
// ½(1 − cos ω), means over the phase; five standard errors over 4000 phases.
func TestSinesLevels(t *testing.T) {
	const waves, period = 4000, 10.0
	s := sines(t, period, period, 1, waves)
	zero, zeroSq, repeat, repeatSq := 0.0, 0.0, 0.0, 0.0
	for i := range waves {
		x, y := s.Real.Input[i][0], s.Real.Target[i][0]
		a, b := y*y/2, (y-x)*(y-x)/2
		zero, zeroSq, repeat, repeatSq = zero+a/waves, zeroSq+a*a/waves, repeat+b/waves, repeatSq+b*b/waves
	}
	for _, c := range []struct {
		what              string
		got, square, want float64
	}{{"0", zero, zeroSq, 0.25}, {"the input", repeat, repeatSq, (1 - math.Cos(2*math.Pi/period)) / 2}} {
		if limit := 5 * math.Sqrt((c.square-c.got*c.got)/waves); math.Abs(c.got-c.want) > limit {
			t.Errorf("answering %s costs %v, want %v ± %v", c.what, c.got, c.want, limit)
		}
	}
}

func TestSinesErrors(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		wave      int
		want      string
	}{
		{1.9, 9, 5, "period_low = 1.9: must be a number from 2 to 65536"},
		{9, math.NaN(), 5, "period_high = NaN: must be a number from 2 to 65536"},
		{9, 8, 5, "period_high = 8: must be a number from period_low = 9 to 65536"},
		{8, 8, 0, "wave = 0: must be a whole number from 1 to 2^16"},
	} {
		o := task.Defaults()
		o.PeriodLow, o.PeriodHigh, o.Wave = c.low, c.high, c.wave
		if _, err := task.New("sines", o); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
