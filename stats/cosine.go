package stats

// cosineBins cut [−1, 1] into equal bins of width 0.005.
const cosineBins = 400

// Cosine takes in the cosines of single draws with the exact gradient, of one
// group at one step: their mean and, by a fixed histogram, their quantiles. The
// zero value is empty. It is a value of 1.6 kB and allocates nothing.
type Cosine struct {
	N   int64
	Sum float64

	bins [cosineBins]uint32
}

// Add takes in one draw's cosine. Rounding beyond ±1 is put into the last bin;
// v must not be NaN.
func (c *Cosine) Add(v float64) {
	c.N++
	c.Sum += v
	c.bins[max(0, min(cosineBins-1, int((v+1)*(cosineBins/2))))]++
}

// Merge adds the draws of o.
func (c *Cosine) Merge(o *Cosine) {
	c.N += o.N
	c.Sum += o.Sum
	for i, n := range o.bins {
		c.bins[i] += n
	}
}

// Quantile is the value below which the share q of the cosines lies, q in
// [0, 1], interpolated within a bin: right to 0.005. It is absent without draws.
func (c *Cosine) Quantile(q float64) Interval {
	left := q * float64(c.N)
	for i, n := range c.bins {
		if here := float64(n); n > 0 && left <= here {
			return Interval{Value: (float64(i)+left/here)/(cosineBins/2) - 1, OK: true}
		}
		left -= float64(n)
	}
	return Interval{}
}

// MeanCosine is the mean over the groups with its jackknife MCSE; absent without
// draws.
func MeanCosine(groups []Cosine) Interval {
	var n int64
	sum := 0.0
	for g := range groups {
		n += groups[g].N
		sum += groups[g].Sum
	}
	if n == 0 {
		return Interval{}
	}
	jack := Jackknife{Value: sum / float64(n)}
	for i := range groups {
		if g := &groups[i]; g.N > 0 && g.N < n {
			jack.Add((sum-g.Sum)/float64(n-g.N), g.N)
		}
	}
	return jack.Interval()
}
