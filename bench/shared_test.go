package bench

import (
	"math"
	"testing"

	"uorobench/bench/task"
)

func balancing(t *testing.T, change func(e *Experiment)) *Result {
	t.Helper()
	e, err := Load("influence-balancing")
	if err != nil {
		t.Fatal(err)
	}
	e.Draws, e.PlainDraws, e.Stride, e.Groups = 1024, 1024, 100, 16
	e.Estimators = []string{"rtrl", "uoro", "split-residual-23", "tbptt-1", "tbptt-10", "tbptt-100"}
	if change != nil {
		change(e)
	}
	return mustRun(t, e, RunOptions{})
}

// In the long run the first unit is at 2θ(10 − 13) = −3, so δ = −4 and the exact
// derivative is −4·2(10 − 13) = 24; tbptt-1 sees the direct push of the first
// unit, +1, alone: −4. Truncation to ten steps is wrong by its sign too, what is
// unbiased is not.
func TestInfluenceBalancingByItsSigns(t *testing.T) {
	r := balancing(t, nil)
	last := func(label string) StepResult { return row(t, r, label).Steps[3] }
	for label, want := range map[string]float64{"rtrl": 24, "tbptt-1": -4, "tbptt-100": 24} {
		got := last(label)
		if math.Abs(got.Shared.Value-want) > 1e-6 || math.Abs(got.SharedExact.Value-24) > 1e-6 {
			t.Errorf("%s: derivative %v, exact %v; want %v and 24", label, got.Shared.Value, got.SharedExact.Value, want)
		}
	}
	if got := last("tbptt-10").Shared.Value; got >= 0 {
		t.Errorf("tbptt-10: derivative %v; it should have the wrong sign", got)
	}
	for label, sharp := range map[string]float64{"uoro": 15, "split-residual-23": 4} {
		got := last(label).Shared
		if math.Abs(got.Value-24) > 4*got.MCSE || !(got.MCSE < sharp) {
			t.Errorf("%s: derivative %v ± %v, exact 24", label, got.Value, got.MCSE)
		}
		if p := row(t, r, label).Pooled.AlongExact; math.Abs(p.Value-1) > 4*p.MCSE || !p.HasErr {
			t.Errorf("%s: %v ± %v of g in the mean estimate, want 1", label, p.Value, p.MCSE)
		}
	}
	if got := row(t, r, "rtrl").Pooled.Cosine; !got.OK || math.Abs(got.Value-1) > 1e-12 {
		t.Errorf("rtrl: cosine %+v", got)
	}
	if got := row(t, r, "rtrl").Pooled; math.Abs(got.AlongExact.Value-1) > 1e-12 || got.Shared.Value != got.SharedExact.Value {
		t.Errorf("rtrl: %+v of g, derivative %+v of %+v", got.AlongExact, got.Shared, got.SharedExact)
	}
}

// The derivative by the shared parameter is that of the coordinates' means, and
// the pooled row is the sum of the steps.
func TestSharedDerivativeIsOfTheCoordinates(t *testing.T) {
	r := balancing(t, func(e *Experiment) { e.Detail = []string{DetailCoordinates} })
	l := r.Cells[0].Layout
	for _, label := range []string{"uoro", "split-residual-23"} {
		est := row(t, r, label)
		total, exact := 0.0, 0.0
		for m, c := range est.Coordinates {
			want := 0.0
			for i, sign := range task.BalancingSigns() {
				lo, _ := l.Row(0, i) // W_ih[i] is the first coordinate of row i
				want += sign * c.Mean[lo]
			}
			if got := est.Steps[m].Shared; math.Abs(got.Value-want) > 1e-9*(1+math.Abs(want)) || !got.HasErr {
				t.Errorf("%s step %d: %v, by coordinates %v", label, est.Steps[m].Step, got, want)
			}
			total, exact = total+want, exact+est.Steps[m].SharedExact.Value
		}
		if got := est.Pooled; math.Abs(got.Shared.Value-total) > 1e-9*math.Abs(total) || math.Abs(got.SharedExact.Value-exact) > 1e-9*math.Abs(exact) {
			t.Errorf("%s: pooled %v and %v, sums %v and %v", label, got.Shared.Value, got.SharedExact.Value, total, exact)
		}
	}
}

// Other networks have no such parameter, but do have the share of g.
func TestNoSharedParameter(t *testing.T) {
	r := mustRun(t, small(nil), RunOptions{})
	for _, est := range r.Cells[0].Rows {
		if est.Pooled.Shared.OK || est.Pooled.SharedExact.OK {
			t.Errorf("%s: a derivative by a shared parameter", est.Label)
		}
		if p := est.Pooled.AlongExact; !p.OK || math.Abs(p.Value-1) > 4*p.MCSE+1e-9 {
			t.Errorf("%s: %v ± %v of g in the mean estimate, want 1", est.Label, p.Value, p.MCSE)
		}
	}
}

// A task of real numbers has no symbols to count bits by; its loss is that of the
// system itself.
func TestLossOfRealTasks(t *testing.T) {
	c := balancing(t, func(e *Experiment) { e.Estimators = []string{"rtrl"} }).Cells[0]
	s, want := make([]float64, task.BalancingUnits+1), 0.0
	for range 400 {
		for i, sign := range task.BalancingSigns() {
			s[i] = (s[i]+s[i+1])/2 + task.BalancingTheta*sign
		}
		want += (s[0] - 1) * (s[0] - 1) / 2 / 400
	}
	if c.BitsPerSymbol != 0 || math.Abs(c.MeanLoss-want) > 1e-12*want {
		t.Errorf("mean loss %v, want %v; %v bits", c.MeanLoss, want, c.BitsPerSymbol)
	}
	symbols := mustRun(t, small(nil), RunOptions{}).Cells[0]
	if math.Abs(symbols.BitsPerSymbol*math.Ln2-symbols.MeanLoss) > 1e-15 {
		t.Errorf("%v nats, %v bits", symbols.MeanLoss, symbols.BitsPerSymbol)
	}
}
