package reports

import (
	"math"
	"strings"
	"testing"

	"uorobench/bench"
	"uorobench/bench/draw"
)

// convergentReport has an estimator with deviation² = ‖g‖²·(b + v_g/N), where v_g
// differs by group and is 4 on average.
func convergentReport(bias float64) Report {
	key := Key{Task: "anbn", Cell: "gru", Hidden: 4, Seed: 1, Estimator: "uoro", Convention: "pre"}
	r := Report{Summary: []SummaryRow{{Key: key, NSteps: 2, Figures: Figures{NDraws: 64, NGroups: 2, Sampling: "random", ExactNormSq: 3}}}}
	for g, v := range []float64{3, 5} {
		for step, norm := range []float64{1, 2} {
			for n := int64(1); n <= 16; n *= 2 {
				r.Convergence = append(r.Convergence, ConvergenceRow{
					Key: key, Group: int32(g), Step: int32(step + 1), MeanOf: n, Means: 16 / n, DeviationSq: norm * (bias + v/float64(n)), ExactNormSq: norm,
				})
			}
		}
	}
	return r
}

func TestConvergenceTable(t *testing.T) {
	b := convergentReport(0).blocks()[0]
	g := b.convergenceTable()
	if got, want := strings.Join(g.header, "|"), "estimator|N = 1|N = 4|N = 16|exponent [95 %]"; got != want {
		t.Errorf("header %s, want %s", got, want)
	}
	if len(g.rows) != 1 || strings.Join(g.rows[0][:4], "|") != "uoro|2.00|1.00|0.500" {
		t.Errorf("rows %v", g.rows)
	}
	d := b.deviationsOf(b.summary[0].Key)
	i := d.exponent()
	if math.Abs(i.Value+0.5) > 1e-12 || !i.HasCI || i.MCSE > 1e-12 {
		t.Errorf("exponent %+v, want −1/2 in every group", i)
	}
	flat := convergentReport(1e6)
	e := flat.blocks()[0].deviationsOf(flat.Summary[0].Key).exponent()
	if math.Abs(e.Value) > 1e-5 {
		t.Errorf("exponent %g where the bias is all", e.Value)
	}
	if g := (block{summary: b.summary}).convergenceTable(); len(g.rows) != 0 {
		t.Errorf("without the detail there is a table: %v", g.rows)
	}
}

// What a run writes is what its result holds.
func TestConvergenceRows(t *testing.T) {
	r := &bench.Result{Experiment: bench.Default(), Cells: []*bench.CellResult{{Cell: "gru", Rows: []*bench.EstimatorResult{{
		Steps: []bench.StepResult{{Step: 4}},
	}}}}}
	r.Cells[0].Rows[0].Add([]draw.Deviation{{Group: 3, Step: 4, Draws: 8, Means: 2, Sq: 0.25}})
	r.Cells[0].Rows[0].Steps[0].ExactSq = 7
	rows := convergenceRows(r)
	if len(rows) != 1 || rows[0].Group != 3 || rows[0].Step != 4 || rows[0].MeanOf != 8 || rows[0].Means != 2 ||
		rows[0].DeviationSq != 0.25 || rows[0].ExactNormSq != 7 {
		t.Errorf("%+v", rows)
	}
}
