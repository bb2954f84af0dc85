package reports

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// The figures of a sweep's tables, formed anew from the pooled rows. Nothing here
// is shared with the code that writes the tables: not the figures' formulas, not
// median, interval, fit or Student's quantile. Names of fields and axes are the
// only common ground.

// shown are the numbers that a cell of the tables must show: a figure, where it
// exists, and an error or the ends of an interval.
type shown struct {
	value, err, lo, hi  float64
	ok, hasErr, hasEnds bool
}

// rowsWhere keeps the rows that keep says.
func rowsWhere(rows []pooledRow, keep func(pooledRow) bool) []pooledRow {
	var out []pooledRow
	for _, r := range rows {
		if keep(r) {
			out = append(out, r)
		}
	}
	return out
}

// tableFigures are the figures by their titles; NaN where one does not exist.
// plain is UORO's row of the same run, nil without one.
var tableFigures = []struct {
	title    string
	of       func(r, plain *SummaryRow) float64
	mayBeNeg bool
	// mcse is the Monte Carlo error of a single run's figure; nil where none is told.
	mcse func(r *SummaryRow) float64
}{
	{"rel_var", func(r, _ *SummaryRow) float64 { return number0(r.RelVar) }, false,
		func(r *SummaryRow) float64 { return number0(r.VarTraceMCSE) / r.ExactNormSq }},
	{"variance / uoro's", func(r, plain *SummaryRow) float64 { return number0(r.VarTrace) / number0(plain.VarTrace) }, false, nil},
	{"work·var / uoro's", func(r, plain *SummaryRow) float64 { return workVariance(r) / workVariance(plain) }, false, nil},
	{"bias²/‖g‖²", func(r, _ *SummaryRow) float64 { return number0(r.BiasSq) / r.ExactNormSq }, true,
		func(r *SummaryRow) float64 { return number0(r.BiasSqMCSE) / r.ExactNormSq }},
}

// number0 is NaN for NULL.
func number0(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

// workVariance is var_trace · (draw_cost (1 + pilot_draws/n_draws) + known_cost).
func workVariance(r *SummaryRow) float64 {
	if r.DrawCost == nil || r.KnownCost == nil || r.NDraws == 0 {
		return math.NaN()
	}
	pilot := 0.0
	if r.PilotDraws != nil {
		pilot = float64(*r.PilotDraws)
	}
	return number0(r.VarTrace) * (float64(*r.DrawCost)*(1+pilot/float64(r.NDraws)) + float64(*r.KnownCost))
}

// figureAt is figure number f of a row among all rows of the sweep; NaN where it
// has none.
func figureAt(f int, r *pooledRow, all []pooledRow) float64 {
	figure := tableFigures[f]
	plain := &SummaryRow{}
	if strings.HasSuffix(figure.title, "uoro's") {
		if r.Name() == "uoro" {
			return math.NaN()
		}
		for i := range all {
			if o := &all[i]; o.Name() == "uoro" && o.Cell == r.Cell && o.Task == r.Task && slices.Equal(o.values, r.values) {
				plain = &o.SummaryRow
				break
			}
		}
	}
	x := figure.of(&r.SummaryRow, plain)
	if math.IsInf(x, 0) || (!figure.mayBeNeg && r.NDraws == 0) {
		return math.NaN()
	}
	return x
}

// medianAnew is the median.
func medianAnew(x []float64) float64 {
	s := slices.Clone(x)
	slices.Sort(s)
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}

// signRank is the rank of the lower end of the median's interval, found by adding
// binomial coefficients: the largest k with 2 P(Bin(n, ½) < k) ≤ 5 %, at least 1.
func signRank(n int) int {
	tail, coefficient := 0.0, math.Pow(2, -float64(n))
	for k := 1; k <= n; k++ {
		tail += coefficient // P(Bin < k)
		coefficient *= float64(n-k+1) / float64(k)
		if 2*(tail+coefficient) > 0.05 { // k + 1 would be too much
			return k
		}
	}
	return n
}

// slope is the exponent of y ∝ x^b by the normal equations on the logarithms, and
// the standard error that the residuals give; NaN where there is none.
func slope(x, y []float64) (b, se float64) {
	var n, su, sv, suu, suv float64
	for i := range x {
		u, v := math.Log(x[i]/x[0]), math.Log(y[i]/y[0])
		n, su, sv, suu, suv = n+1, su+u, sv+v, suu+u*u, suv+u*v
	}
	det := n*suu - su*su
	b = (n*suv - su*sv) / det
	a := (sv - b*su) / n
	residual := 0.0
	for i := range x {
		d := math.Log(y[i]/y[0]) - a - b*math.Log(x[i]/x[0])
		residual += d * d
	}
	return b, math.Sqrt(residual / (n - 2) * n / det)
}

// studentPoint is the 97.5 % point of Student's t with a whole number of degrees
// of freedom, by halving the finite sums for its distribution (Abramowitz & Stegun
// 26.7.3 and 26.7.4).
func studentPoint(dof int) float64 {
	lo, hi := 0.0, math.Pi/2 // θ = arctan(t/√ν)
	for range 200 {
		if mid := (lo + hi) / 2; studentInside(mid, dof) < 0.95 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return math.Tan(lo) * math.Sqrt(float64(dof))
}

// studentInside is P(|T| ≤ t) at θ = arctan(t/√ν).
func studentInside(theta float64, dof int) float64 {
	s, c := math.Sincos(theta)
	term, sum := 1.0, 0.0
	if dof%2 == 0 {
		for k := 0; k <= dof-2; k += 2 {
			sum += term
			term *= c * c * float64(k+1) / float64(k+2)
		}
		return s * sum
	}
	for k := 1; k <= dof-2; k += 2 {
		sum += term
		term *= c * c * float64(k+1) / float64(k+2)
	}
	return 2 / math.Pi * (theta + s*c*sum)
}

// axisNumbers are an axis' values as positive numbers; nil where they are none.
func axisNumbers(values []string) []float64 {
	var out []float64
	for _, text := range values {
		x, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
		if err != nil || !(x > 0) || math.IsInf(x, 0) {
			return nil
		}
		out = append(out, x)
	}
	return out
}
