package bench

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"uorobench/bench/noise"
	"uorobench/stats"
)

func convergent(e *Experiment) {
	e.Draws, e.Groups, e.Detail = 512, 8, []string{DetailSteps, DetailConvergence}
	e.Estimators = []string{"uoro", "cv-uoro/snap1/unit", "residual", "snap1"}
}

// The deviations of single draws follow from their norms and their products with
// g, which --detail draws tells by another path.
func TestDeviationOfOneDraw(t *testing.T) {
	var draws []DrawValue
	r := mustRun(t, small(func(e *Experiment) {
		convergent(e)
		e.Detail = append(e.Detail, DetailDraws)
	}), RunOptions{Workers: 2, Draws: func(d []DrawValue) error { draws = append(draws, d...); return nil }})
	type place struct {
		label       string
		group, step int
	}
	want, n := map[place]float64{}, map[place]float64{}
	for _, d := range draws {
		est := row(t, r, d.Estimator.Label)
		at := place{d.Estimator.Label, int(d.Draw / Lanes % 8), d.Step}
		exactSq := est.Steps[slices.IndexFunc(est.Steps, func(s StepResult) bool { return s.Step == d.Step })].ExactSq
		want[at] += d.NormSq - 2*d.Dot + exactSq
		n[at]++
	}
	if len(want) != 8*3*3 {
		t.Errorf("%d places compared, want 72", len(want))
	}
	for at, sum := range want {
		found := row(t, r, at.label).Deviations
		i := slices.IndexFunc(found, func(x Deviation) bool { return x.Draws == 1 && x.Step == at.step && x.Group == at.group })
		if i < 0 || float64(found[i].Means) != n[at] || math.Abs(found[i].Sq-sum/n[at]) > 1e-10*(1+sum/n[at]) {
			t.Errorf("%+v: %v, want %g", at, found, sum/n[at])
		}
	}
}

// The means of two and four draws, formed from vectors that the test makes.
func TestMeanTree(t *testing.T) {
	draws := [][]float64{{1, 0}, {3, 2}, {-2, 5}, {0, 1}, {7, 7}}
	exact := []float64{0.5, -1}
	tree := meanTree{level: [][]float64{{0, 0}, {0, 0}, {0, 0}}, full: make([]bool, 3)}
	var d deviationSums
	for _, x := range draws {
		d.add(&tree, slices.Clone(x), exact)
	}
	for l, want := range []struct {
		means int64
		sq    float64
	}{
		{5, 0.25 + 1 + 6.25 + 9 + 6.25 + 36 + 0.25 + 4 + 42.25 + 64},
		{2, 1.5*1.5 + 4 + 1.5*1.5 + 16}, // (2, 1) and (−1, 3)
		{1, 0 + 9},                      // (0.5, 2)
		{0, 0},
	} {
		if d.means[l] != want.means || math.Abs(d.sq[l]-want.sq) > 1e-12 {
			t.Errorf("N = %d: %d means, Σ %g; want %+v", 1<<l, d.means[l], d.sq[l], want)
		}
	}
}

// The deviation of all of a group's draws is that of the moments, which the
// engine sums.
func TestDeviationOfAGroup(t *testing.T) {
	e, err := small(convergent).Resolve()
	if err != nil {
		t.Fatal(err)
	}
	pr, err := newProblem(e, "gru")
	if err != nil {
		t.Fatal(err)
	}
	chains, err := planChains(pr.tr.Layout, e, chainOptions(e, nil))
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{experiment: e, options: RunOptions{Workers: 1}, result: &Result{Experiment: e}}
	rows, err := r.chain(context.Background(), pr, chains[0])
	if err != nil {
		t.Fatal(err)
	}
	k := knownOf(chains[0].Chain, pr.tr, pr.measured)
	p := r.newPass(pr, chains[0], k, noise.Measurement, e.Draws, "draws")
	if err := p.useEngine(); err != nil {
		t.Fatal(err)
	}
	if err := p.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if rows[0].Label != "uoro" {
		t.Fatalf("the first row is %s", rows[0].Label)
	}
	found := 0
	for _, d := range rows[0].Deviations {
		if d.Draws != e.Draws/int64(e.Groups) {
			continue
		}
		m := slices.Index(pr.measured, d.Step)
		want := groupDeviation(p.moments[d.Group][m], k.offset[m], pr.exact[m])
		if math.Abs(d.Sq-want) > 1e-10*(1+want) {
			t.Errorf("group %d, step %d: deviation² %g, from the moments %g", d.Group, d.Step, d.Sq, want)
		}
		found++
	}
	if found != 8*3 {
		t.Errorf("%d deviations of whole groups, want 24", found)
	}
}

func groupDeviation(m *stats.Moments, offset, exact []float64) float64 {
	sum := 0.0
	for j, s := range m.SumOf(0) {
		d := s/float64(m.N) + offset[j] - exact[j]
		sum += d * d
	}
	return sum
}

// N = 1, 2, 4, … up to a group's draws, the same whatever the workers; an
// estimator without noise has its bias.
func TestDeviationsAreComplete(t *testing.T) {
	one := mustRun(t, small(convergent), RunOptions{Workers: 1})
	three := mustRun(t, small(convergent), RunOptions{Workers: 3})
	for i, est := range one.Cells[0].Rows {
		if !slices.Equal(est.Deviations, three.Cells[0].Rows[i].Deviations) {
			t.Errorf("%s: the deviations depend on the workers", est.Label)
		}
		want := 8 * 3 * 7 // groups, steps, N = 1 … 64
		if est.Label == "snap1" {
			want = 3
			if d, s := est.Deviations[2], est.Steps[2]; d.Step != s.Step || d.Sq != s.BiasSq.Value || d.Sq == 0 {
				t.Errorf("snap1: %+v, bias² %g at step %d", d, s.BiasSq.Value, s.Step)
			}
		}
		if len(est.Deviations) != want {
			t.Errorf("%s: %d deviations, want %d", est.Label, len(est.Deviations), want)
		}
	}
}

func TestConvergenceWithoutNoiseIsRefused(t *testing.T) {
	e := small(convergent)
	e.Noise = NoiseExhaustive
	if _, err := e.Resolve(); err == nil || !strings.Contains(err.Error(), "convergence is of the mean of random draws") {
		t.Error(err)
	}
}
