package stats

import "math"

// TraceCorrelation is Σ_j Cov(y_0j, y_kj)/√(Σ Var y_0j · Σ Var y_kj) of signal k
// at one step or, with several, pooled over steps. Its interval is a jackknife's
// on Fisher's scale, artanh r, so that it stays within ±1. It is absent where
// either signal does not vary.
func TraceCorrelation(groups [][]*Moments, steps []int, k int) Interval {
	if len(groups) == 0 || len(steps) == 0 {
		return Interval{}
	}
	c := newCorrelation(selected(groups, steps, []int{k}, ScopeTrace))
	r, ok := c.at(-1)
	if !ok {
		return Interval{}
	}
	jack := Jackknife{Value: math.Atanh(r)}
	for g := range groups {
		n := groups[g][steps[0]].N
		if n == 0 {
			continue
		}
		left, ok := c.at(g)
		if !ok {
			return Interval{Value: r, OK: true}
		}
		jack.Add(math.Atanh(left), n)
	}
	z := jack.Interval()
	if !z.HasCI {
		return Interval{Value: r, OK: true}
	}
	return Interval{
		Value: r, OK: true, MCSE: (1 - r*r) * z.MCSE, HasErr: true,
		Lo: math.Tanh(z.Lo), Hi: math.Tanh(z.Hi), HasCI: true,
	}
}

// correlation keeps what a leave-one-group-out correlation of signals 0 and 1
// needs: raw second moments per group and the products of the sums.
type correlation struct {
	groups [][]*Moments
	totals []*Moments
}

func newCorrelation(groups [][]*Moments) *correlation {
	c := &correlation{groups: groups}
	for m := range groups[0] {
		t := NewMoments(groups[0][0].Shape)
		for _, g := range groups {
			t.Merge(g[m])
		}
		c.totals = append(c.totals, t)
	}
	return c
}

// at is the correlation without group `without` (-1: none).
func (c *correlation) at(without int) (float64, bool) {
	var cov, varY, varC float64
	for m, total := range c.totals {
		var left *Moments
		if without >= 0 {
			left = c.groups[without][m]
		}
		cov += traceCov(total, left, 0, 1)
		varY += traceCov(total, left, 0, 0)
		varC += traceCov(total, left, 1, 1)
	}
	scale := math.Sqrt(varY) * math.Sqrt(varC)
	if !(scale > 0) {
		return 0, false
	}
	r := cov / scale
	return max(-1, min(1, r)), finite(r)
}

// traceCov is the covariance of signals k and l summed over coordinates, of t
// without left.
func traceCov(t, left *Moments, k, l int) float64 {
	n, raw := float64(t.N), t.Gram[Pair(k, l)]
	square := dot(t.Sum[k], t.Sum[l])
	if left != nil {
		n -= float64(left.N)
		raw -= left.Gram[Pair(k, l)]
		square += dot(left.Sum[k], left.Sum[l]) - dot(t.Sum[k], left.Sum[l]) - dot(left.Sum[k], t.Sum[l])
	}
	if n < 2 {
		return 0
	}
	return aboveRounding(raw-square/n, raw, k == l) / (n - 1)
}
