package estimators_test

import (
	"fmt"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// TestEngineLinearReadings: what the engine tells of covariates that it never
// forms, draw by draw, against the textbook, which forms them.
func TestEngineLinearReadings(t *testing.T) {
	for _, name := range []string{"rnn", "gru", "lstm"} {
		tr := engineNetwork(t, name, 2, 5, 19, 1.1)
		for _, c := range conventions {
			for _, basis := range bases {
				t.Run(fmt.Sprint(name, "/", c, "/", basis), func(t *testing.T) { testLinearReadings(t, tr, c, basis) })
			}
		}
	}
}

func testLinearReadings(t *testing.T, tr *cell.Trajectory, c estimators.Convention, basis estimators.Basis) {
	v := make([]float64, tr.Layout.P())
	normals("vector", v)
	o := estimators.PlanOptions{Options: options(c, estimators.GuardCode, "linear-rowwise", "snap1", "linear-dense"), Basis: basis}
	for _, step := range []int{0, 6, 7, 8, 13, 18} {
		o.Measured = append(o.Measured, estimators.Needs{Step: step, Dots: [][]float64{v}})
	}
	plan, err := estimators.NewPlan(tr, o)
	if err != nil {
		t.Fatal(err)
	}
	want := plainLinearReadings(reference(t, tr, o.Options), tr, o.Measured, signNoise(2, tr), v)
	var got []float64
	e := plan.NewEngine()
	e.Chunk(signNoise(9, tr), 0xFFFF, plan.NewSums(), nil) // leaves something behind
	e.Chunk(signNoise(2, tr), 0xFFFF, plan.NewSums(), func(r *estimators.Reading) {
		got = append(append(append(append(got, r.Scale...), r.Cross...), r.Products...), r.Dots[:estimators.Lanes]...)
		for _, dots := range r.LinearDots {
			got = append(got, dots[:estimators.Lanes]...)
		}
	})
	if len(got) != len(want) {
		t.Fatalf("%d numbers, want %d", len(got), len(want))
	}
	if d := relativeDistance(got, want); d > engineTolerance {
		t.Errorf("readings differ by %.3g", d)
	}
}

// plainLinearReadings takes them from signals 0 to 3: uoro, row-wise, snap1, dense.
func plainLinearReadings(c *estimators.Chain, tr *cell.Trajectory, needs []estimators.Needs, noise lawNoise, v []float64) []float64 {
	var out []float64
	b, m := c.NewBatch(), 0
	b.Reset()
	for t, j := range tr.Steps {
		c.Advance(b, j, noise.eps[t], func(s *estimators.Signals) {
			if m == len(needs) || needs[m].Step != t {
				return
			}
			theta, rows, dense := s.Basis[0], s.Basis[s.Of[1]], s.Basis[s.Of[3]]
			out = append(append(out, s.Scale[0]...), s.Scale[2]...)
			for _, pair := range [][2][]float64{{theta, rows}, {theta, dense}, {rows, rows}, {rows, dense}, {dense, dense}} {
				out = append(out, laneDots(pair[0], pair[1], estimators.Lanes)...)
			}
			for _, basis := range [][]float64{theta, rows, dense} {
				out = append(out, laneDots(basis, v, 1)...)
			}
			m++
		})
	}
	return out
}

// TestPlanLinearWork: a step and a reading counted as they are written down, for
// H = 6 units, one group of rows and eight states to a copy.
func TestPlanLinearWork(t *testing.T) {
	tr := engineNetwork(t, "rnn", 2, 6, 8, 0.5)
	work := func(needs []estimators.Needs, covariates ...string) int64 {
		p, err := estimators.NewPlan(tr, estimators.PlanOptions{
			Options: options(estimators.Pre, estimators.GuardCode, covariates...), Basis: estimators.BasisFeatures, Measured: needs,
		})
		if err != nil {
			t.Fatal(err)
		}
		return p.Work()
	}
	plain := work(nil)
	// h: 8·(8+6) for one copy, or 6·8·(8+1); ψ: 6 rows · 8.
	if got, want := work(nil, "linear-dense")-plain, int64(8*(8*14+6*8)); got != want {
		t.Errorf("linear-dense adds %d, want %d", got, want)
	}
	if got, want := work(nil, "linear-rowwise")-plain, int64(8*(6*8*9+6*8)); got != want {
		t.Errorf("linear-rowwise adds %d, want %d", got, want)
	}
	// c·c: 8·8 and 8, θ̃·c: 8, Σ h: 8, and its pairs with θ̃ and itself.
	read := []estimators.Needs{{Step: 3, Mean: []int{1}}}
	if got, want := work(read, "linear-dense")-work(nil, "linear-dense"), int64(64+8+8+8+2)+2; got != want {
		t.Errorf("a reading of linear-dense counts %d, want %d", got, want)
	}
}

// TestEngineTrainedLinear: the weights of a trained linear covariate are found by
// its full name.
func TestEngineTrainedLinear(t *testing.T) {
	tr := engineNetwork(t, "gru", 2, 4, 11, 1.1)
	const name = "linear-dense@bptt"
	o := options(estimators.Pre, estimators.GuardCode, name, "linear-dense")
	trained, err := estimators.Train(t.Context(), tr, o, "linear-dense", estimators.Training{
		Method: "bptt", Updates: 2, Rate: 0.1, Measured: []int{9},
		Noise: func(update, step int, dst []float64) { copy(dst, signNoise(uint64(update), tr).eps[step]) },
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Trained = map[string][]float64{name: trained.Weights}
	chunks, valid := []lawNoise{signNoise(1, tr)}, []uint32{0xFFFF}
	needs := everything(len(tr.Steps), 3, true)
	got := runEngine(t, tr, estimators.PlanOptions{Options: o, Measured: needs}, chunks, valid)
	compareSums(t, tr.Layout, needs, got, plainStatistics(reference(t, tr, o), tr, chunks, valid))
	if got.Gram(3, 1, 1) == got.Gram(3, 2, 2) {
		t.Error("trained and untrained covariate are the same")
	}
}
