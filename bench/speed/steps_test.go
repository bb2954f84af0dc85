package speed

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// What is timed is the whole of a step's work: a turn ends with every draw's ĝ, of all
// signals, whether a batch forms it itself or tells scalars on a shared basis.
func TestStepFormsEstimates(t *testing.T) {
	for _, label := range []string{"uoro", "uoro-post", "cv-uoro/snap1+instant", "cv-uoro/linear-dense", "residual", "split-uoro-2", "cv-split-uoro-2/snap1", "multi-uoro-2", "preuoro"} {
		m, err := newStepMeter("gru", 4, 3, label, estimators.Pre)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float64, len(m.estimate))
		m.batch.Reset()
		for step, j := range m.tr.Steps {
			m.chain.Advance(m.batch, j, m.eps[step], func(s *estimators.Signals) {
				for k, b := range s.Of {
					if k == 0 && len(s.Basis) == len(s.Of) && s.Scale[0][0] == 1 && s.Scale[0][7] == 1 {
						continue // it stands there already
					}
					for at := range want {
						want[at] += s.Scale[k][at%estimators.Lanes] * s.Basis[b][at]
					}
				}
			})
		}
		m.turn()
		for at, w := range want {
			if math.Abs(m.estimate[at]-w) > 1e-12*(1+math.Abs(w)) {
				t.Fatalf("%s: number %d is %g, want %g", label, at, m.estimate[at], w)
			}
		}
	}
}

func TestMeasureStep(t *testing.T) {
	for _, label := range []string{"uoro", "cv-uoro/snap1", "residual", "rtrl"} {
		s, err := MeasureStep(context.Background(), "lstm", 4, 5, label, estimators.Pre, time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		random := label != "rtrl"
		if s.Turns < 1 || s.Shared <= 0 || (s.PerDraw > 0) != random || (s.Cost.PerDraw > 0) != random {
			t.Errorf("%s: %+v", label, s)
		}
		if want := s.Shared + 16*s.PerDraw; s.Online() != want {
			t.Errorf("%s: online %v, want %v", label, s.Online(), want)
		}
		inputs, err := InputsOf("lstm", 4, label, estimators.Pre, s.Cost.PerDraw, s.Cost.Shared)
		if err != nil || inputs != 5 {
			t.Errorf("%s: counted work is that of %d inputs, %v; want 5", label, inputs, err)
		}
	}
	if _, err := MeasureStep(context.Background(), "rnn", 4, 3, "rflo", estimators.Pre, time.Millisecond); err == nil {
		t.Error("rflo was timed on an rnn, which has no leak")
	}
	if _, err := InputsOf("gru", 4, "uoro", estimators.Pre, 12345, 678); err == nil || !strings.Contains(err.Error(), "another version") {
		t.Errorf("a count of nothing: %v", err)
	}
}

// The chain that is timed for uoro is uoro.
func TestKernelUOROIsUORO(t *testing.T) {
	m, err := newStepMeter("gru", 4, 3, "cv-uoro/snap1", estimators.Pre)
	if err != nil {
		t.Fatal(err)
	}
	sel, err := estimators.Parse("cv-uoro/snap1")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := sel.Spec.New(m.tr.Layout, estimators.Options{Guard: estimators.GuardCode, Covariates: sel.Covariates, Normals: normals})
	if err != nil || plain.Cost != m.chain.Cost {
		t.Fatalf("%v; %+v and %+v", err, plain.Cost, m.chain.Cost)
	}
	got, want := scalesOf(m.chain, m.tr, m.eps), scalesOf(plain, m.tr, m.eps)
	for i, w := range want {
		if math.Abs(got[i]-w) > 1e-11*(1+math.Abs(w)) {
			t.Fatalf("number %d is %g, want %g", i, got[i], w)
		}
	}
}

// scalesOf lists all scales and bases of the last step.
func scalesOf(c *estimators.Chain, tr *cell.Trajectory, eps [][]float64) (out []float64) {
	b := c.NewBatch()
	b.Reset()
	for step, j := range tr.Steps {
		c.Advance(b, j, eps[step], func(s *estimators.Signals) {
			out = out[:0]
			for k := range s.Of {
				out = append(out, s.Scale[k]...)
			}
			for _, basis := range s.Basis {
				out = append(out, basis...)
			}
		})
	}
	return out
}
