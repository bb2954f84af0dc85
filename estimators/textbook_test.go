package estimators_test

import (
	"math"
	"strings"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// TestDrawsAreTheTextbook: lanes of every estimator that is driven by noise, and of
// every covariate on its chain, agrees with its formula in dense matrices, one draw at a
// time; for every cell, convention and guard, and for noise of other norms than that of
// signs. Unbiasedness cannot see ρ, nor where the noise goes to.
func TestDrawsAreTheTextbook(t *testing.T) {
	for _, spec := range specs(t) {
		if spec.Bias != "unbiased" || strings.HasPrefix(spec.Name, "ok-") {
			continue
		}
		for _, name := range cell.Names() {
			t.Run(spec.Name+"/"+name, func(t *testing.T) {
				compareWithTextbook(t, spec, someLosses(sized(t, name, 2, 3, 6)), guards()...)
				if strings.HasPrefix(spec.Name, "scaled-") { // V's running mean is a plain mean for 5 steps
					compareWithTextbook(t, spec, someLosses(sized(t, name, 2, 3, 30)), estimators.GuardCode)
				}
			})
		}
	}
}

// someLosses takes the loss away from the first two steps and from some in between: where
// losses are sparse, scales that follow them have nothing to go by.
func someLosses(f *oracle.Fixture) *oracle.Fixture {
	for t, j := range f.Trajectory.Steps {
		if t < 2 || t%5 == 3 {
			clear(j.Delta)
			clear(j.Q)
		}
	}
	return f
}

func compareWithTextbook(t *testing.T, spec estimators.Spec, f *oracle.Fixture, of ...estimators.Guard) {
	for _, c := range conventions {
		if spec.Convention != nil && c != *spec.Convention {
			continue
		}
		for _, g := range of {
			o := options(c, g, admitted(spec, f.Trajectory.Layout)...)
			o.Trained = trainedWeights
			ch := chain(t, spec.Name, f.Trajectory.Layout, o)
			book, err := oracle.NewTextbook(spec.Name, f.Trajectory, o)
			if err != nil {
				t.Fatal(err)
			}
			eps := offCircle(noise(6, ch, f.Trajectory, 1))
			offsets, _ := known(ch, f.Trajectory)
			got := runSignals(ch, f.Trajectory, eps)
			for w := 0; w < estimators.Lanes; w += 5 { // TestConformance: lanes do not depend on their place
				compareDraw(t, ch, lane(got, w), offsets, book.Draw(ofLane(eps, w)))
			}
		}
	}
}

// trainedWeights stand for those of a training: any will do. Two covariates are taken
// untrained too.
var trainedWeights = map[string][]float64{
	"learned-diagonal": {0.9, 0.4, 0.7, 0.2, 0.6, 0.8, 0.3, 0.5},
}

// admitted are the covariates that an estimator takes on a cell.
func admitted(spec estimators.Spec, l *cell.Layout) []string {
	var names []string
	for _, name := range covariateNames() {
		if _, err := spec.New(l, options(estimators.Pre, estimators.GuardCode, name)); err == nil && spec.Variates {
			names = append(names, name)
		}
	}
	return names
}

// offCircle makes noise of other norms than √S.
func offCircle(eps [][]float64) [][]float64 {
	for s := range eps {
		for i := range eps[s] {
			eps[s][i] *= 1 + 0.5*math.Sin(float64(i+s))
		}
	}
	return eps
}

// ofLane is the noise of one draw.
func ofLane(eps [][]float64, w int) [][]float64 {
	var out [][]float64
	for _, e := range eps {
		out = append(out, lane(e, w))
	}
	return out
}

// compareDraw compares the signals of one lane, flat, and the offsets with a draw.
func compareDraw(t *testing.T, ch *estimators.Chain, got []float64, offsets [][]float64, want []oracle.Estimate) {
	t.Helper()
	p := len(offsets[0])
	signals := make([][2][]float64, ch.Signals())
	var direct [2][]float64
	for step, e := range want {
		direct[0], direct[1] = append(direct[0], offsets[step]...), append(direct[1], e.Direct...)
		for k, y := range append([][]float64{e.Random}, e.Covariates...) {
			signals[k][0] = append(signals[k][0], got[(step*ch.Signals()+k)*p:][:p]...)
			signals[k][1] = append(signals[k][1], y...)
		}
	}
	for k, s := range signals {
		if e := distance(s[0], s[1]); !(e <= 1e-12*norm(s[1])) || norm(s[1]) == 0 && ch.Name != "memory-uoro" {
			t.Errorf("%v signal %d %v: off by %.3g of %.3g", ch.Convention, k, ch.Covariates, e, norm(s[1]))
		}
	}
	if e := distance(direct[0], direct[1]); !(e <= 1e-12*norm(direct[1])) {
		t.Errorf("%v: the part that no draw changes is off by %.3g of %.3g", ch.Convention, e, norm(direct[1]))
	}
}

// TestOKFollowsTheTextbook: every lane's draw is among those that the signs of the
// singular vectors leave open, at every step and along its whole way.
func TestOKFollowsTheTextbook(t *testing.T) {
	for _, name := range []string{"ok-1", "ok-2", "ok-3"} {
		for _, cellName := range cell.Names() {
			t.Run(name+"/"+cellName, func(t *testing.T) {
				f := someLosses(sized(t, cellName, 6, 4, 7)) // more features than terms: else the singular vectors are ill-determined
				for _, c := range conventions {
					followOK(t, name, f, c)
				}
			})
		}
	}
}

func followOK(t *testing.T, name string, f *oracle.Fixture, c estimators.Convention) {
	ch := chain(t, name, f.Trajectory.Layout, options(c, estimators.GuardCode))
	book := oracle.NewOK(int(name[len(name)-1]-'0'), f.Trajectory, c)
	eps := offCircle(noise(6, ch, f.Trajectory, 1))
	got := runSignals(ch, f.Trajectory, eps)
	offsets, _ := known(ch, f.Trajectory)
	for w := range estimators.Lanes {
		var said []oracle.Estimate
		for _, y := range inSteps(lane(got, w), len(eps)) {
			said = append(said, oracle.Estimate{Random: y})
		}
		compareDraw(t, ch, lane(got, w), offsets, book.Follow(ofLane(eps, w), said))
	}
}

// inSteps cuts a flat listing into n pieces.
func inSteps(x []float64, n int) [][]float64 {
	var out [][]float64
	for i := range n {
		out = append(out, x[i*len(x)/n:(i+1)*len(x)/n])
	}
	return out
}

// TestResetMatters is the negative control of the Reset test: a batch that
// goes on without Reset does not repeat itself.
func TestResetMatters(t *testing.T) {
	f := fixture(t, "gru")
	ch := chain(t, "uoro", f.Trajectory.Layout, options(estimators.Post, estimators.GuardCode))
	eps := noise(1, ch, f.Trajectory, 1)
	b := ch.NewBatch()
	b.Reset()
	first := continueSignals(ch, b, f.Trajectory, eps, nil)
	if second := continueSignals(ch, b, f.Trajectory, eps, nil); distance(first, second) < 1e-3*norm(first) {
		t.Error("a batch that was not reset gives the same estimates; it has no memory")
	}
}
