package reports

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"uorobench/stats"
)

// Published points of Student's t at 97.5 % (Abramowitz & Stegun, table 26.10).
func TestStudentPoint(t *testing.T) {
	for dof, want := range map[int]float64{1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 10: 2.228, 15: 2.131, 30: 2.042, 120: 1.980} {
		if got := studentPoint(dof); math.Abs(got-want) > 0.0005 {
			t.Errorf("%d degrees of freedom: %v, want %v", dof, got, want)
		}
	}
}

// Tables of the sign test: ranks 1 to 5 values, 1 at 6 to 8, 2 at 9 to 11, 3 at 12
// to 14, 4 at 15 and 16, 5 at 17 to 19, 6 at 20 (Conover, Practical Nonparametric
// Statistics, table A3).
func TestSignRank(t *testing.T) {
	for n, want := range map[int]int{1: 1, 5: 1, 6: 1, 8: 1, 9: 2, 11: 2, 12: 3, 14: 3, 15: 4, 17: 5, 20: 6} {
		if got := signRank(n); got != want {
			t.Errorf("%d values: rank %d, want %d", n, got, want)
		}
	}
}

// By hand: (0, 0), (1, 1), (2, 3) in powers of e have slope 3/2 and residuals
// 1/6, −1/3, 1/6, whose squares are 1/6; the error is √(1/6 / 1 / 2).
func TestSlopeByHand(t *testing.T) {
	b, se := slope([]float64{1, math.E, math.E * math.E}, []float64{1, math.E, math.Exp(3)})
	if math.Abs(b-1.5) > 1e-14 || math.Abs(se-math.Sqrt(1./12)) > 1e-14 {
		t.Errorf("slope %v ± %v", b, se)
	}
}

// anySweep is a sweep of invented rows: up to two conditions, several columns with
// numbers or words, repetitions or none, figures of all sizes, some missing.
var anySweep = rapid.Custom(func(t *rapid.T) sampledSweep {
	var s sampledSweep
	axes := []SweepAxis{{"guard", []string{"code", "pa|*`<"}}, {"weight_seed", []string{"1", "2", "3", "4", "5", "6", "7"}}}
	if rapid.Bool().Draw(t, "numbers") {
		axes = append(axes, SweepAxis{"hidden", []string{"4", "8", "16", "32", "1_000", "2e3"}})
	}
	for _, a := range axes {
		if n := rapid.IntRange(0, len(a.Values)).Draw(t, a.Key); n > 1 {
			s.m.Axes = append(s.m.Axes, SweepAxis{a.Key, a.Values[:n]})
		}
	}
	s.m.Axes = rapid.Permutation(s.m.Axes).Draw(t, "order")
	for _, values := range grid0(s.m.Axes) {
		s.m.Points = append(s.m.Points, SweepPoint{Values: values})
		s.rows = append(s.rows, anyRows(t))
	}
	return s
})

type sampledSweep struct {
	m    SweepManifest
	rows [][]SummaryRow // by point
}

func grid0(axes []SweepAxis) [][]string {
	points := [][]string{nil}
	for _, a := range axes {
		var next [][]string
		for _, p := range points {
			for _, v := range a.Values {
				next = append(next, append(slices.Clone(p), v))
			}
		}
		points = next
	}
	return points
}

// anyRows are the rows of a point: two cells, UORO and others.
func anyRows(t *rapid.T) []SummaryRow {
	size := rapid.Custom(func(t *rapid.T) float64 {
		return math.Pow(10, rapid.Float64Range(-7, 8).Draw(t, "size"))
	})
	var rows []SummaryRow
	for _, cell := range []string{"gru", "rnn"} {
		for _, name := range []string{"uoro", "residual", "snap1"} {
			r := SummaryRow{Key: Key{Task: "anbn", Cell: cell, Estimator: name, Convention: "pre"}, NSteps: 4}
			v, norm, bias := size.Draw(t, "variance"), size.Draw(t, "norm"), size.Draw(t, "bias")
			r.ExactNormSq, r.DrawCost, r.KnownCost = norm, some(int64(100)), some(int64(7))
			if name == "snap1" {
				r.VarTrace, r.RelVar, r.BiasSq, r.BiasSqMCSE = some(0.0), some(0.0), &bias, some(0.0)
			} else {
				bias -= size.Draw(t, "less")
				r.NDraws, r.VarTrace, r.RelVar, r.BiasSq = 1234, &v, some(v/norm), &bias
				r.VarTraceMCSE, r.BiasSqMCSE = some(size.Draw(t, "error")), some(size.Draw(t, "error"))
			}
			if name == "residual" && rapid.IntRange(0, 9).Draw(t, "missing") == 0 {
				r.RelVar, r.BiasSq, r.PilotDraws = nil, nil, some(int64(512))
			}
			rows = append(rows, r)
		}
	}
	return rows
}

func (s *sampledSweep) report() SweepReport {
	r := SweepReport{Axes: s.m.Axes}
	for i, p := range s.m.Points {
		for _, row := range (Report{Summary: s.rows[i]}).exportedSummary() {
			r.Rows = append(r.Rows, SweepRow{Values: p.Values, Key: row.Key, NSteps: row.NSteps, Figures: row.Figures, Derived: row.Derived})
		}
	}
	return r
}

func (s *sampledSweep) pooled() []pooledRow {
	var all []pooledRow
	for i, p := range s.m.Points {
		for _, r := range s.rows[i] {
			all = append(all, pooledRow{p.Values, r})
		}
	}
	return all
}

// Two programs for the same tables: what one shows, the other finds to follow from
// the rows, whatever the axes and the sizes of the figures.
func TestTablesFollowFromRows(t *testing.T) {
	all := 0
	rapid.Check(t, func(t *rapid.T) {
		s := anySweep.Draw(t, "sweep")
		faults, compared := s.m.tableFaults(s.report(), s.pooled())
		all += compared
		for _, fault := range faults {
			t.Errorf("%s", fault)
		}
	})
	if all < 1000 {
		t.Errorf("only %d numbers were compared", all)
	}
}

// No figure that a table rests on can be wrong unseen: each of them, a thousandth
// too large in all rows of an estimator.
func TestTablesOracleSeesFigures(t *testing.T) {
	for name, of := range map[string]func(r *SweepRow) **float64{
		"rel_var":         func(r *SweepRow) **float64 { return &r.RelVar },
		"var_trace":       func(r *SweepRow) **float64 { return &r.VarTrace },
		"online_work_var": func(r *SweepRow) **float64 { return &r.OnlineWorkVar },
		"bias_sq":         func(r *SweepRow) **float64 { return &r.BiasSq },
		"bias_sq_mcse":    func(r *SweepRow) **float64 { return &r.BiasSqMCSE },
	} {
		for example := range 6 {
			s := anySweep.Example(example)
			report, changed := s.report(), false
			for i := range report.Rows {
				if figure := of(&report.Rows[i]); report.Rows[i].Name() == "residual" && *figure != nil {
					*figure, changed = some(**figure*1.001), true
				}
			}
			if faults, _ := s.m.tableFaults(report, s.pooled()); changed && len(faults) == 0 {
				t.Errorf("%s is changed in example %d, and nothing is seen", name, example)
			}
		}
	}
}

// The rank is that of the interval which the tables print, for every number of
// repetitions.
func TestSignRankIsTheInterval(t *testing.T) {
	var values []float64
	for n := 1; n <= 80; n++ {
		values = append(values, float64(n))
		if i := stats.MedianOf(values); n > 1 && i.Lo != float64(signRank(n)) {
			t.Errorf("%d values: %v, want rank %d", n, i.Lo, signRank(n))
		}
	}
}
