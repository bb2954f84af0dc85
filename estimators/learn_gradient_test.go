package estimators

import (
	"math"
	"math/rand/v2"
	"testing"

	"uorobench/estimators/cell"
)

// learnTrajectory is a small random network on random inputs.
func learnTrajectory(t *testing.T, name string, hidden, steps int) *cell.Trajectory {
	t.Helper()
	c, err := cell.New(name, 2, hidden)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 3))
	draw := func(dst []float64) []float64 {
		for i := range dst {
			dst[i] = 1.2 * (2*rng.Float64() - 1)
		}
		return dst
	}
	p := cell.NewParams(c.Layout(), 2)
	draw(p.Theta)
	draw(p.ReadoutW)
	seq := &cell.Sequence{Inputs: 2, Outputs: 2}
	for range steps {
		seq.X, seq.Value = append(seq.X, draw(make([]float64, 2))), append(seq.Value, draw(make([]float64, 2)))
	}
	tr, err := cell.Run(c, p, seq, draw(make([]float64, c.Layout().S())))
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func learnOptions(c Convention) Options {
	return Options{Convention: c, Guard: GuardCode, Normals: func(purpose string, dst []float64) {
		rng := rand.New(rand.NewPCG(uint64(len(purpose)), 5))
		for i := range dst {
			dst[i] = rng.NormFloat64()
		}
	}}
}

// randomSigns is a noise for every step, different for every purpose.
func randomSigns(purpose uint64) func(step int, dst []float64) {
	return func(step int, dst []float64) {
		rng := rand.New(rand.NewPCG(purpose, uint64(step)))
		for i := range dst {
			dst[i] = float64(2*rng.IntN(2) - 1)
		}
	}
}

func allMeasured(steps int) (all []int) {
	for t := range steps {
		all = append(all, t+1)
	}
	return all
}

// eachNetwork calls f with every trainable covariate on a tape of its own.
func eachNetwork(t *testing.T, cellName string, hidden, steps int, f func(name string, n network, tape *tape)) {
	t.Helper()
	tr := learnTrajectory(t, cellName, hidden, steps)
	for _, c := range []Convention{Pre, Post} {
		o := learnOptions(c)
		for _, name := range Trainable {
			n, err := newNetwork(tr.Layout, o, name)
			if err != nil {
				t.Fatal(err)
			}
			tapes := recordTapes(tr, o, allMeasured(steps), randomSigns(1))
			f(name+"/"+c.String(), n, tapes[5])
		}
	}
}

func gradientOf(n network, f func(grad []float64) float64) []float64 {
	grad := make([]float64, len(n.weights()))
	f(grad)
	return grad
}

func away(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += (x[i] - y[i]) * (x[i] - y[i])
	}
	return math.Sqrt(sum)
}

// TestTrainersAgree: backpropagation and RTRL of the covariate give the same
// gradient to rounding.
func TestTrainersAgree(t *testing.T) {
	for _, cellName := range []string{"gru", "lstm"} {
		eachNetwork(t, cellName, 3, 5, func(name string, n network, tape *tape) {
			bptt := gradientOf(n, func(g []float64) float64 { return gradientBPTT(n, tape, g) })
			rtrl := gradientOf(n, func(g []float64) float64 { return gradientRTRL(n, tape, g) })
			if e := away(bptt, rtrl); !(e <= 1e-12*length(bptt)) || length(bptt) == 0 {
				t.Errorf("%s on %s: off by %.3g of %.3g", name, cellName, e, length(bptt))
			}
		})
	}
}

// TestTrainersAreDifferences: and it is the central difference of the loss.
func TestTrainersAreDifferences(t *testing.T) {
	eachNetwork(t, "gru", 3, 5, func(name string, n network, tape *tape) {
		grad := gradientOf(n, func(g []float64) float64 { return gradientBPTT(n, tape, g) })
		scratch := make([]float64, len(grad))
		loss := func() float64 { return gradientBPTT(n, tape, scratch) }
		want := make([]float64, len(grad))
		for p := range want {
			const h = 1e-4
			w := n.weights()
			at := w[p]
			w[p] = at + h
			up := loss()
			w[p] = at - h
			down := loss()
			w[p] = at
			want[p] = (up - down) / (2 * h)
		}
		if e := away(grad, want); !(e <= 1e-6*length(want)) {
			t.Errorf("%s: off by %.3g of %.3g", name, e, length(want))
		}
	})
}

// TestUOROTrainerIsUnbiased: the mean over all sign patterns is the exact
// gradient. The linear covariates have 8 state entries per copy, so two steps of
// one unit are 2^16 patterns.
func TestUOROTrainerIsUnbiased(t *testing.T) {
	eachNetwork(t, "rnn", 1, 2, func(name string, n network, tape *tape) {
		want := gradientOf(n, func(g []float64) float64 { return gradientBPTT(n, tape, g) })
		size, _ := n.sizes()
		bits := size * len(tape.in)
		mean := make([]float64, len(want))
		spread := 0.0
		for pattern := range 1 << bits {
			one := gradientOf(n, func(g []float64) float64 {
				return gradientUORO(n, tape, g, func(step int, dst []float64) {
					for i := range dst {
						dst[i] = float64(1 - 2*(pattern>>(step*size+i)&1))
					}
				})
			})
			axpy(1/float64(int(1)<<bits), one, mean)
			spread += away(one, want) / float64(int(1)<<bits)
		}
		if e := away(mean, want); !(e <= 1e-11*(length(want)+spread)) {
			t.Errorf("%s: bias %.3g, gradient %.3g, mean distance of a draw %.3g", name, e, length(want), spread)
		}
		if size > 1 && spread < 1e-3*length(want) {
			t.Errorf("%s: a draw is %.3g away from the gradient; nothing is estimated", name, spread)
		}
	})
}
