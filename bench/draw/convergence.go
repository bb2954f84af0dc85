package draw

import (
	"math/bits"

	"uorobench/bench/chain"
	"uorobench/bench/problem"
	"uorobench/bench/result"
)

// deviations cut the draws of a group into runs of N, one after the other, and
// average the squared distance of each run's mean from the exact gradient, for
// N = 1, 2, 4, …. The distance falls as 1/√N for an unbiased estimator and stays at
// the bias for a biased one; the groups are repetitions. The means are formed draw
// by draw, so they come from plain batches, and rest on the draws that those have.
//
// Tried first and left: the mean of a group's first N draws alone. With N = 1 that
// is one draw a group, far too few for an estimator whose variance rests on rare
// draws.
type deviations struct {
	set
	sums [][][]deviationSums // views × groups × measured
}

func newDeviations(_ *Selection, views set) observer { return &deviations{set: views.reported()} }

// Deviation is the squared distance of a mean of draws from the exact gradient,
// averaged over disjoint runs of draws.
type Deviation struct {
	Group int   // 0-based: one repetition; 0 for an estimator without noise
	Step  int   // 1-based
	Draws int64 // N, a power of two; 1 for an estimator without noise
	Means int64 // the runs of N draws behind Sq; 0 for an estimator without noise
	Sq    float64
}

// Deviations are those of an estimator, by group, step and N; nil without detail
// convergence.
func Deviations(e *result.Estimator) []Deviation { return result.Detail[[]Deviation](e) }

// maxLevel is log2 of the largest N.
const maxLevel = 20

// deviationSums adds up a group's deviations at a step, by log2 N.
type deviationSums struct {
	sq    [maxLevel + 1]float64
	means [maxLevel + 1]int64
}

func (d *deviations) start(p *Pass) { d.sums = grid[deviationSums](d.set, p) }

// deviationsRecorder is the scratch of a worker.
type deviationsRecorder struct {
	*deviations
	tree  [][]meanTree // views × measured
	draws []float64    // P×Lanes: the estimates of one chunk
	one   []float64    // P: one of them, then the sum that it completes
}

// meanTree holds the sums of a group's draws as a binary counter: level l is the
// sum of 2^l draws that still lack as many more.
type meanTree struct {
	level [][]float64
	full  []bool
}

func (d *deviations) recorder(p *Pass) recorder {
	r := &deviationsRecorder{deviations: d, draws: make([]float64, p.Shape.Params*Lanes), one: make([]float64, p.Shape.Params)}
	for range d.set {
		trees := make([]meanTree, len(p.Problem.Measured))
		for m := range trees {
			trees[m].full = make([]bool, levels(p))
			for range levels(p) {
				trees[m].level = append(trees[m].level, make([]float64, p.Shape.Params))
			}
		}
		r.tree = append(r.tree, trees)
	}
	return r
}

// levels is how many a meanTree has.
func levels(p *Pass) int {
	return min(maxLevel, bits.Len64(uint64(p.Draws/int64(p.Groups)+Lanes)))
}

func (d *deviations) bytes(p *Pass) (worker, group int64) {
	trees := len(d.set) * len(p.Problem.Measured)
	return 8 * int64(p.Shape.Params) * int64(Lanes+1+trees*levels(p)), int64(trees) * 16 * (maxLevel + 1)
}

// step takes the estimates into the group's means. The group is done from its first
// chunk to its last by one worker, without another between (groupOrder).
func (r *deviationsRecorder) step(s *observation) {
	for i, v := range r.set {
		tree := &r.tree[i][s.Measured]
		if s.First == int64(s.Group)*Lanes { // the group's first chunk
			clear(tree.full)
		}
		clear(r.draws)
		v.addEstimates(r.draws, s)
		for lane := range Lanes {
			if !s.valid(lane) {
				continue
			}
			for j := range r.one {
				r.one[j] = r.draws[j*Lanes+lane]
			}
			r.sums[i][s.Group][s.Measured].add(tree, r.one, v.problem.Exact[s.Measured])
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

// report adds the deviations of all groups and steps at every N that was reached.
func (d *deviations) report(_ *result.Draws, rows []*result.Estimator) error {
	for i, v := range d.set {
		var found []Deviation
		for g, steps := range d.sums[i] {
			for m := range steps {
				found = steps[m].appendTo(found, g, v.problem.Measured[m])
			}
		}
		rows[v.index].Add(found)
	}
	return nil
}

func (d *deviationSums) appendTo(found []Deviation, group, step int) []Deviation {
	for l, n := range d.means {
		if n > 0 {
			found = append(found, Deviation{Group: group, Step: step, Draws: 1 << l, Means: n, Sq: d.sq[l] / float64(n)})
		}
	}
	return found
}

// deterministicDeviations are those of an estimator without noise: its bias,
// whatever N.
func deterministicDeviations(_ *problem.Problem, _ *chain.Known, row *result.Estimator) {
	var found []Deviation
	for i := range row.Steps {
		s := &row.Steps[i]
		found = append(found, Deviation{Step: s.Step, Draws: 1, Sq: s.BiasSq.Value})
	}
	row.Add(found)
}
