package verify

import (
	"math"
	"slices"
)

// leaveOut is a figure from all draws, and from all but those of each group.
type leaveOut struct {
	value float64
	left  []float64
	sizes []float64 // draws per group
}

// terms are the pseudo-values' deviations, each with its weight, so that their
// squares add up to the variance (Busing, Meijer & van der Leeden 1999, eq. 3 to 5).
func (l *leaveOut) terms() []float64 {
	n, groups := 0.0, float64(len(l.left))
	for _, size := range l.sizes {
		n += size
	}
	mean := groups * l.value
	for g, left := range l.left {
		mean -= (1 - l.sizes[g]/n) * left
	}
	out := make([]float64, len(l.left))
	for g, left := range l.left {
		h := n / l.sizes[g]
		pseudo := h*l.value - (h-1)*left
		out[g] = (pseudo - mean) / math.Sqrt((h-1)*groups)
	}
	return out
}

// mcse is the standard error; ok is false with fewer than two groups.
func (l *leaveOut) mcse() (se float64, ok bool) {
	if len(l.left) < 2 {
		return 0, false
	}
	terms := l.terms()
	unit := exponentOf([][]float64{terms})
	terms = times(terms, -unit) // so that squares, and fourth powers, are numbers
	return math.Ldexp(norm(terms), unit), !math.IsNaN(norm(terms)) && !math.IsInf(norm(terms), 0)
}

// interval is the studentised 95 % interval: value − above·se to value − below·se.
func (l *leaveOut) interval() (lo, hi float64) {
	se, _ := l.mcse()
	terms := l.terms()
	below, above := studentised(times(terms, -exponentOf([][]float64{terms})))
	return l.value - above*se, l.value - below*se
}

// studentised are the points that the standard error is multiplied with: Student's
// below eight groups; from eight on those of a bootstrap over the groups (Efron
// 1982), no nearer to zero than Student's, widened for the kurtosis of the groups.
func studentised(z []float64) (below, above float64) {
	g := float64(len(z))
	student := studentPoint(0.025, g-1)
	if len(z) < 8 {
		return -student, student
	}
	widen, most := studentPoint(0.025, kurtosisDof(z))/student, studentPoint(0.025, 1)
	t := bootstrapped(z)
	low, high := t[24], t[len(t)-25]
	return -math.Min(most, math.Max(-low, student)*widen), math.Min(most, math.Max(high, student)*widen)
}

// kurtosisDof are Satterthwaite's degrees of freedom of Σz² with Fisher's unbiased
// excess kurtosis.
func kurtosisDof(z []float64) float64 {
	n := float64(len(z))
	mean, second, fourth := 0.0, 0.0, 0.0
	for _, v := range z {
		mean += v / n
	}
	for _, v := range z {
		second += math.Pow(v-mean, 2) / n
		fourth += math.Pow(v-mean, 4) / n
	}
	if second == 0 {
		return n - 1
	}
	excess := (n - 1) / ((n - 2) * (n - 3)) * ((n+1)*(fourth/(second*second)-3) + 6)
	return 2 * (n - 1) / (2 + math.Max(0, excess)*(n-1)/n)
}

// bootstrapped are the sorted t of 999 resamples of the groups, which are chosen by
// SplitMix64 from 0: the same for every figure.
func bootstrapped(z []float64) []float64 {
	n := len(z)
	mean := 0.0
	for _, v := range z {
		mean += v / float64(n)
	}
	state := uint64(0)
	word := func() uint64 { // Steele, Lea & Flood 2014, figure 6
		state += 0x9e3779b97f4a7c15
		w := state
		w = (w ^ w>>30) * 0xbf58476d1ce4e5b9
		w = (w ^ w>>27) * 0x94d049bb133111eb
		return w ^ w>>31
	}
	out := make([]float64, 999)
	for b := range out {
		picked, sum := make([]float64, n), 0.0
		for i := range picked {
			picked[i] = z[word()>>32*uint64(n)>>32] - mean
			sum += picked[i]
		}
		spread := 0.0
		for _, v := range picked {
			spread += math.Pow(v-sum/float64(n), 2)
		}
		switch {
		case spread > 1e-24*sum*sum:
			out[b] = sum / math.Sqrt(spread*float64(n)/float64(n-1))
		case sum != 0:
			out[b] = math.Inf(int(math.Copysign(1, sum)))
		}
	}
	slices.Sort(out)
	return out
}
