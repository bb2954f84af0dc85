package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// centred turns values into contributions to the variance of their mean.
func centred(x []float64) []float64 {
	n := float64(len(x))
	z := make([]float64, len(x))
	for i, v := range x {
		z[i] = (v - stat.Mean(x, nil)) / math.Sqrt(n*(n-1))
	}
	return z
}

// The interval of a mean of group values against the truth: skewed ones, where
// Student's t falls short, normal ones, few groups and many. 4,000 runs: a binomial
// standard deviation of 0.34 %.
func TestStudentisedCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("simulation")
	}
	const runs = 4000
	exponential := func(r *rand.Rand) float64 { return r.ExpFloat64() - 1 }
	normal := func(r *rand.Rand) float64 { return r.NormFloat64() }
	logNormal := func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) - math.Exp(0.5) }
	for _, test := range []struct {
		name         string
		draw         func(r *rand.Rand) float64
		groups       int
		least, plain float64 // coverage: at least, and at most that of Student's t alone
	}{
		{"normal", normal, 32, 0.94, 0.96}, {"normal", normal, 8, 0.94, 0.96}, {"normal", normal, 4, 0.94, 0.96},
		{"exponential", exponential, 32, 0.94, 0.94}, {"exponential", exponential, 8, 0.94, 0.92},
		{"log-normal", logNormal, 32, 0.93, 0.90}, {"log-normal", logNormal, 128, 0.93, 0.93},
	} {
		r := newRand(uint64(400 + test.groups))
		var covered, plain int
		for range runs {
			x := make([]float64, test.groups)
			for g := range x {
				x[g] = test.draw(r)
			}
			z := centred(x)
			lo, hi := multipliers(z)
			mean, se := stat.Mean(x, nil), stat.StdErr(stat.StdDev(x, nil), float64(len(x)))
			count(&covered, mean-hi*se <= 0 && 0 <= mean-lo*se)
			count(&plain, math.Abs(mean) <= tQuantile(test.groups-1)*se)
		}
		got, student := float64(covered)/runs, float64(plain)/runs
		t.Logf("%s, %d groups: covers %.3f, Student's t %.3f", test.name, test.groups, got, student)
		if got < test.least || got > 0.98 {
			t.Errorf("%s, %d groups: covers %.3f", test.name, test.groups, got)
		}
		if student > test.plain {
			t.Errorf("%s, %d groups: Student's t covers %.3f; the reason for more is gone", test.name, test.groups, student)
		}
	}
}

// The resampled points against brute force: 200,000 resamples by another generator,
// each studentised by gonum's mean and standard deviation. A tail of 2.5 % from 999
// resamples has a standard error of half a per cent.
func TestResampledAgainstBruteForce(t *testing.T) {
	r := newRand(410)
	x := make([]float64, 20)
	for i := range x {
		x[i] = r.ExpFloat64()
	}
	lo, hi := resampled(centred(x))
	mean, below, above := stat.Mean(x, nil), 0, 0
	const resamples = 200000
	one := make([]float64, len(x))
	for range resamples {
		for i := range one {
			one[i] = x[r.IntN(len(x))]
		}
		m, s := stat.MeanStdDev(one, nil)
		tt := (m - mean) / (s / math.Sqrt(float64(len(x))))
		count(&below, tt < lo)
		count(&above, tt > hi)
	}
	within(t, "chance below the lower point", float64(below)/resamples, 0.025, 0.015)
	within(t, "chance above the upper point", float64(above)/resamples, 0.025, 0.015)
}

// A single group that carries all: the ends are wide, finite, and no wider than t
// at one degree of freedom, 12.706. Groups that are all alike have no spread.
func TestMultipliersAtTheLimits(t *testing.T) {
	one := make([]float64, 32)
	one[3] = 1
	lo, hi := multipliers(centred(one))
	within(t, "widest", -lo, 12.7062, 1e-3)
	if hi < tQuantile(31) || hi > 12.8 {
		t.Errorf("upper multiplier %v", hi)
	}
	if lo, hi := multipliers(make([]float64, 32)); lo != -hi || hi != tQuantile(31) {
		t.Errorf("no spread: %v, %v", lo, hi)
	}
}

// The degrees of freedom make a χ²/ν of the variance of the sample variance, which
// for 32 exponential values (excess kurtosis 6) is σ⁴(2/31 + 6/32) exactly.
func TestEffectiveDegreesOfFreedom(t *testing.T) {
	r := newRand(420)
	var inverse, square float64
	const runs = 20000
	for range runs {
		x := make([]float64, 32)
		for g := range x {
			x[g] = r.ExpFloat64()
		}
		square += sq(stat.Variance(x, nil)-1) / runs
		inverse += 1 / effective(centred(x)) / runs
	}
	within(t, "variance of the sample variance", square, 2.0/31+6.0/32, 0.01)
	// The kurtosis of 32 values is estimated too low, and cut at zero: half of it is seen.
	if half := 2 * inverse; half < 0.5*square || half > square {
		t.Errorf("2/ν is %v on average, the variance %v", half, square)
	}
	near(t, "ν of two values", effective([]float64{1, -1, 1, -1, 1, -1, 1, -1}), 7, 0)
}

// The words are those of SplitMix64 with seed 0, as its authors' C code prints them.
func TestCounter(t *testing.T) {
	var c counter
	for i, want := range []uint64{0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f} {
		if got := c.next(); got != want {
			t.Errorf("word %d is %#x, want %#x", i, got, want)
		}
	}
	var x, square float64
	for range 50000 {
		a, b := c.normals()
		x += a*a*a*a + b*b*b*b
		square += a*a + b*b
	}
	within(t, "E x²", square/1e5, 1, 0.02)
	within(t, "E x⁴", x/1e5, distuv.UnitNormal.ExKurtosis()+3, 0.1)
}
