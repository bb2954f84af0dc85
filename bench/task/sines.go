package task

import (
	"fmt"
	"math"

	"uorobench/bench/config"
	"uorobench/bench/noise"
)

const sinesName = "sines"

// Limits of the sines.
const (
	MaxPeriod = 1 << 16
	MaxWave   = 1 << 16
)

// Sines is next-value prediction on sine waves: input x_t = sin(ω t + φ), target
// sin(ω(t+1) + φ), by squared error ½(y − target)². The period 2π/ω is uniform on
// PeriodLow..PeriodHigh and the phase φ on a circle; both are drawn anew every
// Wave steps, and the last target of a wave is that wave's next value. Every step
// has a loss.
//
// Two values and ω give the next exactly, sin(ω(t+1)+φ) = 2 cos(ω) x_t − x_{t−1}:
// to predict, a cell must find ω from at least three values and keep it. Answering
// 0 costs ¼ on average, repeating x_t costs ½(1 − cos ω).
// Source: the sine waves of many frequencies of D. Sussillo, O. Barak, "Opening the
// black box: low-dimensional dynamics in high-dimensional recurrent neural
// networks", Neural Computation 25 (2013), where the frequency is an input and the
// wave is generated; here the frequency must be read off the wave.
type Sines struct{ o SinesOptions }

// SinesOptions are the options of the sines.
type SinesOptions struct {
	PeriodLow, PeriodHigh float64 // steps of a period, 2 ≤ PeriodLow ≤ PeriodHigh ≤ MaxPeriod
	Wave                  int     // steps of a wave, 1..MaxWave
}

func (*SinesOptions) name() string                  { return sinesName }
func (o *SinesOptions) reset()                      { *o = SinesOptions{8, 32, 64} }
func (*SinesOptions) build(o Options) (Task, error) { return NewSines(o) }

func (o *SinesOptions) fields() []config.Field {
	return []config.Field{
		{Key: "period_low", Help: "least steps of a period", Value: &o.PeriodLow, Rule: config.Between(2, MaxPeriod)},
		{Key: "period_high", Help: "most steps of a period", Value: &o.PeriodHigh, Rule: config.Between(2, MaxPeriod)},
		{Key: "wave", Help: "steps until a period and a phase are drawn anew", Value: &o.Wave, Rule: config.Whole(1, MaxWave)},
	}
}

// NewSines makes the task. The error is a *config.FieldError.
func NewSines(o Options) (*Sines, error) {
	if err := checkOptions(&o.SinesOptions); err != nil {
		return nil, err
	}
	if o.PeriodHigh < o.PeriodLow {
		return nil, config.Wrong("period_high", o.PeriodHigh, fmt.Sprintf("must be a number from period_low = %g to %d", o.PeriodLow, MaxPeriod))
	}
	return &Sines{o.SinesOptions}, nil
}

// Name implements Task.
func (s *Sines) Name() string { return sinesName }

// Alphabet implements Task: there are no symbols.
func (s *Sines) Alphabet() []string { return nil }

// Sequence implements Task. It reads two numbers from u per wave, when the wave
// begins.
func (s *Sines) Sequence(u *noise.Uniforms, steps int) (Sequence, error) {
	if err := checkSteps(sinesName, steps); err != nil {
		return Sequence{}, err
	}
	r := &Real{}
	var omega, phase float64
	for t := range steps {
		at := t % s.o.Wave
		if at == 0 {
			omega = 2 * math.Pi / (s.o.PeriodLow + float64(u.Next()*(s.o.PeriodHigh-s.o.PeriodLow)))
			phase = 2 * math.Pi * u.Next()
		}
		value := func(t int) []float64 { return []float64{math.Sin(float64(omega*float64(t)) + phase)} }
		r.Input = append(r.Input, value(at))
		r.Target = append(r.Target, value(at+1))
	}
	return Sequence{X: 1, Y: 1, Real: r}, nil
}
