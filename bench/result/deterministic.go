package result

import (
	"math"

	"uorobench/bench/chain"
	"uorobench/bench/problem"
	"uorobench/stats"
)

// Deterministic are the rows of an estimator that draws nothing: its estimate is
// the known offset. It has no convention of its own and takes the experiment's.
func Deterministic(p *problem.Problem, c *chain.Plan, k *chain.Known, convention string) *Estimator {
	out := &Estimator{Selection: c.Variants[0].Selection, Convention: convention, Cost: c.Cost}
	pooled := Step{}
	for m, t := range p.Measured {
		bias := 0.0
		for j, g := range p.Exact[m] {
			d := k.Offset[m][j] - g
			bias += d * d
		}
		row := Step{Step: t, Sampling: SamplingNone, Row: stats.ExactRow(p.ExactSq[m], bias)}
		row.Cosine = cosine(k.Offset[m], p.Exact[m])
		setEstimates(&row, p, k.Offset[m:m+1], m)
		out.Steps = append(out.Steps, row)
		pooled.ExactSq += p.ExactSq[m]
		pooled.BiasSq.Value += bias
	}
	out.Pooled = Step{Sampling: SamplingNone, Row: stats.ExactRow(pooled.ExactSq, pooled.BiasSq.Value)}
	out.Pooled.Cosine = meanCosine(out.Steps)
	setEstimates(&out.Pooled, p, k.Offset, 0)
	return out
}

// setEstimates sets what the row says of single directions, from the estimates at
// the measured steps from first on.
func setEstimates(row *Step, p *problem.Problem, estimates [][]float64, first int) {
	along, square, shared := 0.0, 0.0, 0.0
	steps := make([]int, len(estimates))
	for i, estimate := range estimates {
		steps[i] = first + i
		along += problem.Inner(estimate, p.Exact[first+i])
		square += p.ExactSq[first+i]
		if p.Shared != nil {
			shared += problem.Inner(estimate, p.Shared)
		}
	}
	if square > 0 {
		row.AlongExact = exactly(along / square)
	}
	if p.Shared != nil {
		row.SharedExact, row.Shared = exactly(p.ExactShared(steps)), exactly(shared)
	}
}

// meanCosine is over the steps that have one, as that of draws is.
func meanCosine(steps []Step) (mean stats.Interval) {
	n := 0.0
	for i := range steps {
		if c := steps[i].Cosine; c.OK {
			mean.Value, mean.OK = mean.Value+c.Value, true
			n++
		}
	}
	mean.Value /= max(n, 1)
	return mean
}

func cosine(x, y []float64) stats.Interval {
	c, ok := Cosine(problem.Inner(x, y), stats.Dot(x, x), stats.Dot(y, y))
	return stats.Interval{Value: c, OK: ok}
}

// Cosine is x·y/(‖x‖‖y‖) of the squared lengths; absent where one is zero, or a
// number is not finite: of a draw that long the direction is lost.
func Cosine(dot, xx, yy float64) (c float64, ok bool) {
	scale := math.Sqrt(xx) * math.Sqrt(yy)
	c = dot / scale
	if !(scale > 0) || math.IsInf(scale, 1) || math.IsNaN(c) || math.IsInf(c, 0) {
		return 0, false
	}
	return c, true
}
