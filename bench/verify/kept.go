package verify

import (
	"math"

	"uorobench/bench"
	"uorobench/bench/noise"
	"uorobench/bench/task"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// SequenceOf makes an experiment's sequence again, from its task and seed: what the
// warm-up reads, and the window.
func SequenceOf(e *bench.Experiment) (before, window task.Sequence, err error) {
	t, err := e.MakeTask()
	if err != nil {
		return before, window, err
	}
	seed := e.SequenceSeed
	if seed == 0 {
		seed = e.Seed
	}
	whole, err := t.Sequence(noise.New(seed, noise.Data).Uniforms(0), e.WarmUp+e.Steps)
	if err != nil {
		return before, window, err
	}
	before, window = whole.Split(e.WarmUp)
	return before, window, nil
}

// Schedule forms the scales of guard fixed again: the means of the scales of 512
// textbook draws of the pilot stream under guard code.
func (p *Replayable) Schedule() *estimators.Schedule {
	const draws = 512
	states, steps := p.tr.Layout.S(), len(p.tr.Steps)
	s := &estimators.Schedule{Rho0: make([]float64, steps), Rho1: make([]float64, steps)}
	stream := noise.New(p.experiment.Seed, noise.Pilot)
	var filler noise.Filler = stream.Rademacher(states)
	if p.experiment.Noise == bench.NoiseGaussian {
		filler = stream.Gaussian(states)
	}
	eps := make([][]float64, steps)
	for first := 0; first < draws; first += noise.Lanes {
		filler.Seek(uint64(first))
		for t := range eps {
			eps[t] = make([]float64, states*noise.Lanes)
			filler.Fill(eps[t], t)
		}
		for lane := range noise.Lanes {
			d := oracle.NewDraw(p.tr.Layout, estimators.GuardCode, nil)
			for t, j := range p.tr.Steps {
				d.Step(j, laneOf(eps[t], lane))
				s.Rho0[t] += d.Rho0 / draws
				s.Rho1[t] += d.Rho1 / draws
			}
		}
	}
	return s
}

// Coordinates names every coordinate of the gradient by tensor, row and column. The
// place of a number in θ is found by putting it there.
func (p *Replayable) Coordinates(tensors []cell.Tensor) (names []string, rows, cols []int, err error) {
	outputs, numbered := 0, make([]cell.Tensor, len(tensors))
	type place struct {
		tensor   string
		row, col int
	}
	var places []place
	for i, t := range tensors {
		numbered[i] = cell.Tensor{Name: t.Name, Shape: t.Shape, Data: make([]float64, len(t.Data))}
		if t.Name == "bias" {
			outputs = t.Shape[0]
		}
		width := 1
		if len(t.Shape) == 2 {
			width = t.Shape[1]
		}
		for at := range t.Data {
			numbered[i].Data[at] = float64(len(places))
			places = append(places, place{t.Name, at / width, at % width})
		}
	}
	params := cell.NewParams(p.tr.Layout, outputs)
	if err := params.SetTensors(p.tr.Layout, numbered); err != nil {
		return nil, nil, nil, err
	}
	for _, v := range params.Theta {
		at := places[int(v)]
		names, rows, cols = append(names, at.tensor), append(rows, at.row), append(cols, at.col)
	}
	return names, rows, cols, nil
}

// TrainingScales are the mean of ‖ĝ‖² over the measured steps and the sixteen draws
// of an update of a covariate's training, and over the draws held out.
func (p *Replayable) TrainingScales(updates int) (atUpdate []float64, heldOut float64, err error) {
	sel, err := estimators.Parse("uoro")
	if err != nil {
		return nil, 0, err
	}
	c, err := sel.Spec.New(p.tr.Layout, p.options(&bench.EstimatorResult{Convention: p.experiment.Convention}))
	if err != nil {
		return nil, 0, err
	}
	offsets, _ := known(c, p.tr)
	of := func(first uint64) float64 {
		filler, sum := p.filler(noise.CovariateTraining, c.NoiseDim), 0.0
		filler.Seek(first)
		b, eps, at := c.NewBatch(), make([]float64, c.NoiseDim*noise.Lanes), 0
		b.Reset()
		for t, j := range p.tr.Steps {
			filler.Fill(eps, t)
			var visit func(*estimators.Signals)
			if at < len(p.measured) && p.measured[at] == t+1 {
				at++
				visit = func(s *estimators.Signals) {
					for lane := range noise.Lanes {
						y := vector(p.tr)
						oracle.Signal(y, s, 0, lane)
						y = add(y, offsets[t])
						sum += dot(y, y)
					}
				}
			}
			c.Advance(b, j, eps, visit)
		}
		return sum / float64(noise.Lanes*len(p.measured))
	}
	for u := range updates {
		atUpdate = append(atUpdate, of(uint64(u)*noise.Lanes))
	}
	for chunk := range uint64(8) {
		heldOut += of(1<<40+chunk*noise.Lanes) / 8
	}
	return atUpdate, heldOut, nil
}

// DrawColumns are the columns of a step that follow from its rows of draws alone:
// lengths, inner products and cosines.
func DrawColumns(d []bench.DrawValue, groups int, exactSq float64, all bool) Columns {
	c := Columns{"n_draws": float64(len(d))}
	s, of := sample{all: all}, cosines{}
	n, square, dots := float64(len(d)), 0.0, 0.0
	for i := range d {
		g := int(d[i].Draw) / noise.Lanes % groups
		s.group, s.e = append(s.group, g), append(s.e, []float64{d[i].Dot})
		square, dots = square+d[i].NormSq/n, dots+d[i].Dot/n
		if d[i].HasAngle {
			of.add(g, d[i].Cosine)
		}
	}
	if n > 1 || all { // of a variance and a bias, which one draw has not
		c["mse"] = square - 2*dots + exactSq
	}
	if filled, _ := s.sizes(); true {
		c["n_groups"] = float64(len(filled))
	}
	if exactSq > 0 && (n > 1 || all) {
		c["along_exact"] = dots / exactSq
		unit := exponentOf(s.e)
		s.e = timesAll(s.e, -unit)
		if l, ok := s.jackknife(s.meanAlong([]float64{1})); ok && !all {
			se, _ := l.mcse()
			c["along_exact_mcse"] = math.Ldexp(se, unit) / exactSq
		}
	}
	of.columns(c, all)
	c.deleteNonfinite()
	return c
}
