package training

import (
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func exact(xs ...float64) []Bounds {
	var all []Bounds
	for _, x := range xs {
		all = append(all, Exact(x))
	}
	return all
}

func beyond(x float64) Bounds { return Bounds{x, math.Inf(1)} }

// Medians by hand, among them those that censoring does not touch.
func TestMedian(t *testing.T) {
	tests := []struct {
		xs   []Bounds
		want Bounds
	}{
		{exact(7), Exact(7)},
		{exact(5, 1, 3), Exact(3)},
		{exact(4, 1, 2, 9), Exact(3)},
		{append(exact(5, 1, 3), beyond(10), beyond(10)), Exact(5)},
		{append(exact(5, 1), beyond(10), beyond(10)), beyond(7.5)},
		{append(exact(5), beyond(10), beyond(20)), beyond(10)},
	}
	for _, tt := range tests {
		if got := Median(tt.xs); got != tt.want {
			t.Errorf("Median(%v) = %v, want %v", tt.xs, got, tt.want)
		}
	}
}

// Whatever the numbers in the intervals are, their median lies in the median's
// interval, and ratios likewise.
func TestBoundsHoldTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string, n int) (bounds []Bounds, truth []Bounds) {
			for range n {
				x := rapid.Float64Range(0, 100).Draw(t, name)
				b := Exact(x)
				if rapid.Bool().Draw(t, "censored") {
					b = beyond(x * rapid.Float64Range(0, 1).Draw(t, "at"))
				}
				bounds, truth = append(bounds, b), append(truth, Exact(x))
			}
			return bounds, truth
		}
		n := rapid.IntRange(1, 7).Draw(t, "n")
		a, x := draw("a", n)
		b, y := draw("b", n)
		inside := func(got, true Bounds, what string) {
			const slack = 1e-12
			if true.Lo < got.Lo*(1-slack) || true.Hi > got.Hi*(1+slack) {
				t.Fatalf("%s: %v does not hold %v", what, got, true)
			}
		}
		inside(Median(a), Median(x), "median")
		inside(Median(a).Over(Median(b)), Median(x).Over(Median(y)), "ratio")
	})
}

func TestBoundsString(t *testing.T) {
	tests := []struct {
		b    Bounds
		want string
	}{
		{Exact(12000), "12000"}, {Exact(0.333333), "0.333"}, {beyond(30000), "> 30000"},
		{Bounds{0, 0.5}, "< 0.5"}, {Bounds{2, 8}, "2 to 8"}, {beyond(0), "unknown"},
		{beyond(30).Over(Exact(10)), "> 3"}, {Exact(30).Over(beyond(60)), "< 0.5"}, {beyond(30).Over(beyond(60)), "unknown"},
	}
	for _, tt := range tests {
		if got := tt.b.String(); got != tt.want {
			t.Errorf("%#v: %q, want %q", tt.b, got, tt.want)
		}
	}
}

// The interval against the bootstrap distribution itself: all 3³ resamples of
// three values have median 1 in 7, 2 in 13 and 4 in 7 of 27 cases, so both ends
// of the 95 % interval are the extremes; of a constant sample there is no spread.
func TestMedianInterval(t *testing.T) {
	got := MedianInterval(exact(4, 1, 2), 1)
	if want := (Interval{Exact(2), Exact(1), Exact(4)}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	got = MedianInterval(exact(3, 3, 3, 3), 1)
	if want := (Interval{Exact(3), Exact(3), Exact(3)}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	got = MedianInterval(append(exact(1, 2, 3, 4), beyond(9)), 1)
	if got.Estimate != Exact(3) || got.Hi != beyond(9) || got.Lo != Exact(1) {
		t.Errorf("one of five censored: %v", got)
	}
}

// For fifty values the bootstrap interval of the median agrees with the exact
// one from order statistics: ranks 18 and 33 of 50 hold the median with
// probability 0.967, ranks 19 and 32 with 0.935 (binomial, p = ½).
func TestBootstrapAgainstOrderStatistics(t *testing.T) {
	var xs []Bounds
	for i := range 50 {
		xs = append(xs, Exact(float64(1+i*7%50)))
	}
	got := MedianInterval(xs, 1)
	if got.Lo.Lo < 17 || got.Lo.Lo > 20 || got.Hi.Lo < 31 || got.Hi.Lo > 34 {
		t.Errorf("interval %v, want about [18.5, 32.5]", got)
	}
}

// Ratios keep the seeds together: twice the same times give 2 in every resample.
func TestRatioIsPaired(t *testing.T) {
	base := exact(3, 10, 40)
	got := RatioInterval(exact(6, 20, 80), base, 1)
	if want := (Interval{Exact(2), Exact(2), Exact(2)}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestSummarize(t *testing.T) {
	run := func(method string, seed uint64, bits ...float64) Result {
		r := Result{Method: method, Seed: seed, Steps: 10 * len(bits)}
		for i, b := range bits {
			r.Points = append(r.Points, Point{Step: 10 * (i + 1), Bits: b})
		}
		return r
	}
	stopped := run("uoro", 3, 0.5)
	stopped.Diverged = errors.New("diverged")
	results := []Result{
		run("rtrl", 1, 0.5, 0.2, 0.1), run("rtrl", 2, 0.1, 0.3, 0.3), run("rtrl", 3, 0.5, 0.2, 0.1),
		run("uoro", 1, 0.5, 0.5, 0.2), run("uoro", 2, 0.5, 0.4, 0.3), stopped,
	}
	rows, err := Summarize(results, []Goal{BitsGoal(0.2)}, 30, "rtrl")
	if err != nil {
		t.Fatal(err)
	}
	// rtrl: 20, 10, 20. uoro: 30, > 30, > 30.
	if r := rows[0]; r.Method != "rtrl" || r.Reached != 3 || r.Runs != 3 || r.Steps.Estimate != Exact(20) || r.Ratio.Estimate != Exact(1) {
		t.Errorf("rtrl: %+v", r)
	}
	if r := rows[1]; r.Goal != "0.20 bits" || r.Reached != 1 || r.Steps.Estimate != beyond(30) || r.Ratio.Estimate.String() != "> 1.5" {
		t.Errorf("uoro: %+v", r)
	}
	if _, err := Summarize(results, nil, 30, "snap1"); err == nil || !strings.Contains(err.Error(), `reference method "snap1"`) {
		t.Errorf("error %v", err)
	}
	if _, err := Summarize(results[:5], []Goal{BitsGoal(0.2)}, 30, "rtrl"); err == nil || !strings.Contains(err.Error(), "other seeds") {
		t.Errorf("error %v", err)
	}
}

func TestEndingsGoal(t *testing.T) {
	g := EndingsGoal(0.9)
	if g.Reached(Point{Endings: math.NaN()}) || g.Reached(Point{Endings: 0.89}) || !g.Reached(Point{Endings: 0.9}) {
		t.Error("wrong side of 0.9")
	}
}

// Quartiles by R's quantile(type = 7): of 1, 2, 4, 8 they are 1.75, 3, 5; with a
// run that has diverged, 2, 4, 8 of 1, 2, 4, 8, ∞.
func TestBands(t *testing.T) {
	var results []Result
	for _, v := range []float64{8, 1, 4, 2} {
		results = append(results, Result{Points: []Point{{Step: 5, Bits: v, Endings: math.NaN()}, {Step: 10, Bits: v, Endings: v}}})
	}
	bands := Bands(results, BitsQuantity)
	if want := (Band{5, 3, 1.75, 5, 4}); len(bands) != 2 || bands[0] != want {
		t.Errorf("%+v, want %+v first", bands, want)
	}
	results = append(results, Result{Points: []Point{{Step: 5, Bits: 3, Endings: math.NaN()}}})
	bands = Bands(results, BitsQuantity)
	if want := (Band{10, 4, 2, 8, 4}); bands[1] != want {
		t.Errorf("%+v, want %+v second", bands, want)
	}
	if endings := Bands(results, EndingsQuantity); len(endings) != 1 || endings[0].Step != 10 || endings[0].Median != 2 {
		t.Errorf("%+v, want step 10 alone", endings)
	}
}
