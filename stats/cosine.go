package stats

// Cosine is a streaming mean.
type Cosine struct {
	N   int64
	Sum float64
}

// Add takes in one draw's cosine with the exact gradient.
func (c *Cosine) Add(v float64) { c.N++; c.Sum += v }

// MeanCosine is the mean over the groups with its jackknife MCSE; absent without
// draws.
func MeanCosine(groups []Cosine) Interval {
	var n int64
	sum := 0.0
	for _, g := range groups {
		n += g.N
		sum += g.Sum
	}
	if n == 0 {
		return Interval{}
	}
	jack := Jackknife{Value: sum / float64(n)}
	for _, g := range groups {
		if g.N > 0 && g.N < n {
			jack.Add((sum-g.Sum)/float64(n-g.N), g.N)
		}
	}
	return jack.Interval()
}
