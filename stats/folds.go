package stats

import "slices"

// Combine gives the folds of a cross-fitted λ, each fitted on all groups but its
// own, the figures of their mean
//
//	λ̄ = (1/F) Σ_f λ_f
//
// in place of their own: Mean and Overall of every fold are those of λ̄ then. The
// coefficients that the folds apply stay. folds is changed and returned.
//
// λ̄ is a function of the group sums like any other, and the delete-a-group
// jackknife of it is this: without group g every λ_f that was fitted on g is fitted
// without it, and the one that was not stays. To first order λ̄ is the λ of all
// draws, since every group is in F − 1 of the F fits with weight F/((F − 1) G) each;
// its replicates lie further out by (G − 1)/(G − F/(F − 1)), 1 % for 32 groups and 4
// folds and 3 % for 2, which is left as it is. (Before, the folds' standard errors
// were averaged, being nearly equal and nearly of the same draws, and there was no
// interval: the one of a fold is of fewer groups, and wider.)
func Combine(folds []*Lambda) []*Lambda {
	first := folds[0]
	if len(folds) == 1 || first.means == nil {
		return folds // nothing was fitted
	}
	steps := len(first.Mean)
	means := make([][]Jackknife, len(first.means))
	for m := range means {
		means[m] = combined(folds, func(l *Lambda) []Jackknife { return l.means[m] })
	}
	overall := combined(folds, func(l *Lambda) []Jackknife { return l.overall })
	for _, l := range folds {
		l.means, l.overall = means, overall
		l.setMeans(steps)
	}
	return folds
}

// combined are the jackknives of the means over the folds, one per covariate.
func combined(folds []*Lambda, of func(*Lambda) []Jackknife) []Jackknife {
	out := make([]Jackknife, len(of(folds[0])))
	var groups []int
	for _, l := range folds {
		groups = append(groups, l.fitted...)
	}
	slices.Sort(groups)
	for i := range out {
		for _, l := range folds {
			out[i].Value += of(l)[i].Value / float64(len(folds))
		}
		for _, g := range slices.Compact(slices.Clone(groups)) {
			out[i].Add(withoutGroup(folds, g, func(l *Lambda) *Jackknife { return &of(l)[i] }))
		}
	}
	return out
}

// withoutGroup is the mean over the folds without group g, and its number of draws.
func withoutGroup(folds []*Lambda, g int, of func(*Lambda) *Jackknife) (mean float64, n int64) {
	for _, l := range folds {
		j := of(l)
		left := j.Value
		if at, ok := slices.BinarySearch(l.fitted, g); ok {
			left, n = j.left[at], j.sizes[at]
		}
		mean += left / float64(len(folds))
	}
	return mean, n
}
