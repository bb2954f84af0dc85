package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"
)

func TestPowerLawAgainstGonum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(3, 12).Draw(t, "n")
		x, y := make([]float64, n), make([]float64, n)
		lx, ly := make([]float64, n), make([]float64, n)
		for i := range x {
			x[i] = float64(i+1) * rapid.Float64Range(0.5, 2).Draw(t, "x")
			y[i] = rapid.Float64Range(1e-3, 1e3).Draw(t, "y")
			lx[i], ly[i] = math.Log(x[i]), math.Log(y[i])
		}
		a, b := stat.LinearRegression(lx, ly, nil, false)
		got := PowerLaw(x, y)
		if math.Abs(got.Value-b) > 1e-9*(1+math.Abs(b)) {
			t.Fatalf("exponent %v, gonum %v", got.Value, b)
		}
		rss, sxx, mean := 0.0, 0.0, stat.Mean(lx, nil)
		for i := range lx {
			rss += math.Pow(ly[i]-a-b*lx[i], 2)
			sxx += math.Pow(lx[i]-mean, 2)
		}
		if want := math.Sqrt(rss / float64(n-2) / sxx); math.Abs(got.MCSE-want) > 1e-7*(1+want) {
			t.Fatalf("error %v, from the residuals %v", got.MCSE, want)
		}
	})
}

func TestPowerLawAbsent(t *testing.T) {
	for _, c := range []struct{ x, y []float64 }{
		{nil, nil}, {[]float64{1}, []float64{1}}, {[]float64{1, 4}, []float64{1, 16}}, {[]float64{1, 4, 16}, []float64{0, 1, 4}}, {[]float64{1, 0}, []float64{1, 1}},
		{[]float64{1, 2}, []float64{1, -1}}, {[]float64{2, 2, 2}, []float64{1, 2, 3}},
	} {
		if got := PowerLaw(c.x, c.y); got.OK {
			t.Errorf("PowerLaw(%v, %v) = %+v", c.x, c.y, got)
		}
	}
}

// The intervals hold the truth as often as they say.
func TestReplicateCoverage(t *testing.T) {
	const runs = 4000
	r := rand.New(rand.NewPCG(1, 2))
	x := []float64{1, 2, 4, 8, 16, 32}
	var law, mean, median6, median5 int
	holds := func(i Interval, truth float64) int {
		if i.HasCI && i.Lo <= truth && truth <= i.Hi {
			return 1
		}
		return 0
	}
	for range runs {
		y, z := make([]float64, len(x)), make([]float64, len(x))
		for i := range x {
			y[i] = 3 * math.Pow(x[i], 1.5) * math.Exp(0.2*r.NormFloat64())
			z[i] = r.NormFloat64()
		}
		law += holds(PowerLaw(x, y), 1.5)
		mean += holds(MeanOf(z), 0)
		median6 += holds(MedianOf(z), 0)
		median5 += holds(MedianOf(z[:5]), 0)
	}
	for _, c := range []struct {
		name string
		hits int
		want float64
	}{{"exponent", law, 0.95}, {"mean", mean, 0.95}, {"median of 6", median6, 1 - 2.0/64}, {"median of 5", median5, 1 - 2.0/32}} {
		share := float64(c.hits) / runs
		if band := 4 * math.Sqrt(c.want*(1-c.want)/runs); math.Abs(share-c.want) > band {
			t.Errorf("%s: covered in %.4f of the runs, want %.4f ± %.4f", c.name, share, c.want, band)
		}
	}
}

func TestMedianOf(t *testing.T) {
	x := []float64{5, 1, 4, 2, 3, 9, 8, 7, 6}
	before := slices.Clone(x)
	got := MedianOf(x)
	// 2 P(Bin(9, ½) < 2) = 20/512 = 3.9 %; of < 3 it is 18 %.
	if got.Value != 5 || got.Lo != 2 || got.Hi != 8 || got.HasErr {
		t.Errorf("%+v", got)
	}
	if !slices.Equal(x, before) {
		t.Errorf("the values were moved: %v", x)
	}
	if got := MedianOf([]float64{2, 4}); got.Value != 3 || got.Lo != 2 || got.Hi != 4 {
		t.Errorf("of two: %+v", got)
	}
	if got := MedianOf([]float64{2}); !got.OK || got.HasCI {
		t.Errorf("of one: %+v", got)
	}
	if got := MeanOf(nil); got.OK {
		t.Errorf("mean of none: %+v", got)
	}
}
