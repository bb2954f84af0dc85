package stats

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// timesTwoTo are the moments of the same draws, all of them 2^k as long.
func (m *Moments) timesTwoTo(k int) *Moments {
	out := NewMoments(m.Shape)
	out.N = m.N
	for i, row := range m.Sum {
		for j, v := range row {
			out.Sum[i][j] = math.Ldexp(v, k)
		}
	}
	for i, v := range m.Gram {
		out.Gram[i] = math.Ldexp(v, 2*k)
	}
	for i := range m.Unit {
		for u, v := range m.Unit[i] {
			out.Unit[i][u] = math.Ldexp(v, 2*k)
		}
	}
	return out
}

func vectorTimes(x []float64, k int) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Ldexp(v, k)
	}
	return out
}

// scaled is all that is told of an estimator whose draws, exact gradient and known
// means are 2^k times as long.
type scaled struct {
	Row
	Along, Toward, Correlation Interval
	Lambda                     Interval
}

func scaledFigures(groups []*Moments, offset, mean, exact []float64, scope Scope, k int) scaled {
	var own [][]*Moments
	for _, m := range groups {
		own = append(own, []*Moments{m.timesTwoTo(k)})
	}
	lambda := Fit(own, []int{1}, scope, nil)
	step := make([]*Moments, len(own))
	for g := range own {
		step[g] = own[g][0]
	}
	direction := make([]float64, len(exact))
	direction[0] = 1
	errors := func(l *Lambda) *Errors {
		return NewErrors(step, &Combination{Lambda: []*Lambda{l}, Offset: vectorTimes(offset, k), Means: [][]float64{vectorTimes(mean, k)}, Exact: vectorTimes(exact, k)}, [][]float64{direction})
	}
	e := errors(lambda)
	return scaled{NewRow(e, errors(One(nil, 1))), e.MeanErrorAlong(0), e.AlongExact(), TraceCorrelation(own, []int{0}, 1), lambda.Mean[0][0]}
}

// power is by which power of two a figure changes where lengths are 2^k times.
func (scaled) power(name string, k int) int {
	switch name {
	case "BiasSq", "Var", "MSE":
		return 2 * k
	case "Along":
		return k
	}
	return 0
}

// Every figure scales with the unit of the gradient to the last bit, with variances
// from 1e-290 to 1e290: no intermediate result may be the square or cube of one, nor
// an absolute floor.
func TestEveryFigureScales(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 7))
		shape := Shape{Signals: 2, Params: rapid.IntRange(1, 12).Draw(t, "params"), PerUnit: true, Units: 1}
		shape.UnitOf = make([]int32, shape.Params)
		_, groups := randomSample(r, shape, []int{0, rapid.IntRange(0, 1).Draw(t, "basis")}, rapid.IntRange(2, 600).Draw(t, "draws"), rapid.IntRange(1, 12).Draw(t, "groups"))
		offset, mean, exact := make([]float64, shape.Params), make([]float64, shape.Params), make([]float64, shape.Params)
		for j := range exact {
			offset[j], mean[j], exact[j] = r.NormFloat64(), r.NormFloat64(), r.NormFloat64()
		}
		scope := rapid.SampledFrom([]Scope{ScopeTrace, ScopePooled, ScopeUnit, ScopeOne}).Draw(t, "scope")
		k := rapid.IntRange(-480, 480).Draw(t, "k")
		before := scaledFigures(groups, offset, mean, exact, scope, 0)
		after := scaledFigures(groups, offset, mean, exact, scope, k)
		for name, want := range intervalsOf(before) {
			power := before.power(name, k)
			got := intervalsOf(after)[name]
			for _, p := range []*float64{&want.Value, &want.MCSE, &want.Lo, &want.Hi} {
				*p = math.Ldexp(*p, power)
			}
			if got != want {
				t.Errorf("%s at 2^%d: %+v, want %+v", name, k, got, want)
			}
		}
	})
}

// intervalsOf are all figures of a struct by their names.
func intervalsOf(of any) map[string]Interval {
	out := map[string]Interval{}
	v := reflect.ValueOf(of)
	for i := range v.NumField() {
		switch f := v.Field(i).Interface().(type) {
		case Interval:
			out[v.Type().Field(i).Name] = f
		case Row:
			for name, figure := range intervalsOf(f) {
				out[name] = figure
			}
		}
	}
	return out
}

// Tails tell the same of x and of 2^k x, in any order of tails and of numbers.
func TestTailsScale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(0, 1e6), 2, 100).Draw(t, "x")
		k := rapid.IntRange(-990, 990).Draw(t, "k")
		var plain, moved, first, second Tails
		for i, v := range x {
			v = 1 + v
			plain.Add(v)
			moved.Add(math.Ldexp(v, k))
			if i < len(x)/2 {
				first.Add(math.Ldexp(v, k))
			} else {
				second.Add(math.Ldexp(v, k))
			}
		}
		second.Merge(&first)
		want := plain.Kurtosis().Value
		for name, tails := range map[string]*Tails{"moved": &moved, "merged": &second} {
			if got := tails.Kurtosis(); !got.OK || math.Abs(got.Value-want) > 1e-12*want {
				t.Errorf("%s: kurtosis %+v, want %v", name, got, want)
			}
		}
		if plain.Unsampled() != moved.Unsampled() {
			t.Errorf("unsampled: %v and, at 2^%d, %v", plain.Unsampled(), k, moved.Unsampled())
		}
	})
}

// A number far above those before it raises the unit, whichever tails have it.
func TestTailsOfAllSizes(t *testing.T) {
	var up, down, other Tails
	for _, v := range []float64{1e-300, 1, 1e300, 1e300} {
		up.Add(v)
	}
	for _, v := range []float64{1e300, 1e300} {
		down.Add(v)
	}
	for _, v := range []float64{1, 1e-300} {
		other.Add(v)
	}
	down.Merge(&other)
	for _, tails := range []*Tails{&up, &down} {
		if k := tails.Kurtosis(); !k.OK || math.Abs(k.Value-2) > 1e-14 {
			t.Errorf("kurtosis %+v of two equal numbers among four, want 2", k)
		}
	}
}
