package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// Numbers by hand. Student's t with 4 degrees of freedom has the 97.5 % point
// 2.776445 (any table); its distribution is F(t) = ½ + ¾ s − ¼ s³ with
// s = t/√(4+t²).
func TestRatioByHand(t *testing.T) {
	a, okA := NewLogLevel(2, 0.2, 3) // log se 0.1, 2 degrees
	b, okB := NewLogLevel(6, 0.6, 3) // the same
	c, okC := NewLogLevelCI(6, 6*math.Exp(-4.302653*0.1), 6*math.Exp(4.302653*0.1), 3)
	if !okA || !okB || !okC || math.Abs(c.SE-b.SE) > 1e-7 {
		t.Fatalf("%v %v %v: %v %v %v", okA, okB, okC, a, b, c)
	}
	// Welch: (0.01+0.01)²/(0.01²/2 + 0.01²/2) = 4 degrees; se = √0.02.
	ratio, p := b.Ratio(a)
	se := math.Sqrt(0.02)
	lo, hi := 3*math.Exp(-2.776445*se), 3*math.Exp(2.776445*se)
	if near := relative(ratio.Value, 3) + relative(ratio.Lo, lo) + relative(ratio.Hi, hi) + relative(ratio.MCSE, 3*se); near > 1e-6 {
		t.Errorf("ratio %+v, want 3 [%v,%v] ± %v", ratio, lo, hi, 3*se)
	}
	z := math.Log(3) / se
	s := z / math.Sqrt(4+z*z)
	if want := 2 * (0.5 - 0.75*s + 0.25*s*s*s); relative(p, want) > 1e-9 {
		t.Errorf("p = %v, want %v", p, want)
	}
	// The bound: se = 0.2 with 2 degrees, whose distribution is ½ + ½ t/√(2+t²).
	bound, p := b.RatioBound(a)
	z = math.Log(3) / 0.2
	if want := 1 - z/math.Sqrt(2+z*z); relative(p, want) > 1e-9 || relative(bound.Lo, 3*math.Exp(-0.2*4.302653)) > 1e-6 {
		t.Errorf("bound %+v, p = %v, want p %v", bound, p, want)
	}
}

// Sides of an interval by hand, as multiples of the error 0.1: Student's points at
// 1, 2 and 4 degrees are 12.706205, 4.302653 and 2.776445. Downwards 4 and 1
// degrees meet, Welch's 4/(1/4 + 1/1) = 3.2, whose point is 3.0728289; upwards 2 and
// 2, hence 4. (3.2 degrees and their p with mpmath, by the incomplete beta function.)
func TestRatioOfSkewedIntervals(t *testing.T) {
	skewed := func(value, below, above float64) LogLevel {
		l, ok := NewLogLevel(value, value/10, 3)
		if ok {
			l, ok = l.Within(value*math.Exp(-below/10), value*math.Exp(above/10))
		}
		if !ok {
			t.Fatal("refused")
		}
		return l
	}
	a, b := skewed(2, 4.302653, 12.706205), skewed(6, 2.776445, 4.302653)
	ratio, p := b.Ratio(a)
	se := math.Sqrt(0.02)
	if relative(ratio.Lo, 3*math.Exp(-3.0728289*se)) > 1e-5 || relative(ratio.Hi, 3*math.Exp(2.776445*se)) > 1e-5 || relative(p, 0.003516282) > 1e-4 {
		t.Errorf("%+v, p %v", ratio, p)
	}
	if back, q := a.Ratio(b); relative(back.Lo, 1/ratio.Hi) > 1e-12 || relative(back.Hi, 1/ratio.Lo) > 1e-12 || relative(q, p) > 1e-12 {
		t.Errorf("turned round %+v, p %v", back, q)
	}
	// With draws in common the sides are added.
	if bound, _ := b.RatioBound(a); relative(bound.Lo, 3*math.Exp(-0.1*(2.776445+12.706205))) > 1e-5 || relative(bound.Hi, 3*math.Exp(0.1*(4.302653+4.302653))) > 1e-5 {
		t.Errorf("bound %+v", bound)
	}
	// Against a figure without error the interval is that of the run.
	if own, _ := b.Ratio(ExactLogLevel(1)); relative(own.Lo, 6*math.Exp(-0.2776445)) > 1e-6 || relative(own.Hi, 6*math.Exp(0.4302653)) > 1e-6 {
		t.Errorf("alone %+v", own)
	}
	// Without a standard error the shorter side tells it.
	if c, ok := NewLogLevelCI(6, 6*math.Exp(-0.5), 6*math.Exp(0.4302653), 3); !ok || relative(c.SE, 0.1) > 1e-6 || relative(c.Above, 2) > 1e-5 || c.Below >= 2 {
		t.Errorf("%+v", c)
	}
}

// p and interval are of one test: p is below 5 % where the interval leaves 1 out.
func TestRatioIntervalIsTheTest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) LogLevel {
			se := rapid.Float64Range(1e-3, 1).Draw(t, name+" error")
			value := rapid.Float64Range(0.5, 2).Draw(t, name)
			l, ok := NewLogLevel(value, value*se, 32)
			below, above := rapid.Float64Range(2.04, 14).Draw(t, "below"), rapid.Float64Range(2.04, 14).Draw(t, "above")
			if ok {
				l, ok = l.Within(value*math.Exp(-below*se), value*math.Exp(above*se))
			}
			if !ok {
				t.Fatal("refused")
			}
			return l
		}
		a, b := draw("a"), draw("b")
		for _, compare := range []func(LogLevel) (Interval, float64){b.Ratio, b.RatioBound} {
			ratio, p := compare(a)
			if out := ratio.Lo > 1 || ratio.Hi < 1; out != (p < 0.05) && math.Abs(p-0.05) > 1e-9 {
				t.Fatalf("%+v has p = %v", ratio, p)
			}
		}
		independent, _ := b.Ratio(a)
		if bound, _ := b.RatioBound(a); bound.Lo > independent.Lo*(1+1e-9) || bound.Hi < independent.Hi*(1-1e-9) {
			t.Fatalf("the bound %+v is narrower than %+v", bound, independent)
		}
	})
}

func relative(got, want float64) float64 { return math.Abs(got-want) / math.Abs(want) }

// A figure without error leaves the other's error alone, and two of them leave
// no doubt.
func TestRatioOfExactFigures(t *testing.T) {
	noisy, _ := NewLogLevel(2, 0.2, 9)
	one, pOne := noisy.Ratio(ExactLogLevel(1))
	two, pTwo := noisy.RatioBound(ExactLogLevel(1))
	if one != two || pOne != pTwo || relative(one.Hi, 2*math.Exp(0.1*tQuantile(8))) > 1e-12 {
		t.Errorf("%+v %v and %+v %v", one, pOne, two, pTwo)
	}
	for _, c := range []struct{ a, b, p float64 }{{3, 3, 1}, {3, 3 * (1 + 1e-15), 1}, {3, 3.001, 0}} {
		if r, p := ExactLogLevel(c.a).Ratio(ExactLogLevel(c.b)); p != c.p || r.Lo != r.Value || r.Hi != r.Value {
			t.Errorf("%v/%v: %+v, p %v", c.a, c.b, r, p)
		}
	}
}

func TestLogLevelRefuses(t *testing.T) {
	for _, c := range []struct {
		value, mcse float64
		groups      int
	}{{0, 0, 4}, {-1, 1, 4}, {1, 0.1, 1}, {1, math.NaN(), 4}, {math.Inf(1), 1, 4}, {1, -1, 4}} {
		if l, ok := NewLogLevel(c.value, c.mcse, c.groups); ok {
			t.Errorf("%+v gave %+v", c, l)
		}
	}
	if _, ok := NewLogLevelCI(1, 0, 2, 4); ok {
		t.Error("an interval that begins at 0 was taken")
	}
	for _, ends := range [][2]float64{{0, 2}, {1.5, 2}, {0.5, 0.9}, {math.NaN(), 2}, {0.5, math.Inf(1)}} {
		l, _ := NewLogLevel(1, 0.1, 4)
		if got, ok := l.Within(ends[0], ends[1]); ok {
			t.Errorf("1 within %v gave %+v", ends, got)
		}
	}
	if l, ok := NewLogLevel(1, 0, 1); !ok || !math.IsInf(l.Below, 1) {
		t.Errorf("an exact figure needs no groups: %+v %v", l, ok)
	}
}

// The p of two variances that are equal is uniform: independent draws reject in
// 5 %, whatever the numbers of groups; the same draws in at most 5 %. The draws
// are Gaussian numbers, their variance by its textbook formula, its
// error by leaving out groups, none of it by this package.
func TestRatioIsCalibrated(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	const repeats = 4000
	for _, c := range []struct {
		name   string
		ga, gb int
		share  float64 // of b's draws that are a's, by size
		lo, hi float64
	}{
		{"equal groups", 16, 16, 0, 0.04, 0.06},
		{"unlike groups", 6, 32, 0, 0.04, 0.06},
		{"same draws", 16, 16, 1, 0, 0},
		{"draws half alike", 16, 16, math.Sqrt(0.5), 0, 0.05},
	} {
		rejected := 0
		for range repeats {
			x := gaussians(r, 12*c.ga)
			y := gaussians(r, 12*c.gb)
			for i := range min(len(x), len(y)) {
				y[i] = c.share*x[i] + math.Sqrt(1-c.share*c.share)*y[i]
			}
			a, b := simulated(x, c.ga), simulated(y, c.gb)
			compare := b.Ratio
			if c.share > 0 {
				compare = b.RatioBound
			}
			if _, p := compare(a); p < 0.05 {
				rejected++
			}
		}
		// 0.04 to 0.06 are three standard errors of 4,000 repeats.
		if rate := float64(rejected) / repeats; rate < c.lo || rate > c.hi {
			t.Errorf("%s: rejects %.4f, want %v to %v", c.name, rate, c.lo, c.hi)
		}
	}
}

func gaussians(r *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = r.NormFloat64()
	}
	return x
}

// simulated is the level of the variance of x, cut into groups of 12.
func simulated(x []float64, groups int) LogLevel {
	variance := func(without int) float64 {
		n, sum, square := 0.0, 0.0, 0.0
		for i, v := range x {
			if i/12 != without {
				n, sum, square = n+1, sum+v, square+v*v
			}
		}
		return (square - sum*sum/n) / (n - 1)
	}
	whole, g := variance(-1), float64(groups)
	mean, spread := 0.0, 0.0
	left := make([]float64, groups)
	for i := range left {
		left[i] = math.Log(variance(i))
		mean += left[i] / g
	}
	for _, l := range left {
		spread += (l - mean) * (l - mean)
	}
	level, _ := NewLogLevel(whole, whole*math.Sqrt((g-1)/g*spread), groups)
	return level
}
