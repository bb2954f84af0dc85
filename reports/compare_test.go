package reports

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"uorobench/bench"
)

// runOf is a run that was never on a disk.
func runOf(path string, seed int64, summary []SummaryRow, steps []StepRow) *RunData {
	for i := range summary {
		summary[i].Seed = seed
	}
	for i := range steps {
		steps[i].Seed = seed
	}
	return &RunData{Path: path, Report: Report{Summary: summary, Steps: steps},
		Manifest: Manifest{Seeds: map[string]uint64{"noise": uint64(seed)}, ConfigTOML: fmt.Sprintf("name = 'a'\nguard = 'code'\nseed = %d\n[task]\nhi = 32\n", seed)}}
}

// sampleRuns differ in seed, in the variance of the GRU's control variates, and
// in one row.
func sampleRuns() (a, b *RunData) {
	a = runOf("runs/a", 1, sampleSummary(), sampleSteps())
	b = runOf("runs/b", 2, sampleSummary(), sampleSteps())
	for i := range b.Report.Summary {
		if s := &b.Report.Summary[i]; s.Cell == "gru" && s.Covariate != "" {
			*s.VarTrace *= 1.25
			*s.VarTraceMCSE *= 1.25
			*s.VarTraceLo *= 1.25
			*s.VarTraceHi *= 1.25
		}
	}
	b.Report.Summary = b.Report.Summary[:6] // without rnn's control variates
	return a, b
}

func TestCompareGolden(t *testing.T) {
	a, b := sampleRuns()
	for _, c := range []struct {
		name string
		b    *RunData
		o    CompareOptions
	}{
		{"runs", b, CompareOptions{}},
		{"baseline", nil, CompareOptions{Baseline: "uoro"}},
		{"steps", b, CompareOptions{Steps: true, Match: []string{"task", "cell", "estimator"}}},
	} {
		made, err := Compare(a, c.b, c.o)
		if err != nil {
			t.Fatal(err)
		}
		for format, ext := range map[Format]string{Table: "txt", Markdown: "md", CSV: "csv", JSON: "json"} {
			var out bytes.Buffer
			if err := made.Write(&out, format); err != nil {
				t.Fatal(err)
			}
			golden(t, "testdata/compare-"+c.name+"."+ext, out.Bytes())
			for line := range strings.Lines(out.String()) {
				if n := utf8.RuneCountInString(line) - 1; format == Table && n > 120 {
					t.Errorf("%d columns: %s", n, line)
				}
			}
		}
	}
}

// wanted finds a row.
func wanted(t *testing.T, c *Comparison, cell, estimator string) ComparedRow {
	t.Helper()
	for _, r := range c.Rows {
		if r.Cell == cell && r.EstimatorB == estimator {
			return r
		}
	}
	t.Fatalf("no row %s %s", cell, estimator)
	return ComparedRow{}
}

// By hand: both figures have the relative error 1/40 and an interval of 0.95 to
// 1.053 times the figure. Its sides are log(1/0.95)·40 = 2.05173 and log(1.053)·40 =
// 2.06573 errors, which Student's t has at 27.0278 and 23.6047 degrees of freedom;
// Welch's are 4/(1/27.0278 + 1/23.6047) = 50.4010 on each side, with the point
// 2.008163 (mpmath). In common, the sides are added.
func TestCompareByHand(t *testing.T) {
	a, b := sampleRuns()
	for _, c := range []struct {
		seed int64
		how  How
		side float64
	}{{2, Independent, math.Sqrt2 / 40 * 2.008163}, {1, Bound, math.Log(1.053 / 0.95)}} {
		for i := range b.Report.Summary {
			b.Report.Summary[i].Seed = c.seed
		}
		made, err := Compare(a, b, CompareOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r := wanted(t, made, "gru", "cv-uoro/snap1/trace")
		if r.How != string(c.how) || math.Abs(*r.Ratio-1.25) > 1e-12 {
			t.Errorf("ratio %v (%s), want 1.25 (%s)", *r.Ratio, r.How, c.how)
		}
		lo, hi := 1.25*math.Exp(-c.side), 1.25*math.Exp(c.side)
		if math.Abs(*r.RatioLo/lo-1) > 1e-6 || math.Abs(*r.RatioHi/hi-1) > 1e-6 {
			t.Errorf("%s: [%v, %v], want [%v, %v]", c.how, *r.RatioLo, *r.RatioHi, lo, hi)
		}
		if u := wanted(t, made, "gru", "uoro"); *u.P != 1 || u.Verdict != Unknown {
			t.Errorf("equal figures: %+v", u)
		}
	}
}

// Without intervals it is Student's t. Independent: s = √2/40, Welch's degrees 62
// with the 97.5 % point 1.998972 (tables: 1.9990). In common: s = 1/20, 31 degrees
// with 2.039513 (tables: 2.0395).
func TestCompareWithoutIntervalsByHand(t *testing.T) {
	a, b := sampleRuns()
	for _, r := range []*RunData{a, b} {
		for i := range r.Report.Summary {
			r.Report.Summary[i].VarTraceLo, r.Report.Summary[i].VarTraceHi = nil, nil
		}
	}
	for _, c := range []struct {
		seed  int64
		how   How
		s, tq float64
	}{{2, Independent, math.Sqrt2 / 40, 1.998972}, {1, Bound, 1.0 / 20, 2.039513}} {
		for i := range b.Report.Summary {
			b.Report.Summary[i].Seed = c.seed
		}
		made, err := Compare(a, b, CompareOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r := wanted(t, made, "gru", "cv-uoro/snap1/trace")
		if r.How != string(c.how) || math.Abs(*r.Ratio-1.25) > 1e-12 {
			t.Errorf("ratio %v (%s), want 1.25 (%s)", *r.Ratio, r.How, c.how)
		}
		lo, hi := 1.25*math.Exp(-c.s*c.tq), 1.25*math.Exp(c.s*c.tq)
		if math.Abs(*r.RatioLo/lo-1) > 1e-6 || math.Abs(*r.RatioHi/hi-1) > 1e-6 {
			t.Errorf("%s: [%v, %v], want [%v, %v]", c.how, *r.RatioLo, *r.RatioHi, lo, hi)
		}
		if u := wanted(t, made, "gru", "uoro"); *u.P != 1 || u.Verdict != Unknown {
			t.Errorf("equal figures: %+v", u)
		}
	}
}

// Within a run the ratio to the plain estimator is the measured one, and two
// control variates over it may use the sharper of two bounds.
func TestComparePaired(t *testing.T) {
	a, _ := sampleRuns()
	made, err := Compare(a, a, CompareOptions{Baseline: "uoro"})
	if err != nil {
		t.Fatal(err)
	}
	r := wanted(t, made, "gru", "cv-uoro/snap1/trace")
	if r.How != string(Paired) || math.Abs(*r.Ratio-0.1835) > 1e-12 || r.Verdict != Less {
		t.Errorf("%+v, ratio %v", r, *r.Ratio)
	}
	// The interval of var_ratio is not symmetric on the log scale, and stays so.
	if math.Abs(*r.RatioLo / *r.Ratio - 0.93) > 1e-9 || math.Abs(*r.RatioHi / *r.Ratio - 1.08) > 1e-9 {
		t.Errorf("[%v, %v] about %v, want 0.93 and 1.08 times it", *r.RatioLo, *r.RatioHi, *r.Ratio)
	}
	if p := wanted(t, made, "gru", "uoro-post"); p.How != string(Bound) {
		t.Errorf("uoro-post is not over uoro: %+v", p)
	}
	made, err = Compare(a, nil, CompareOptions{Baseline: "cv-uoro/snap1/trace"})
	if err != nil {
		t.Fatal(err)
	}
	// From var_trace alone s = 1/20; from the two var_ratio, log(1/0.93)/t twice, it
	// would be 0.0712.
	if r := wanted(t, made, "gru", "cv-uoro/linear-rowwise/trace"); r.How != string(Bound) || math.Abs(math.Log(*r.RatioHi / *r.RatioLo)-2*math.Log(1.053/0.95)) > 1e-6 {
		t.Errorf("%+v", r)
	}
	if r := wanted(t, made, "gru", "uoro"); r.How != string(Paired) || math.Abs(*r.Ratio*0.1835-1) > 1e-12 {
		t.Errorf("%+v", r)
	}
}

func TestCompareRefuses(t *testing.T) {
	a, b := sampleRuns()
	still := runOf("still", 1, sampleSummary()[:1], nil)
	for _, c := range []struct {
		a, b *RunData
		o    CompareOptions
		want string
	}{
		{a, nil, CompareOptions{}, "one run has nothing to be compared with"},
		{a, a, CompareOptions{}, "one run has nothing to be compared with"},
		{a, b, CompareOptions{Match: []string{"cell", "hiden"}}, `match "hiden": allowed are task, cell, hidden, seed, estimator, convention`},
		{a, b, CompareOptions{Baseline: "uro"}, `baseline "uro" is not in runs/a; it has rtrl, uoro, `},
		{a, b, CompareOptions{Match: []string{"cell"}}, "gru rtrl of runs/b matches "},
		{still, a, CompareOptions{Force: true}, "nothing to compare: "},
		{a, b, CompareOptions{Match: []string{"task", "cell", "estimator", "seed"}}, "no two rows with a variance match in task, cell, estimator, seed"},
	} {
		if _, err := Compare(c.a, c.b, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.o, err, c.want)
		}
	}
}

func TestCompareReturnsWriteErrors(t *testing.T) {
	a, b := sampleRuns()
	made, err := Compare(a, b, CompareOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range Formats() {
		var whole bytes.Buffer
		if err := made.Write(&whole, format); err != nil {
			t.Fatal(err)
		}
		for limit := 0; limit < whole.Len(); limit += 89 {
			if err := made.Write(&brokenWriter{limit}, format); !errors.Is(err, errBroken) {
				t.Errorf("%s: pipe broken after %d of %d bytes: error %v", format, limit, whole.Len(), err)
			}
		}
	}
	if err := made.Write(&bytes.Buffer{}, "xml"); err == nil {
		t.Error("Write took an unknown format")
	}
}

// Rows of runs whose estimators are equally good: p below 0.05 in 5 % of them, and
// any verdict among the five of a comparison in at most 5 %. Draws and errors are
// made here, with a textbook variance and jackknife.
func TestComparisonIsCalibrated(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	const repeats, rows = 1500, 5
	small, families := 0, 0
	for range repeats {
		a, b := nullRun(r, 1, rows, 1), nullRun(r, 2, rows, 1)
		made, err := Compare(a, b, CompareOptions{})
		if err != nil {
			t.Fatal(err)
		}
		decided := false
		for _, row := range made.Rows {
			if *row.P < 0.05 {
				small++
			}
			decided = decided || row.Verdict != Unknown
		}
		if decided {
			families++
		}
	}
	// Three standard errors: √(0.05·0.95/7500) = 0.0025 and √(…/1500) = 0.0056.
	if rate := float64(small) / (repeats * rows); rate < 0.0425 || rate > 0.0575 {
		t.Errorf("p < 0.05 in %.4f of the rows, want 0.05", rate)
	}
	if rate := float64(families) / repeats; rate < 0.02 || rate > 0.067 {
		t.Errorf("a verdict in %.4f of the comparisons, want at most 0.05 and not far below", rate)
	}
	made, err := Compare(nullRun(r, 1, 1, 1), nullRun(r, 2, 1, 2), CompareOptions{})
	if err != nil || made.Rows[0].Verdict != More {
		t.Errorf("a variance that is twice as large is not seen: %+v, %v", made, err)
	}
}

// nullRun has rows of 384 Gaussian draws in 24 groups, of the given variance.
func nullRun(r *rand.Rand, seed int64, rows int, variance float64) *RunData {
	var summary []SummaryRow
	for i := range rows {
		value, mcse := simulated(r, 24, 16, variance)
		summary = append(summary, SummaryRow{Key: key("rnn", fmt.Sprintf("multi-uoro-%d", i+2), "", "", "pre"), NSteps: 1,
			Figures: Figures{NDraws: 384, NGroups: 24, ExactNormSq: 1, VarTrace: &value, VarTraceMCSE: &mcse}})
	}
	return runOf(fmt.Sprint("run", seed), seed, summary, nil)
}

// simulated is a sample variance and its standard error by leaving out groups, on
// the log scale.
func simulated(r *rand.Rand, groups, size int, variance float64) (value, mcse float64) {
	n, sum, square := float64(groups*size), make([]float64, groups), make([]float64, groups)
	total, totalSquare := 0.0, 0.0
	for g := range groups {
		for range size {
			x := math.Sqrt(variance) * r.NormFloat64()
			sum[g] += x
			square[g] += x * x
		}
		total += sum[g]
		totalSquare += square[g]
	}
	value = (totalSquare - total*total/n) / (n - 1)
	left, mean, m := make([]float64, groups), 0.0, n-float64(size)
	for g := range left {
		s := total - sum[g]
		left[g] = math.Log((totalSquare - square[g] - s*s/m) / (m - 1))
		mean += left[g] / float64(groups)
	}
	spread := 0.0
	for _, l := range left {
		spread += (l - mean) * (l - mean)
	}
	return value, value * math.Sqrt(float64(groups-1)/float64(groups)*spread)
}

// Runs on the disk: the same trajectory, whatever else is different; and every
// way in which it can be another one.
func TestTrajectoryDifferences(t *testing.T) {
	run := func(change func(*bench.Experiment)) *RunData {
		e := tiny()
		e.Cells, e.Detail, e.Estimators = []string{"rnn"}, []string{bench.DetailSteps}, []string{"rtrl", "uoro"}
		e.Seed = 5
		change(e)
		path, _ := measureRun(t, e, 1)
		r, err := ReadRun(path)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := run(func(*bench.Experiment) {})
	for _, c := range []struct {
		change func(*bench.Experiment)
		want   string // empty: one trajectory
	}{
		{func(e *bench.Experiment) { e.Draws, e.Guard, e.Groups = 256, "paper", 4 }, ""},
		{func(e *bench.Experiment) { e.WeightSeed = 9 }, "weights of rnn: "},
		{func(e *bench.Experiment) { e.Hidden = 4 }, "has the shapes "},
		{func(e *bench.Experiment) { e.Seed = 6 }, "of 12 steps differ, the first is step "},
		{func(e *bench.Experiment) { e.WarmUp = 5 }, "warm-up: 0 and 5 steps"},
		{func(e *bench.Experiment) { e.Steps = 16 }, "sequence: 12 and 16 steps"},
		{func(e *bench.Experiment) {
			e.Task = bench.Default().Task
			e.Task.Name, e.Task.Length, e.Task.Delay = "copy", 2, 1
		}, "task: anbn and copy"},
		{func(e *bench.Experiment) { e.Stride = 6 }, "measured steps of rnn: 3 and 2, of which 1 are the same"},
	} {
		other := run(c.change)
		made, err := Compare(first, other, CompareOptions{})
		var refused *TrajectoryError
		switch {
		case c.want == "":
			if err != nil || len(made.Rows) != 1 || made.Rows[0].How != string(Bound) {
				t.Errorf("one trajectory: %+v, %v", made, err)
			} else if got := strings.Join(made.Settings, "; "); !strings.Contains(got, "guard 'code' and 'paper'") {
				t.Errorf("settings: %s", got)
			}
		case !errors.As(err, &refused) || !strings.Contains(err.Error(), c.want):
			t.Errorf("error %v, want a refusal with %q", err, c.want)
		default:
			made, err := Compare(first, other, CompareOptions{Force: true, Match: []string{"cell", "estimator"}})
			if err != nil || len(made.Differences) == 0 {
				t.Errorf("--force: %+v, %v", made, err)
			} else if warm := strings.HasPrefix(c.want, "warm-up"); warm != slices.Contains(made.Settings, "warm_up 0 and 5") {
				t.Errorf("%s: settings %v", c.want, made.Settings)
			}
		}
	}
}

// Equal weights and sequence with other gradients: another program made one run.
func TestGradientDifference(t *testing.T) {
	a, b := sampleRuns()
	for i := range b.Report.Steps {
		if s := &b.Report.Steps[i]; s.Step == 16 && s.Cell == "gru" {
			s.ExactNormSq *= 1 + 1e-6
		}
	}
	_, err := Compare(a, b, CompareOptions{})
	if err == nil || !strings.Contains(err.Error(), "exact gradients of gru: ‖g‖² differs at 1 of the 3 steps that both measured") {
		t.Errorf("error %v", err)
	}
}
