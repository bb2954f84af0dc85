package task_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"uorobench/bench/noise"
	"uorobench/bench/task"
	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// balancing runs the linear system of influence balancing for some steps from
// s_0 = 0.
func balancing(t *testing.T, steps int) *cell.Trajectory {
	t.Helper()
	made, err := task.New("influence-balancing", task.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	s, err := made.Sequence(noise.New(1, noise.Data).Uniforms(0), steps)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cell.New("linear", s.X, task.BalancingUnits)
	if err != nil {
		t.Fatal(err)
	}
	p := cell.NewParams(c.Layout(), s.Y)
	var tensors []cell.Tensor
	for _, w := range task.BalancingWeights() {
		tensors = append(tensors, cell.Tensor{Name: w.Name, Shape: w.Shape, Data: w.Data})
	}
	if err := p.SetTensors(c.Layout(), tensors); err != nil {
		t.Fatal(err)
	}
	tr, err := cell.Run(c, p, &cell.Sequence{Inputs: s.X, Outputs: s.Y, X: s.Vectors(), Value: s.Real.Target}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// alongTheta is the gradient for θ: Σ sign_i ∂L/∂W_ih[i]. W_ih[i] is the first
// coordinate of row i.
func alongTheta(l *cell.Layout, grad []float64) float64 {
	sum := 0.0
	for i, sign := range task.BalancingSigns() {
		lo, _ := l.Row(0, i)
		sum += sign * grad[lo]
	}
	return sum
}

// estimate is a deterministic estimator's gradient for θ at the last step.
func estimate(t *testing.T, name string, tr *cell.Trajectory) float64 {
	t.Helper()
	chain := makeChain(t, name, tr.Layout)
	known := chain.NewKnown()
	known.Reset()
	grad := make([]float64, tr.Layout.P())
	for _, j := range tr.Steps {
		chain.AdvanceKnown(known, j, grad, nil)
	}
	return alongTheta(tr.Layout, grad)
}

func makeChain(t *testing.T, name string, l *cell.Layout) *estimators.Chain {
	t.Helper()
	sel, err := estimators.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := sel.Spec.New(l, estimators.Options{Guard: estimators.GuardCode})
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

// In the long run s = 2θ(10 − 13) = −6θ in the first unit, so at θ = ½ it is −3,
// δ = −3 − 1 = −4, and the gradient is −4·(−6) = 24. A window that sees the
// pluses alone has the opposite sign.
func TestInfluenceBalancingFoolsTruncation(t *testing.T) {
	tr := balancing(t, 400)
	if s := tr.States[400][0]; math.Abs(s+3) > 1e-9 {
		t.Errorf("s[1] = %v in the long run, want −3", s)
	}
	if g := estimate(t, "rtrl", tr); math.Abs(g-24) > 1e-6 {
		t.Errorf("exact gradient %v, want 24", g)
	}
	for _, name := range []string{"tbptt-1", "tbptt-8", "tbptt-16", "snap1"} {
		if g := estimate(t, name, tr); g >= 0 {
			t.Errorf("%s: gradient %v; it should have the wrong sign", name, g)
		}
	}
	if g := estimate(t, "tbptt-200", tr); g <= 20 {
		t.Errorf("tbptt-200: gradient %v; a window of 200 steps sees nearly all", g)
	}
}

// The mean of UORO's draws is the exact gradient, 24, within four standard
// errors; and split-residual's, whose draws are closer, more sharply.
func TestInfluenceBalancingIsSeenByUORO(t *testing.T) {
	tr := balancing(t, 120)
	want := alongTheta(tr.Layout, estimators.Exact(tr)[119])
	for name, sharp := range map[string]float64{"uoro": 20, "residual": 20, "split-residual-23": 4} {
		mean, se := drawsAlongTheta(t, name, tr, 60)
		if math.Abs(mean-want) > 4*se || se > sharp {
			t.Errorf("%s: mean %v ± %v, exact %v (a standard error below %v was expected)", name, mean, se, want, sharp)
		}
	}
}

// drawsAlongTheta is the mean over 16·batches draws and its standard error.
func drawsAlongTheta(t *testing.T, name string, tr *cell.Trajectory, batches int) (mean, se float64) {
	t.Helper()
	chain := makeChain(t, name, tr.Layout)
	b := chain.NewBatch()
	rng := rand.New(rand.NewPCG(7, 7))
	offset := estimate(t, name, tr)
	eps := make([]float64, chain.NoiseDim*estimators.Lanes)
	n, sum, square := 0.0, 0.0, 0.0
	grad := make([]float64, tr.Layout.P())
	for range batches {
		b.Reset()
		for step, j := range tr.Steps {
			for i := range eps {
				eps[i] = float64(2*rng.IntN(2) - 1)
			}
			var visit func(*estimators.Signals)
			if step == len(tr.Steps)-1 {
				visit = func(s *estimators.Signals) {
					for w := range estimators.Lanes {
						for k := range grad {
							grad[k] = s.Scale[0][w] * s.Basis[s.Of[0]][k*estimators.Lanes+w]
						}
						g := offset + alongTheta(tr.Layout, grad)
						n, sum, square = n+1, sum+g, square+g*g
					}
				}
			}
			chain.Advance(b, j, eps, visit)
		}
	}
	mean = sum / n
	return mean, math.Sqrt((square/n - mean*mean) / (n - 1))
}
