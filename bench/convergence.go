package bench

import (
	"context"
	"math/bits"

	"uorobench/bench/noise"
	"uorobench/estimators"
	"uorobench/stats"
)

// With --detail convergence the draws of a group are cut into runs of N, one
// after the other, and the distance of each run's mean from the exact gradient is
// told, averaged over the runs, for N = 1, 2, 4, …. It falls as 1/√N for an
// unbiased estimator and stays at the bias for a biased one; the groups are
// repetitions. The means are formed draw by draw, so they come from plain
// batches, and rest on the draws that those have.
//
// Tried first and left: the mean of a group's first N draws alone. With N = 1 that
// is one draw a group, far too few for an estimator whose variance rests on rare
// draws.

// Deviation is the squared distance of a mean of draws from the exact gradient,
// averaged over disjoint runs of draws.
type Deviation struct {
	Group int   // 0-based: one repetition; 0 for an estimator without noise
	Step  int   // 1-based
	Draws int64 // N, a power of two; 1 for an estimator without noise
	Means int64 // the runs of N draws behind Sq; 0 for an estimator without noise
	Sq    float64
}

// maxLevel is log2 of the largest N.
const maxLevel = 20

// deviationSums adds up a group's deviations at a step, by log2 N.
type deviationSums struct {
	sq    [maxLevel + 1]float64
	means [maxLevel + 1]int64
}

// means is a worker's scratch.
type means struct {
	tree  [][]meanTree // views × M
	draws []float64    // P×Lanes: the estimates of one chunk
	one   []float64    // P: one of them, then the sum that it completes
}

// meanTree holds the sums of a group's draws as a binary counter: level l is the
// sum of 2^l draws that still lack as many more.
type meanTree struct {
	level [][]float64
	full  []bool
}

func newMeans(p *pass) *means {
	if !p.converge {
		return nil
	}
	m := &means{draws: make([]float64, p.shape.Params*Lanes), one: make([]float64, p.shape.Params)}
	levels := min(maxLevel, bits.Len64(uint64(p.draws/int64(p.groups)+Lanes)))
	for range p.views {
		trees := make([]meanTree, len(p.problem.measured))
		for i := range trees {
			trees[i].full = make([]bool, levels)
			for range levels {
				trees[i].level = append(trees[i].level, make([]float64, p.shape.Params))
			}
		}
		m.tree = append(m.tree, trees)
	}
	return m
}

// addMeans takes the step's estimates into the group's means; i is the view's
// place in the worker's pass. A group is done from its first chunk to its last by
// one worker, without another between (see chunksPerShift).
func (v *view) addMeans(w *worker, i int, s *estimators.Signals) {
	tree := &w.means.tree[i][w.at]
	if w.chunk == int64(w.inGroup) { // the group's first
		clear(tree.full)
	}
	clear(w.means.draws)
	v.addEstimates(w.means.draws, s, w.inGroup, w.at)
	for lane, ok := range w.input.Valid {
		if ok {
			for j := range w.means.one {
				w.means.one[j] = w.means.draws[j*Lanes+lane]
			}
			v.deviations[w.inGroup][w.at].add(tree, w.means.one, v.exact[w.at])
		}
	}
}

// add takes in one draw, and every mean that it completes. one is overwritten.
func (d *deviationSums) add(tree *meanTree, one, exact []float64) {
	for l := 0; ; l++ {
		d.sq[l] += deviationSq(one, float64(int64(1)<<l), exact)
		d.means[l]++
		if l == len(tree.full) {
			return
		}
		if !tree.full[l] {
			copy(tree.level[l], one)
			tree.full[l] = true
			return
		}
		for j, x := range tree.level[l] {
			one[j] += x
		}
		tree.full[l] = false
	}
}

// deviationSq is ‖sum/n − exact‖².
func deviationSq(sum []float64, n float64, exact []float64) float64 {
	total := 0.0
	for j, g := range exact {
		d := sum[j]/n - g
		total += d * d
	}
	return total
}

// deviationRows are the deviations of all groups and steps at every N that was reached.
func deviationRows(groups [][]deviationSums, measured []int) []Deviation {
	var out []Deviation
	for g, steps := range groups {
		for m := range steps {
			for l, n := range steps[m].means {
				if n > 0 {
					out = append(out, Deviation{Group: g, Step: measured[m], Draws: 1 << l, Means: n, Sq: steps[m].sq[l] / float64(n)})
				}
			}
		}
	}
	return out
}

// addDeviations measures the means of all groups and gives every row its own.
func (r *runner) addDeviations(ctx context.Context, pr *problem, c *chainPlan, k *known, lambdas [][]*stats.Lambda, rows []*EstimatorResult) error {
	if !r.experiment.HasDetail(DetailConvergence) {
		return nil
	}
	p := r.newPass(pr, c, k, noise.Measurement, r.convergenceDraws(c), "convergence")
	p.converge = true
	for i, v := range c.variants {
		if v.hidden {
			continue
		}
		w := newView(v, lambdas[i], k)
		w.exact, w.exactSq = pr.exact, pr.exactSq
		for range p.groups {
			w.deviations = append(w.deviations, make([]deviationSums, len(pr.measured)))
		}
		p.views = append(p.views, w)
	}
	if err := r.timed(ctx, p); err != nil {
		return err
	}
	for i, v := range p.views {
		rows[i].Deviations = deviationRows(v.deviations, pr.measured)
	}
	return nil
}

// convergenceDraws is the number of draws of all groups together.
func (r *runner) convergenceDraws(c *chainPlan) int64 {
	return min(r.reported(c), r.experiment.PlainDraws)
}

// biases are the deviations of an estimator without noise: the same whatever N.
func biases(steps []StepResult) []Deviation {
	var out []Deviation
	for _, s := range steps {
		out = append(out, Deviation{Step: s.Step, Draws: 1, Sq: s.BiasSq.Value})
	}
	return out
}
