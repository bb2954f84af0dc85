package oracle_test

import (
	"math"
	"strings"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// probe is an estimator that hands its noise on: coordinate j of y_0 is the
// noise number j of the last step, times 1 + the sum of all noise so far.
type probe struct {
	out estimators.Signals
	sum [estimators.Lanes]float64
	dim int
}

func newProbe(dim, p int) *probe {
	return &probe{dim: dim, out: estimators.Signals{
		Scale: [][]float64{make([]float64, estimators.Lanes)},
		Basis: [][]float64{make([]float64, p*estimators.Lanes)},
		Of:    []int{0},
	}}
}

func (b *probe) Reset()                                     { clear(b.sum[:]); clear(b.out.Basis[0]) }
func (b *probe) Kill(int)                                   {}
func (b *probe) Signals(*cell.Jacobian) *estimators.Signals { return &b.out }
func (b *probe) Step(_ *cell.Jacobian, eps []float64) {
	copy(b.out.Basis[0], eps)
	for i, e := range eps {
		b.sum[i%estimators.Lanes] += e
	}
	for w, s := range b.sum {
		b.out.Scale[0][w] = 1 + s
	}
}

// TestEnumerateByHand: for independent ε of mean 0, variance 1 and kurtosis κ, n
// of them summed, y = ε_j (1 + Σ ε) has mean E ε_j² = 1 and variance
// E ε_j² (1 + Σ ε)² − 1 = 1 + (κ + n − 1) − 1 = κ + n − 1.
func TestEnumerateByHand(t *testing.T) {
	f := fixture(t, "rnn", 2, 3)
	ch := &estimators.Chain{Name: "probe", Convention: estimators.Post, NoiseDim: 2,
		NewBatch: func() estimators.Batch { return newProbe(2, f.Trajectory.Layout.P()) }}
	for _, law := range []oracle.Law{oracle.Signs, oracle.Gauss3} {
		moments, err := oracle.Enumerate(ch, f.Trajectory, law, 3, 1)
		if err != nil {
			t.Fatal(err)
		}
		if moments[0].Step != 3 || moments[1].Step != 1 {
			t.Fatalf("steps %d and %d, asked for 3 and 1", moments[0].Step, moments[1].Step)
		}
		for _, m := range moments {
			n := float64(2 * m.Step)
			for j := range 2 {
				want := law.Kurtosis() + n - 1
				if math.Abs(m.Mean[0][j]-1) > 1e-13 || math.Abs(m.Cov[0][0][j]-want) > 1e-12 {
					t.Errorf("%s step %d: mean %v, variance %v; by hand 1 and %v", law.Name, m.Step, m.Mean[0][j], m.Cov[0][0][j], want)
				}
			}
		}
	}
}

// TestLaws: mean 0, variance 1, κ = 1 and 3, and for the Gaussian rule a fifth
// moment of 0.
func TestLaws(t *testing.T) {
	for _, c := range []struct {
		law   oracle.Law
		kappa float64
	}{{oracle.Signs, 1}, {oracle.Gauss3, 3}} {
		var moment [6]float64
		for i, x := range c.law.Nodes {
			for n := range moment {
				moment[n] += c.law.Weight[i] * math.Pow(x, float64(n))
			}
		}
		for n, want := range []float64{1, 0, 1, 0, c.kappa, 0} {
			if math.Abs(moment[n]-want) > 1e-14 {
				t.Errorf("%s: moment %d is %v, want %v", c.law.Name, n, moment[n], want)
			}
		}
		if math.Abs(c.law.Kurtosis()-c.kappa) > 1e-14 {
			t.Errorf("%s: κ = %v", c.law.Name, c.law.Kurtosis())
		}
	}
}

func TestEnumerateRefuses(t *testing.T) {
	f := fixture(t, "gru", 3, 9)
	o := oracle.Form{Convention: estimators.Pre}
	for want, try := range map[string]func() error{
		"27 noise numbers of 2 values each are more than 16777216 patterns": func() error {
			_, err := oracle.Enumerate(uoro(t, f.Trajectory.Layout, o), f.Trajectory, oracle.Signs, 9)
			return err
		},
		"step 10; the trajectory has steps 1 to 9": func() error {
			_, err := oracle.Enumerate(uoro(t, f.Trajectory.Layout, o), f.Trajectory, oracle.Signs, 10)
			return err
		},
		"rtrl draws nothing": func() error {
			_, err := oracle.Enumerate(&estimators.Chain{Name: "rtrl"}, f.Trajectory, oracle.Signs, 1)
			return err
		},
		`unknown cell "gnu"`: func() error {
			_, err := oracle.NewFixture("gnu", 1, 1, 1, 1, func() float64 { return 0 })
			return err
		},
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if n, err := oracle.Points(oracle.Signs, 24); n != oracle.MaxPoints || err != nil {
		t.Errorf("24 signs: %d patterns, %v", n, err)
	}
}
