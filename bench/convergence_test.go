package bench

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"uorobench/bench/chain"
	"uorobench/bench/draw"
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
		found := draw.Deviations(row(t, r, at.label))
		i := slices.IndexFunc(found, func(x draw.Deviation) bool { return x.Draws == 1 && x.Step == at.step && x.Group == at.group })
		if i < 0 || float64(found[i].Means) != n[at] || math.Abs(found[i].Sq-sum/n[at]) > 1e-10*(1+sum/n[at]) {
			t.Errorf("%+v: %v, want %g", at, found, sum/n[at])
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
	r := newRunner(e, RunOptions{Workers: 1})
	cells, err := r.plan()
	if err != nil {
		t.Fatal(err)
	}
	p, w := cells[0].problem, cells[0].chains[0]
	rows, err := r.chain(context.Background(), p, w)
	if err != nil {
		t.Fatal(err)
	}
	k := chain.NewKnown(w.Chain, p.Trajectory, p.Measured)
	pass, err := r.newPass(p, w, drawing{noise.Measurement, "draws", e.Draws, new(draw.Memory), true})
	if err != nil {
		t.Fatal(err)
	}
	if err := pass.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if rows[0].Label != "uoro" {
		t.Fatalf("the first row is %s", rows[0].Label)
	}
	found := 0
	for _, d := range draw.Deviations(rows[0]) {
		if d.Draws != e.Draws/int64(e.Groups) {
			continue
		}
		m := slices.Index(p.Measured, d.Step)
		want := groupDeviation(pass.Moments()[d.Group][m], k.Offset[m], p.Exact[m])
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
		found := draw.Deviations(est)
		if !slices.Equal(found, draw.Deviations(three.Cells[0].Rows[i])) {
			t.Errorf("%s: the deviations depend on the workers", est.Label)
		}
		want := 8 * 3 * 7 // groups, steps, N = 1 … 64
		if est.Label == "snap1" {
			want = 3
			if d, s := found[2], est.Steps[2]; d.Step != s.Step || d.Sq != s.BiasSq.Value || d.Sq == 0 {
				t.Errorf("snap1: %+v, bias² %g at step %d", d, s.BiasSq.Value, s.Step)
			}
		}
		if len(found) != want {
			t.Errorf("%s: %d deviations, want %d", est.Label, len(found), want)
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
