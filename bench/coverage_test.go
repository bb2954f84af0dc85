package bench

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"sync"
	"testing"

	"uorobench/bench/problem"
	"uorobench/estimators"
	"uorobench/estimators/oracle"
	"uorobench/stats"
)

var (
	coverageRuns = flag.Int("coverage-runs", 60, "repetitions of TestCoverage")
	coveragePage = flag.Bool("coverage-page", false, "write docs/coverage.md from TestCoverage; use with -coverage-runs 1000")
)

// coverageCase is a small network whose truth is known exactly.
type coverageCase struct {
	name, truth string
	draws       int64
	precision   float64
	of          string // with a precision: of what
	change      func(e *Experiment)
}

func coverageCases() []coverageCase {
	tanh := func(e *Experiment) { e.Cells = []string{"rnn"} }
	gru := func(e *Experiment) { e.Cells = []string{"gru"} }
	heavy := func(e *Experiment) {
		e.Cells, e.Guard, e.Noise, e.Hidden, e.Steps, e.Stride = []string{"rnn"}, "none", NoiseGaussian, 1, 3, 3
		e.Estimators[1] = "cv-uoro/instant/trace" // of one unit, snap1 is the exact gradient
	}
	const all, closed = "65,536 sign patterns", "closed form"
	const tanhNet, gruNet, heavyNet = "tanh, 2 units", "GRU, 2 units", "tanh, 1 unit, Gaussian, no guard"
	cases := []coverageCase{
		{tanhNet, all, 512, 0, "", tanh}, {tanhNet, all, 4096, 0, "", tanh},
		{gruNet, all, 512, 0, "", gru}, {gruNet, all, 4096, 0, "", gru},
		{heavyNet, closed, 512, 0, "", heavy}, {heavyNet, closed, 4096, 0, "", heavy},
	}
	for _, of := range []string{PrecisionVar, PrecisionRatio, PrecisionBias} {
		to := map[string][3]float64{PrecisionVar: {0.05, 0.05, 0.1}, PrecisionRatio: {0.05, 0.1, 0.1}, PrecisionBias: {0.001, 0.002, 0.002}}[of]
		cases = append(cases, coverageCase{tanhNet, all, 512, to[0], of, tanh}, coverageCase{gruNet, all, 512, to[1], of, gru},
			coverageCase{heavyNet, closed, 512, to[2], of, heavy})
	}
	crossed := func(e *Experiment) { gru(e); e.LambdaFit, e.Pilot = FitCross, 0 }
	return append(cases, coverageCase{gruNet + ", λ cross-fitted", all, 512, 0, "", crossed},
		coverageCase{gruNet + ", λ cross-fitted", all, 4096, 0, "", crossed})
}

// coverageFixture is a case made ready: its trajectory stays, the noise changes.
type coverageFixture struct {
	coverageCase
	e       *Experiment
	problem *problem.Problem
	chain   *chainPlan
	moments *oracle.Moments // at the last measured step
}

func newCoverageFixture(t *testing.T, c coverageCase) *coverageFixture {
	t.Helper()
	f := &coverageFixture{coverageCase: c, e: small(func(e *Experiment) {
		e.Hidden, e.Steps, e.Stride, e.Groups, e.Draws, e.Pilot = 2, 8, 4, 32, c.draws, max(512, c.draws/2)
		e.Estimators, e.Precision, e.MaxDraws = []string{"uoro", "cv-uoro/snap1/trace"}, c.precision, 1<<17
		if c.of != "" {
			e.PrecisionOf = c.of
		}
		c.change(e)
	})}
	cells, err := newRunner(f.e, RunOptions{Workers: 1}).plan()
	if err != nil {
		t.Fatal(err)
	}
	f.problem, f.chain = cells[0].problem, cells[0].chains[0]
	last := f.problem.Measured[len(f.problem.Measured)-1]
	if f.e.Noise == NoiseGaussian {
		closed, err := oracle.ClosedForm(f.problem.Trajectory, oracle.Form{Covariates: f.chain.Covariates}, last)
		if err != nil {
			t.Fatal(err)
		}
		f.moments = closed.Moments(3)
		return f
	}
	spec := f.chain.Variants[0].Spec
	chain, err := spec.New(f.problem.Trajectory.Layout, estimators.Options{Guard: estimators.GuardCode, Covariates: f.chain.Covariates})
	if err != nil {
		t.Fatal(err)
	}
	all, err := oracle.Enumerate(chain, f.problem.Trajectory, oracle.Signs, last)
	if err != nil {
		t.Fatal(err)
	}
	f.moments = all[0]
	return f
}

// figures of the table: six intervals, three tests. Two are of pairs of runs: the
// ratio of one's variance with the covariate over the other's without, both ways, and
// the test of two that are equal.
var coverageFigures = []string{"bias_sq", "var_trace", "var_ratio", "λ", "bias_sq with covariate", "ratio of two runs",
	"p of bias_sq", "p of max z", "p of two runs"}

const coverageIntervals = 6

// tally counts, per figure, the intervals that hold the truth and the tests that
// reject at 5 %.
type tally struct {
	hits     [9]int
	of       [9]int // trials
	runs     int
	draws    float64 // summed over the runs, as is
	kurtosis float64
}

func (a *tally) add(figure int, hit bool) {
	a.of[figure]++
	if hit {
		a.hits[figure]++
	}
}

// run is what one seed gives.
func (f *coverageFixture) run(seed uint64) (plain, cv StepResult, err error) {
	e := *f.e
	e.Seed = seed
	r := newRunner(&e, RunOptions{Workers: 1})
	rows, err := r.chain(context.Background(), f.problem, f.chain)
	if err != nil {
		return plain, cv, err
	}
	last := len(f.problem.Measured) - 1
	return rows[0].Steps[last], rows[1].Steps[last], nil
}

func holds(i stats.Interval, truth float64) bool { return i.HasCI && i.Lo <= truth && truth <= i.Hi }

// count takes in one run.
func (f *coverageFixture) count(a *tally, plain, cv *StepResult) {
	a.add(0, holds(plain.BiasSq, 0))
	a.add(1, holds(plain.Var, f.moments.Trace()[0][0]))
	a.add(2, holds(cv.Ratio, f.ratio(cv)))
	a.add(3, holds(cv.Lambda, f.moments.Lambda()[0]))
	a.add(4, holds(cv.BiasSq, 0))
	a.add(6, plain.BiasP.Value < 0.05)
	a.add(7, plain.MaxZP.Value < 0.05)
	a.runs++
	a.draws += float64(plain.Draws)
	a.kurtosis += plain.Kurtosis.Value
}

// ratio is the exact var_ratio at the coefficient that the run has used.
func (f *coverageFixture) ratio(cv *StepResult) float64 {
	trace := f.moments.Trace()
	return oracle.Combine(trace, []float64{cv.Lambda.Value}) / trace[0][0]
}

// countPair takes in what a comparison says of two runs.
func (f *coverageFixture) countPair(a *tally, plain, cv *[2]StepResult) {
	for i := range 2 {
		ratio, _ := levelOf(cv[i].Var).Ratio(levelOf(plain[1-i].Var))
		a.add(5, holds(ratio, f.ratio(&cv[i])))
	}
	_, p := levelOf(plain[1].Var).Ratio(levelOf(plain[0].Var))
	a.add(8, p < 0.05)
}

// levelOf is a variance as a comparison reads it from the files of a run.
func levelOf(v stats.Interval) stats.LogLevel {
	l, _ := stats.NewLogLevel(v.Value, v.MCSE, 32)
	l, _ = l.Within(v.Lo, v.Hi)
	return l
}

// repeat does the runs with seeds 1, 2, …, in pairs, on two goroutines.
func (f *coverageFixture) repeat(t *testing.T, runs int) tally {
	var mu sync.Mutex
	var all tally
	var wait sync.WaitGroup
	for half := range 2 {
		wait.Go(func() {
			for pair := half; 2*pair+1 < runs; pair += 2 {
				var plain, cv [2]StepResult
				for i := range 2 {
					var err error
					if plain[i], cv[i], err = f.run(uint64(2*pair + i + 1)); err != nil {
						t.Error(err)
						return
					}
				}
				mu.Lock()
				f.count(&all, &plain[0], &cv[0])
				f.count(&all, &plain[1], &cv[1])
				f.countPair(&all, &plain, &cv)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return all
}

func (a *tally) share(figure int) float64 { return float64(a.hits[figure]) / float64(a.of[figure]) }

// TestCoverage repeats small runs with independent seeds and counts how often the
// 95 % intervals hold the exact truth, and how often the tests at 5 % reject what
// is true. The short form sees only gross faults: its band is 3.5 binomial errors
// below 93 % and above 7 %. The long form makes docs/coverage.md:
//
//	go test ./bench -run TestCoverage -coverage-runs 1000 -coverage-page -timeout 60m
func TestCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("it needs many runs; the race detector sees the same code in others")
	}
	var page bytes.Buffer
	for _, c := range coverageCases() {
		f := newCoverageFixture(t, c)
		all := f.repeat(t, *coverageRuns)
		f.write(&page, &all)
		t.Logf("%s: %v of %d", f.title(&all), all.hits, all.runs)
		f.check(t, &all)
	}
	if *coveragePage {
		text := fmt.Sprintf(coverageHead, *coverageRuns, *coverageRuns/2, *coverageRuns) + page.String()
		if err := os.WriteFile("../docs/coverage.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (f *coverageFixture) check(t *testing.T, a *tally) {
	t.Helper()
	band := func(figure int) float64 { return 3.5 * math.Sqrt(0.93*0.07/float64(a.of[figure])) }
	for figure, name := range coverageFigures {
		switch got := a.share(figure); {
		case figure < coverageIntervals && got < 0.93-band(figure):
			t.Errorf("%s: %s is covered in %.3f of %d trials", f.title(a), name, got, a.of[figure])
		case figure >= coverageIntervals && got > 0.07+band(figure):
			t.Errorf("%s: %s rejects in %.3f of %d trials", f.title(a), name, got, a.of[figure])
		}
	}
}

func (f *coverageFixture) title(a *tally) string { return f.name + ", " + f.drawn(a) + " draws" }

// drawn are the draws, or where they stopped by themselves.
func (f *coverageFixture) drawn(a *tally) string {
	if f.precision == 0 {
		return fmt.Sprint(f.draws)
	}
	return fmt.Sprintf("%s to ± %g %% (mean %.0f)", f.of, 100*f.precision, a.draws/float64(a.runs))
}

func (f *coverageFixture) write(page *bytes.Buffer, a *tally) {
	fmt.Fprintf(page, "| %s | %s | %.1f | %s |", f.name, f.truth, a.kurtosis/float64(a.runs), f.drawn(a))
	for figure := range coverageFigures {
		fmt.Fprintf(page, " %.1f |", 100*a.share(figure))
	}
	page.WriteString("\n")
}

const coverageHead = `<!-- Made by TestCoverage. Do not edit. -->

# Measured coverage

How often the printed 95 %% intervals hold the truth, and how often the tests at 5 %% reject although there is no
bias, in percent of %d runs with independent seeds. The truth is exact: the run through all sign patterns, or the
closed form of the variance. Each line is one small network with a frozen trajectory, at its last measured step; 32
groups, λ fitted on half as many pilot draws, but at least 512. kurtosis is that of the rows (E x²/(E x)², x the squared
length of the noise). The binomial standard error of an entry at 95 %% is 0.7 in 1,000 runs.

"ratio of two runs" is what uorobench compare tells of two runs with other seeds: the variance with the covariate in one
over that without in the other, %d pairs both ways; "p of two runs" is its test of two runs of one estimator. The
binomial standard error of the last is 1.4 times that of the others.

    go test ./bench -run TestCoverage -coverage-runs %d -coverage-page -timeout 60m

Every interval is meant to hold the truth in 93–97 %%, every test to reject in 3–7 %%; what lies outside by more than the
binomial error is a fault.

"to ± P %%" are runs that stopped by themselves, at the relative half-width P of the figure named (of bias_sq: relative to
‖g‖²), first looked at after 512 draws.

| network | truth | kurtosis | draws | bias_sq | var_trace | var_ratio | λ | bias_sq, with covariate | ratio of two runs | p of bias_sq < 5 %% | p of max z < 5 %% | p of two runs < 5 %% |
|:--|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
`
