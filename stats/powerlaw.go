package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// PowerLaw fits y = a·x^b by least squares on the logarithms and returns b. The
// interval is Student's at n − 2 degrees of freedom, from the residuals: it takes
// in that the points may not lie on a power law. It is absent with fewer than three
// points, through which a line always goes or nearly so, with fewer than two different
// x, and where an x or y is not positive.
func PowerLaw(x, y []float64) Interval {
	u, v, ok := logs(x, y)
	if !ok {
		return Interval{}
	}
	n := float64(len(u))
	mu, mv := sumOf(u)/n, sumOf(v)/n
	sxx, sxy, syy := 0.0, 0.0, 0.0
	for i := range u {
		du, dv := u[i]-mu, v[i]-mv
		sxx, sxy, syy = sxx+du*du, sxy+du*dv, syy+dv*dv
	}
	if sxx == 0 {
		return Interval{}
	}
	b := sxy / sxx
	dof := len(u) - 2
	residual := math.Max(0, syy-b*sxy)
	return studentInterval(b, math.Sqrt(residual/float64(dof)/sxx), dof)
}

// logs are the logarithms of both; ok is false where one does not exist, or where
// there are not three points.
func logs(x, y []float64) (u, v []float64, ok bool) {
	for i := range x {
		lu, lv := math.Log(x[i]), math.Log(y[i])
		if !finite(lu) || !finite(lv) {
			return nil, nil, false
		}
		u, v = append(u, lu), append(v, lv)
	}
	return u, v, len(u) >= 3
}

func sumOf(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum
}

// studentInterval is value ± t·se.
func studentInterval(value, se float64, dof int) Interval {
	half := distuv.StudentsT{Sigma: 1, Nu: float64(dof)}.Quantile(0.975) * se
	return Interval{Value: value, OK: true, MCSE: se, HasErr: true, Lo: value - half, Hi: value + half, HasCI: true}
}

// MeanOf is the mean of independent values with Student's interval; the error is
// absent for one value, and all for none.
func MeanOf(x []float64) Interval {
	if len(x) == 0 {
		return Interval{}
	}
	n := float64(len(x))
	mean := sumOf(x) / n
	if len(x) == 1 {
		return Interval{Value: mean, OK: true}
	}
	ss := 0.0
	for _, v := range x {
		ss += (v - mean) * (v - mean)
	}
	return studentInterval(mean, math.Sqrt(ss/(n-1)/n), len(x)-1)
}

// MedianOf is the median of independent values with the distribution-free
// interval between two order statistics x₍k₎ and x₍n+1−k₎ (the sign test turned
// round): k is the largest with 2 P(Bin(n, ½) < k) ≤ 5 %. Fewer than six values
// have none of that level; their whole range is given, which covers with
// probability 1 − 2^{1−n}, 94 % for five. Nothing is assumed of the law of the
// values, and there is no standard error. x is not changed.
func MedianOf(x []float64) Interval {
	n := len(x)
	if n == 0 {
		return Interval{}
	}
	s := slices.Sorted(slices.Values(x))
	i := Interval{Value: (s[(n-1)/2] + s[n/2]) / 2, OK: true}
	if n > 1 {
		k := medianRank(n)
		i.Lo, i.Hi, i.HasCI = s[k-1], s[n-k], true
	}
	return i
}

// medianRank is k of MedianOf, at least 1.
func medianRank(n int) int {
	half := distuv.Binomial{N: float64(n), P: 0.5}
	k := 1
	for half.CDF(float64(k)) <= 0.025 { // P(Bin ≤ k) = P(Bin < k+1)
		k++
	}
	return k
}
