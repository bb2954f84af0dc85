package stats

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
)

func correlationOf(samples []*sample, k int) float64 {
	var cov, y, c float64
	for _, s := range samples {
		cov += covOf(s, 0, k, anyCoordinate)
		y += covOf(s, 0, 0, anyCoordinate)
		c += covOf(s, k, k, anyCoordinate)
	}
	return cov / math.Sqrt(y*c)
}

// One step and two pooled, and the MCSE by a jackknife by definition, on
// Fisher's scale.
func TestTraceCorrelation(t *testing.T) {
	steps, moments := fitFixture(400, 6*16, 6)
	for _, over := range [][]int{{1}, {0, 1}} {
		got := TraceCorrelation(moments, over, 1)
		pick := func(g int) (out []*sample) {
			for _, m := range over {
				out = append(out, steps[m].only(func(n int) bool { return steps[m].group[n] != g }))
			}
			return out
		}
		r := correlationOf(pick(-1), 1)
		near(t, fmt.Sprint("correlation over ", over), got.Value, r, 1)
		var left []float64
		for g := range 6 {
			left = append(left, math.Atanh(correlationOf(pick(g), 1)))
		}
		near(t, "MCSE", got.MCSE, (1-r*r)*math.Sqrt(25.0/6*stat.Variance(left, nil)), 1)
		checkInterval(t, "correlation", got)
	}
}

// A perfect correlation is 1 without an interval; none at all is absent.
func TestTraceCorrelationEdges(t *testing.T) {
	tests := map[string]struct {
		spoil func(y [][]float64)
		want  Interval
	}{
		"copy":     {func(y [][]float64) { copy(y[1], y[0]) }, Interval{Value: 1, OK: true}},
		"opposite": {func(y [][]float64) { scaleTo(y[1], y[0], -2) }, Interval{Value: -1, OK: true}},
		"constant": {func(y [][]float64) { fillWith(y[1], 0.1) }, Interval{}},
		"zero":     {func(y [][]float64) { fillWith(y[0], 0) }, Interval{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			steps, _ := fitFixture(410, 96, 3)
			for _, y := range steps[0].y {
				test.spoil(y)
			}
			var moments [][]*Moments
			for _, m := range steps[0].momentsOf(3) {
				moments = append(moments, []*Moments{m})
			}
			got := TraceCorrelation(moments, []int{0}, 1)
			near(t, "correlation", got.Value, test.want.Value, 0)
			if got.OK != test.want.OK {
				t.Errorf("present is %v, want %v", got.OK, test.want.OK)
			}
			checkInterval(t, "correlation", got)
		})
	}
}

// With draws in one group, or none, there is no error bar, and no NaN.
func TestTraceCorrelationOfFewDraws(t *testing.T) {
	for _, draws := range []int{0, 1, 2, 16, 17, 32} {
		_, moments := fitFixture(420, draws, 4)
		got := TraceCorrelation(moments, []int{0, 1}, 2)
		checkInterval(t, fmt.Sprint(draws, " draws"), got)
		if draws <= 16 && got.HasErr {
			t.Errorf("%d draws have an MCSE", draws)
		}
	}
}

// The coordinates' means and variances against the stored draws.
func TestByCoordinate(t *testing.T) {
	for _, scope := range []Scope{ScopeOne, ScopeUnit, ScopeCoordinate} {
		f := newErrorFixture(scope, 150, 6, 3)
		mean, variance := ByCoordinate(f.moments, &f.c)
		for j := range mean {
			e := column(f.errors, j)
			near(t, "mean", mean[j], f.c.Exact[j]+stat.Mean(e, nil), 10)
			near(t, "variance", variance[j], stat.Variance(e, nil), 10)
		}
	}
}

// λ over all steps: the mean of the steps' λ, and its MCSE from replicates that
// leave a group out of every step at once.
func TestLambdaOverall(t *testing.T) {
	steps, moments := fitFixture(430, 6*16, 6)
	mean := func(g int) float64 {
		sum := 0.0
		for _, s := range steps {
			sum += lambdaOf([]*sample{s.only(func(n int) bool { return s.group[n] != g })}, []int{1}, anyCoordinate)[0]
		}
		return sum / 2
	}
	var left []float64
	for g := range 6 {
		left = append(left, mean(g))
	}
	got := Fit(moments, []int{1}, ScopeTrace, nil).Overall[0]
	near(t, "λ", got.Value, mean(-1), 1)
	near(t, "MCSE", got.MCSE, math.Sqrt(25.0/6*stat.Variance(left, nil)), 1)
}
