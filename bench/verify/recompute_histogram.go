package verify

import (
	"cmp"
	"math"
	"slices"

	"uorobench/bench"
)

// addCosines are of single draws with the exact gradient: per draw, their means
// with the jackknife's error, and quantiles.
func (r *row) addCosines() {
	of, _ := r.looked()
	var pooled cosines
	for m := range r.measured {
		var one cosines
		var rows []Columns
		for n, e := range r.e[m] {
			estimate := add(e, r.exact[m])
			c := Columns{"norm_sq": dot(estimate, estimate), "dot": dot(estimate, r.exact[m])}
			if norm(estimate) > 0 && norm(r.exact[m]) > 0 {
				c["cosine"] = c["dot"] / norm(estimate) / norm(r.exact[m])
			}
			rows = append(rows, c)
			if v, ok := c["cosine"]; ok && n < of {
				one.add(r.groupOf(n), v)
				pooled.add(r.groupOf(n), v)
			}
		}
		r.out.Draws = append(r.out.Draws, rows)
		one.columns(r.out.Steps[m], r.experiment.Noise == bench.NoiseExhaustive)
	}
	pooled.columns(r.out.Pooled, r.experiment.Noise == bench.NoiseExhaustive)
}

// cosines are kept one by one.
type cosines struct {
	group  []int
	values []float64
}

func (c *cosines) add(group int, v float64) {
	c.group, c.values = append(c.group, group), append(c.values, v)
}

func (c *cosines) columns(to Columns, all bool) {
	if len(c.values) == 0 {
		return
	}
	s := sample{group: c.group}
	for _, v := range c.values {
		s.e = append(s.e, []float64{v})
	}
	mean := s.meanAlong([]float64{1})
	to["cosine"] = mean(-1)
	if l, ok := s.jackknife(mean); ok {
		to["cosine_mcse"], _ = l.mcse()
	}
	if all {
		to["cosine_mcse"] = 0
	}
	sorted := slices.Sorted(slices.Values(c.values))
	for name, q := range map[string]float64{"cosine_q05": 0.05, "cosine_q50": 0.5, "cosine_q95": 0.95} {
		to[name] = binnedQuantile(sorted, q)
	}
}

// binnedQuantile is the value below which the share q lies, linear within one of
// 400 equal bins of [−1, 1]: the bin of the draw at that rank, and the share of its
// draws that is needed.
func binnedQuantile(sorted []float64, q float64) float64 {
	bin := func(v float64) float64 { return math.Min(399, math.Max(0, math.Floor(200*(v+1)))) }
	need := q * float64(len(sorted))
	at := bin(sorted[max(0, int(math.Ceil(need))-1)])
	below, inside := 0.0, 0.0
	for _, v := range sorted {
		switch {
		case bin(v) < at:
			below++
		case bin(v) == at:
			inside++
		}
	}
	return (at+(need-below)/inside)/200 - 1
}

// addTails are of x = ‖ĝ − c‖², c being what no draw changes.
func (r *row) addTails() {
	_, of := r.looked()
	whole := make([]float64, of)
	for m := range r.measured {
		x := make([]float64, of)
		for n := range x {
			x[n] = dot(r.noiseOf(m, n), r.noiseOf(m, n))
			whole[n] += x[n]
		}
		tailColumns(r.out.Steps[m], x)
	}
	tailColumns(r.out.Pooled, whole)
}

// noiseOf is y_0 − Σ λ∘y_k of draw n.
func (r *row) noiseOf(m, n int) []float64 {
	y := append([]float64(nil), r.own[m][0][n]...)
	for k, l := range r.lambda[r.foldOf(n, len(r.lambda))][m] {
		for j := range y {
			y[j] -= l[j] * r.own[m][k+1][n][j]
		}
	}
	return y
}

func tailColumns(to Columns, x []float64) {
	sum, squares, largest := 0.0, 0.0, 0.0
	for _, v := range x {
		sum, largest = sum+v, math.Max(largest, v)
	}
	to["max_norm_sq"] = largest
	if sum == 0 {
		return
	}
	for _, v := range x {
		squares += v / sum * v / sum
	}
	to["kurtosis"], to["top_share"] = float64(len(x))*squares, topShare(x, sum)
}

// topShare is the share of the sum that the largest hundredth of the draws carry,
// where the draws of an eighth of an octave count as alike.
func topShare(x []float64, sum float64) float64 {
	type octave struct {
		power, eighth int
		n, mass       float64
	}
	var bins []octave
	for _, v := range x {
		if v == 0 {
			continue
		}
		fraction, power := math.Frexp(v) // fraction in [½, 1)
		o := octave{power: power, eighth: int(16*fraction) - 8}
		at := slices.IndexFunc(bins, func(b octave) bool { return b.power == o.power && b.eighth == o.eighth })
		if at < 0 {
			at, bins = len(bins), append(bins, o)
		}
		bins[at].n, bins[at].mass = bins[at].n+1, bins[at].mass+v
	}
	slices.SortFunc(bins, func(a, b octave) int { return cmp.Or(b.power-a.power, b.eighth-a.eighth) })
	left, mass := 0.01*float64(len(x)), 0.0
	for _, b := range bins {
		take := math.Min(left, b.n)
		mass, left = mass+b.mass*take/b.n, left-take
	}
	return mass / sum
}
