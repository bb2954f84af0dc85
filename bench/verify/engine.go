package verify

import (
	"math"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

var engineCheck = &Check{
	Name: "engine", Against: "sums over the draws of UORO's formula in dense matrices, one number at a time",
	Claim: "means and second moments, in all, by unit and by coordinate (on θ̃), of uoro with all covariates that the engine runs, the linear ones too, for windows within one block of steps and over two; relative to the root of the second moments",
	// The engine does the same arithmetic in another order, over two blocks.
	Tolerance: 1e-11,
	jobs:      func() []job { return uoroJobs(engineCase) },
}

// Windows of the engine's network: a part of a block of 8 steps, and a block
// with a part of another.
var engineWindows = []int{5, 11}

func engineCase(r *recorder, s Subject, o estimators.Options) {
	spec, most := specNamed(s.Estimator), 0.0
	for _, name := range covariatesOf(&spec, s.Cell) {
		if runs, _ := estimators.Covers([]string{name}); runs {
			o.Covariates = append(o.Covariates, name)
		}
	}
	for _, steps := range engineWindows {
		e, err := engineError(s, spec, o, steps)
		if err != nil {
			r.failed(s, err)
			return
		}
		most = worst(most, e)
	}
	r.found(s, most)
}

// engineError is the engine's largest error over a window.
func engineError(s Subject, spec estimators.Spec, o estimators.Options, steps int) (float64, error) {
	f, err := network(s.Cell, gradientHidden, steps)
	if err != nil {
		return 0, err
	}
	tr := f.Trajectory
	c, err := spec.New(tr.Layout, o)
	if err != nil {
		return 0, err
	}
	book, err := oracle.NewTextbook(s.Estimator, tr, o)
	if err != nil {
		return 0, err
	}
	plan, err := estimators.NewPlan(tr, estimators.PlanOptions{Options: o, Measured: allNeeds(steps, c.Signals())})
	if err != nil {
		return 0, err
	}
	sums, filler := plan.NewSums(), fillerOf(s.Noise, c.NoiseDim)
	filler.Seek(0)
	plan.NewEngine().Chunk(filler, 1<<engineDraws-1, sums, nil)
	return compareSums(plan, sums, plainSums(book.Chain(), tr, chunkNoise(s.Noise, c.NoiseDim, steps)), tr.Layout), nil
}

// engineDraws leaves a few lanes of the chunk without a draw.
const engineDraws = estimators.Lanes - 3

func allNeeds(steps, signals int) []estimators.Needs {
	var all []int
	for k := range signals {
		all = append(all, k)
	}
	var needs []estimators.Needs
	for t := range steps {
		needs = append(needs, estimators.Needs{Step: t, Mean: all, Unit: true, Coordinate: true})
	}
	return needs
}

// plain are the sums of one step: of y_k, and of y_k y_l by coordinate, k ≥ l.
type plain struct {
	mean   [][]float64
	square [][][]float64
}

// plainSums runs a batch and adds up number by number.
func plainSums(c *estimators.Chain, tr *cell.Trajectory, eps [][]float64) []plain {
	out := make([]plain, len(tr.Steps))
	y := make([][]float64, c.Signals())
	for k := range y {
		y[k] = vector(tr)
	}
	b := c.NewBatch()
	b.Reset()
	for t, j := range tr.Steps {
		out[t] = newPlain(c.Signals(), tr)
		c.Advance(b, j, eps[t], func(s *estimators.Signals) {
			for w := range engineDraws {
				for k := range y {
					oracle.Signal(y[k], s, k, w)
				}
				out[t].add(y)
			}
		})
	}
	return out
}

func newPlain(signals int, tr *cell.Trajectory) plain {
	var p plain
	for k := range signals {
		p.mean = append(p.mean, vector(tr))
		p.square = append(p.square, nil)
		for range k + 1 {
			p.square[k] = append(p.square[k], vector(tr))
		}
	}
	return p
}

func (p *plain) add(y [][]float64) {
	for k := range y {
		for j, v := range y[k] {
			p.mean[k][j] += v
			for l := range k + 1 {
				p.square[k][l][j] += v * y[l][j]
			}
		}
	}
}

// compareSums is the largest error over all steps, signals and kinds of sums.
func compareSums(plan *estimators.Plan, sums *estimators.Sums, want []plain, l *cell.Layout) float64 {
	most := 0.0
	for m := range want {
		if sums.Draws(m) != engineDraws {
			return math.Inf(1)
		}
		for k := range want[m].mean {
			got := make([]float64, l.P())
			sums.MeanTo(got, m, k)
			size := math.Sqrt(total(want[m].square[k][k]))
			most = worst(most, relative(got, want[m].mean[k], math.Sqrt(engineDraws)*size))
			for o := range k + 1 {
				other := math.Sqrt(total(want[m].square[o][o]))
				most = worst(most, relative([]float64{sums.Gram(m, k, o)}, []float64{total(want[m].square[k][o])}, size*other))
				if onTheta(plan, k) && onTheta(plan, o) {
					most = worst(most, compareBins(sums, m, k, o, want[m].square[k][o], l, size*other))
				}
			}
		}
	}
	return most
}

func onTheta(plan *estimators.Plan, signal int) bool {
	_, ok := plan.Place(signal)
	return ok
}

// compareBins compares the moments by unit and by coordinate, which are of the
// signals on θ̃ alone.
func compareBins(sums *estimators.Sums, m, k, o int, want []float64, l *cell.Layout, size float64) float64 {
	byUnit := make([]float64, l.H)
	for j, u := range l.UnitOf() {
		byUnit[u] += want[j]
	}
	unit, coordinate := make([]float64, l.H), make([]float64, l.P())
	sums.UnitTo(unit, m, k, o)
	sums.CoordinateTo(coordinate, m, k, o)
	return worst(relative(unit, byUnit, size), relative(coordinate, want, size))
}

func total(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum
}
