package estimators_test

import (
	"fmt"
	"math"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// statistics are the sums of one measured step.
type statistics struct {
	draws       int64
	gram        map[[2]int]float64
	unit, coord map[[2]int][]float64
	mean        [][]float64
	own         []bool // signals with a basis of their own
}

// reference is the textbook of UORO as a batch: dense, one draw at a time.
func reference(tb testing.TB, tr *cell.Trajectory, o estimators.Options) *estimators.Chain {
	tb.Helper()
	book, err := oracle.NewTextbook("uoro", tr, o)
	if err != nil {
		tb.Fatal(err)
	}
	return book.Chain()
}

// plainStatistics takes the sums from a batch's draws, one number at a time.
func plainStatistics(c *estimators.Chain, tr *cell.Trajectory, chunks []lawNoise, valid []uint32) []*statistics {
	l := tr.Layout
	out := make([]*statistics, len(tr.Steps))
	for t := range out {
		s := &statistics{gram: map[[2]int]float64{}, unit: map[[2]int][]float64{}, coord: map[[2]int][]float64{}}
		for k := range c.Signals() {
			s.mean = append(s.mean, make([]float64, l.P()))
			for m := range k + 1 {
				s.unit[[2]int{m, k}] = make([]float64, l.H)
				s.coord[[2]int{m, k}] = make([]float64, l.P())
			}
		}
		out[t] = s
	}
	of := l.UnitOf()
	for i, noise := range chunks {
		b := c.NewBatch()
		b.Reset()
		for t, j := range tr.Steps {
			c.Advance(b, j, noise.eps[t], func(s *estimators.Signals) { out[t].add(s, valid[i], of) })
		}
	}
	return out
}

func (o *statistics) add(s *estimators.Signals, valid uint32, of []int32) {
	y := make([]float64, len(s.Of))
	o.own = make([]bool, len(s.Of))
	for k, b := range s.Of {
		o.own[k] = b != 0
	}
	for w := range estimators.Lanes {
		if valid>>w&1 == 0 {
			continue
		}
		o.draws++
		for j := range of {
			for k := range y {
				y[k] = s.Scale[k][w] * s.Basis[s.Of[k]][j*estimators.Lanes+w]
			}
			o.addCoordinate(y, j, of[j])
		}
	}
}

func (o *statistics) addCoordinate(y []float64, j int, unit int32) {
	for k, a := range y {
		o.mean[k][j] += a
		for m := range k + 1 {
			pair, v := [2]int{m, k}, a*y[m]
			o.gram[pair] += v
			o.unit[pair][unit] += v
			o.coord[pair][j] += v
		}
	}
}

// compareSums returns the largest relative difference.
func compareSums(tb testing.TB, l *cell.Layout, needs []estimators.Needs, got *estimators.Sums, want []*statistics) float64 {
	tb.Helper()
	worst := 0.0
	check := func(what string, step int, got, want []float64) {
		d := relativeDistance(got, want)
		worst = math.Max(worst, d)
		if !(d <= engineTolerance) {
			tb.Errorf("step %d, %s: relative difference %.3g", step, what, d)
		}
	}
	for m, n := range needs {
		w := want[n.Step]
		if got.Draws(m) != w.draws {
			tb.Errorf("step %d: %d draws, want %d", n.Step, got.Draws(m), w.draws)
		}
		for pair, gram := range w.gram {
			check(fmt.Sprint("gram ", pair), n.Step, []float64{got.Gram(m, pair[0], pair[1])}, []float64{gram})
			if dst := make([]float64, l.H); n.Unit && !w.own[pair[0]] && !w.own[pair[1]] {
				got.UnitTo(dst, m, pair[0], pair[1])
				check(fmt.Sprint("unit ", pair), n.Step, dst, w.unit[pair])
			}
			if dst := make([]float64, l.P()); n.Coordinate && !w.own[pair[0]] && !w.own[pair[1]] {
				got.CoordinateTo(dst, m, pair[0], pair[1])
				check(fmt.Sprint("coordinate ", pair), n.Step, dst, w.coord[pair])
			}
		}
		for _, k := range n.Mean {
			dst := make([]float64, l.P())
			got.MeanTo(dst, m, k)
			check(fmt.Sprint("mean ", k), n.Step, dst, w.mean[k])
		}
	}
	return worst
}

// relativeDistance is ‖x−y‖/‖y‖, 0 where both are zero; squares are taken of
// numbers near one.
func relativeDistance(x, y []float64) float64 {
	top := 0.0
	for i := range y {
		top = max(top, math.Abs(x[i]), math.Abs(y[i]))
	}
	if top == 0 {
		return 0
	}
	a, b := make([]float64, len(x)), make([]float64, len(y))
	for i := range y {
		a[i], b[i] = x[i]/top, y[i]/top
	}
	return distance(a, b) / norm(b)
}

// plainReadings lists scales, ‖θ̃‖² and θ̃·v of every measured step.
func plainReadings(c *estimators.Chain, tr *cell.Trajectory, needs []estimators.Needs, noise lawNoise) []float64 {
	var out []float64
	b, m := c.NewBatch(), 0
	b.Reset()
	for t, j := range tr.Steps {
		c.Advance(b, j, noise.eps[t], func(s *estimators.Signals) {
			if m == len(needs) || needs[m].Step != t {
				return
			}
			out = append(append(out, s.Scale[0]...), s.Scale[1]...)
			theta := s.Basis[0]
			out = append(out, laneDots(theta, theta, estimators.Lanes)...)
			for _, v := range needs[m].Dots {
				out = append(out, laneDots(theta, v, 1)...)
			}
			m++
		})
	}
	return out
}

// laneDots is Σ_j θ[j,w]·v[j·stride+w] by lane; stride 1 is one v for all lanes.
func laneDots(theta, v []float64, stride int) []float64 {
	out := make([]float64, estimators.Lanes)
	for i, x := range theta {
		j, w := i/estimators.Lanes, i%estimators.Lanes
		at := j
		if stride > 1 {
			at = i
		}
		out[w] += x * v[at]
	}
	return out
}
