package reports

import (
	"bytes"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"uorobench/bench/verify"
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

func TestReadPrinted(t *testing.T) {
	for _, c := range []struct {
		text  string
		keep  int
		value float64
		unit  float64
	}{
		{"0.676", 3, 0.676, 1e-3}, {"3900", 3, 3900, 10}, {"3905", 3, 3905, 1}, {"4000", 1, 4000, 1000}, {"459", 3, 459, 1},
		{"-0.18", 2, -0.18, 1e-2}, {"340", 2, 340, 10}, {"1.23e-5", 3, 1.23e-5, 1e-7}, {"2.50e7", 3, 2.5e7, 1e5}, {"0", 3, 0, 0}, {"10", 2, 10, 1},
	} {
		got := readPrinted(c.text, c.keep)
		if got.value != c.value || math.Abs(got.unit-c.unit) > 1e-12*c.unit {
			t.Errorf("%s: %+v, want %v in units of %v", c.text, got, c.value, c.unit)
		}
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

func (s *sampledSweep) page(t interface{ Fatal(...any) }) string {
	r := SweepReport{Axes: s.m.Axes}
	for i, p := range s.m.Points {
		for _, row := range (Report{Summary: s.rows[i]}).exportedSummary() {
			r.Rows = append(r.Rows, SweepRow{Values: p.Values, Key: row.Key, NSteps: row.NSteps, Figures: row.Figures, Derived: row.Derived})
		}
	}
	var out bytes.Buffer
	if err := r.Write(&out, Markdown); err != nil {
		t.Fatal(err)
	}
	return out.String()
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

// Two programs for the same tables: what one writes, the other finds to follow
// from the rows, whatever the axes and the sizes of the figures.
func TestTablesFollowFromRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySweep.Draw(t, "sweep")
		page := s.page(t)
		for _, c := range verify.Failures(s.m.tableCases(page, s.pooled())) {
			t.Errorf("%s: error %v\n%s", c.Failure, c.Error, page)
		}
	})
}

var tableNumber = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)

// No number of a table can be changed unseen: at its first digit, nor by two at
// its last place behind the point.
func TestEveryPrintedNumberIsChecked(t *testing.T) {
	changed := 0
	for example := range 6 {
		s := anySweep.Example(example)
		page, rows := s.page(t), s.pooled()
		for _, place := range digitsOf(page) {
			digit := (page[place]-'0'+2)%10 + '0'
			forged := page[:place] + string(digit) + page[place+1:]
			changed++
			if len(verify.Failures(s.m.tableCases(forged, rows))) == 0 {
				t.Errorf("%s\nchanged to\n%s\nis not seen", page[max(0, place-60):place+20], forged[max(0, place-60):place+20])
			}
		}
	}
	if changed < 300 {
		t.Errorf("only %d numbers were changed", changed)
	}
}

// digitsOf are the places in a page whose digits are to be changed.
func digitsOf(page string) []int {
	var places []int
	for _, line := range tableLines(page) {
		text := page[line[0]:line[1]]
		first := strings.Index(text[1:], "|") + 2 // behind the estimator's name
		for _, at := range tableNumber.FindAllStringIndex(text[first:], -1) {
			from, to := line[0]+first+at[0], line[0]+first+at[1]
			if strings.HasSuffix(page[:from], "e") || strings.HasSuffix(page[:from], "e-") {
				continue
			}
			for _, place := range placesToChange(page[from:to]) {
				places = append(places, from+place)
			}
		}
	}
	return places
}

// placesToChange are the first digit that is not zero and the last behind a point.
func placesToChange(number string) []int {
	places := []int{0}
	if strings.Contains(number, ".") {
		places = append(places, len(number)-1)
	}
	if strings.Trim(number, "0.") == "" {
		places = places[1:] // 0.00 ± …: its first digits are zeros that round
	}
	return places
}

// tableLines are the offsets of the lines with figures.
func tableLines(page string) [][2]int {
	var out [][2]int
	at := 0
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| estimator") {
			out = append(out, [2]int{at, at + len(line)})
		}
		at += len(line)
	}
	return out
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
