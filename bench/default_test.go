package bench

import (
	"math"
	"testing"

	"uorobench/estimators/kernel"
)

// The default experiment must show what it is there to show. Its draws are
// fixed, so this is no matter of luck from run to run.
func TestDefaultExperiment(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the default experiment with 4096 draws")
	}
	e := Default()
	e.Draws, e.PlainDraws = 4096, 1024
	r := mustRun(t, e, RunOptions{})
	for _, c := range r.Cells {
		if c.BitsPerSymbol > 0.8 { // counting symbols alone gives 1.259 on average
			t.Errorf("%s: %.3f bits per symbol; the network has learned nothing", c.Cell, c.BitsPerSymbol)
		}
		for _, est := range c.Rows {
			p := est.Pooled
			switch est.Label {
			case "cv-uoro/snap1/trace":
				if limit := map[string]float64{"gru": 0.8, "rnn": 1}[c.Cell]; !p.Ratio.HasCI || p.Ratio.Hi >= limit {
					t.Errorf("%s %s: var_ratio %+v, want clearly below %v", c.Cell, est.Label, p.Ratio, limit)
				}
			case "cv-uoro/linear-dense/trace", "cv-uoro/linear-rowwise/trace":
				if l := p.Lambda; !l.HasErr || math.Abs(l.Value) > 4*l.MCSE {
					t.Errorf("%s %s: λ = %v ± %v, want 0", c.Cell, est.Label, l.Value, l.MCSE)
				}
				if math.Abs(p.Ratio.Value-1) >= 0.005 {
					t.Errorf("%s %s: var_ratio %v, want 1.00", c.Cell, est.Label, p.Ratio.Value)
				}
			case "rtrl":
				if p.Var.Value != 0 || p.BiasSq.Value != 0 {
					t.Errorf("%s rtrl: %+v", c.Cell, p.Row)
				}
			}
		}
	}
}

// The kernels are chosen by the machine; the numbers are not.
func TestKernelsGiveTheSameRows(t *testing.T) {
	defer kernel.Use(kernel.Name())
	e := small(func(e *Experiment) {
		e.Estimators = []string{"uoro", "uoro-post", "cv-uoro/snap1/unit", "cv-uoro/instant/coordinate"}
	})
	var want *Result
	for _, name := range kernel.Names() {
		if !kernel.Use(name) {
			t.Fatalf("kernels %q cannot be used", name)
		}
		got := mustRun(t, e, RunOptions{Workers: 2})
		if want == nil {
			want = got
			continue
		}
		sameRows(t, name, got, want)
	}
}
