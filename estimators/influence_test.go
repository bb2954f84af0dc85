package estimators_test

import (
	"fmt"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// TestInfluence compares with the recursion written out, entry by entry. The
// sizes go over the panels' and the tiles' remainders.
func TestInfluence(t *testing.T) {
	for _, name := range []string{"rnn", "gru", "lstm"} {
		for _, hidden := range []int{1, 3, 8, 13} {
			t.Run(fmt.Sprint(name, hidden), func(t *testing.T) {
				tr := engineNetwork(t, name, 3, hidden, 6, 1)
				m := estimators.NewInfluence(tr.Layout)
				m.Step(tr.Steps[0])
				m.Reset()
				want := make([]float64, tr.Layout.S()*tr.Layout.P())
				for _, j := range tr.Steps {
					m.Step(j)
					want = textbookInfluence(tr.Layout, want, j)
					checkInfluence(t, tr.Layout, m, want, j.Delta)
				}
			})
		}
	}
}

func textbookInfluence(l *cell.Layout, m []float64, j *cell.Jacobian) []float64 {
	s, p := l.S(), l.P()
	next := make([]float64, s*p)
	for i := range s {
		for k := range s {
			for c := range p {
				next[i*p+c] += j.F[i*s+k] * m[k*p+c]
			}
		}
	}
	l.AddImmediateRows(next, j)
	return next
}

func checkInfluence(t *testing.T, l *cell.Layout, m *estimators.Influence, want, v []float64) {
	t.Helper()
	s, p := l.S(), l.P()
	got, pulled, product := make([]float64, s*p), make([]float64, p), make([]float64, p)
	for i := range s {
		for c := range p {
			got[i*p+c] = m.At(i, c)
			product[c] += v[i] * want[i*p+c]
		}
	}
	m.PullTo(pulled, v)
	if d := relativeDistance(got, want); d > 1e-13 {
		t.Errorf("M differs by %.3g of its norm", d)
	}
	if d := relativeDistance(pulled, product); d > 1e-13 {
		t.Errorf("v M differs by %.3g of its norm", d)
	}
	if n := testing.AllocsPerRun(5, func() { m.PullTo(pulled, v) }); n != 0 {
		t.Errorf("PullTo allocates %v times", n)
	}
}

// BenchmarkInfluence tells the rate of RTRL's step in multiply-adds.
func BenchmarkInfluence(b *testing.B) {
	for _, name := range []string{"rnn", "gru", "lstm"} {
		b.Run(name, func(b *testing.B) {
			tr := engineNetwork(b, name, 2, 32, 2, 1)
			m := estimators.NewInfluence(tr.Layout)
			for b.Loop() {
				m.Step(tr.Steps[1])
			}
			s, p := float64(tr.Layout.S()), float64(tr.Layout.P())
			b.ReportMetric(s*(s+1)*p*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "Gmadd/s")
		})
	}
}
