package oracle

import (
	"fmt"

	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// MaxPoints is the largest number of noise patterns that Enumerate accepts: all
// signs of 24 noise numbers.
const MaxPoints = 1 << 24

// Enumerate returns the exact moments of a chain's signals at the given steps,
// by running it on every pattern of noise numbers of the law. The number of
// patterns is nodes^(NoiseDim·T) with T the last of the steps; it fails above
// MaxPoints, for a deterministic chain, and for a step that tr does not have.
// It knows nothing of the estimator but its interface.
func Enumerate(chain *estimators.Chain, tr *cell.Trajectory, law Law, steps ...int) ([]*Moments, error) {
	if chain.NewBatch == nil {
		return nil, fmt.Errorf("oracle: %s draws nothing; there is nothing to enumerate", chain.Name)
	}
	last := 0
	for _, s := range steps {
		if err := checkStep(s, len(tr.Steps)); err != nil {
			return nil, err
		}
		last = max(last, s)
	}
	points, err := Points(law, chain.NoiseDim*last)
	if err != nil {
		return nil, fmt.Errorf("oracle: %s over %d steps: %w", chain.Name, last, err)
	}
	e := newEnumeration(chain, tr, law, steps, last)
	for first := 0; first < points; first += estimators.Lanes {
		e.run(first, points)
	}
	return e.central(), nil
}

// Points is the number of patterns of n noise numbers. It fails above
// MaxPoints.
func Points(law Law, n int) (int, error) {
	points := 1
	for range n {
		points *= len(law.Nodes)
		if points > MaxPoints {
			return 0, fmt.Errorf("%d noise numbers of %d values each are more than %d patterns", n, len(law.Nodes), MaxPoints)
		}
	}
	return points, nil
}

// enumeration is the running sum of one call of Enumerate.
type enumeration struct {
	chain *estimators.Chain
	batch estimators.Batch
	tr    *cell.Trajectory
	law   Law
	last  int
	sums  map[int]*Moments // by step: sums of w·y and w·y·y
	// lost is, by step and signal, what rounding has taken from the sums of w·y. The
	// mean of 2^18 patterns that hardly differ loses four digits without it.
	lost   map[int][][]float64
	order  []int
	eps    [][]float64 // last × (NoiseDim·Lanes)
	weight [estimators.Lanes]float64
	y      [][]float64 // K×P: the signals of one lane
}

func newEnumeration(chain *estimators.Chain, tr *cell.Trajectory, law Law, steps []int, last int) *enumeration {
	k, p := chain.Signals(), tr.Layout.P()
	e := &enumeration{
		chain: chain, batch: chain.NewBatch(), tr: tr, law: law, last: last,
		sums: map[int]*Moments{}, lost: map[int][][]float64{}, order: steps, y: make([][]float64, k),
	}
	for range last {
		e.eps = append(e.eps, make([]float64, chain.NoiseDim*estimators.Lanes))
	}
	for i := range e.y {
		e.y[i] = make([]float64, p)
	}
	for _, s := range steps {
		m := &Moments{Step: s, Mean: make([][]float64, k), Cov: pairs(k, p)}
		for i := range m.Mean {
			m.Mean[i] = make([]float64, p)
			e.lost[s] = append(e.lost[s], make([]float64, p))
		}
		e.sums[s] = m
	}
	return e
}

// run takes patterns first … first+Lanes-1 through the trajectory. Lanes past
// the last pattern carry a pattern again, with weight 0.
func (e *enumeration) run(first, points int) {
	for w := range e.weight {
		e.pattern(w, (first+w)%points)
		if first+w >= points {
			e.weight[w] = 0
		}
	}
	e.batch.Reset()
	for t := 1; t <= e.last; t++ {
		var visit func(*estimators.Signals)
		if m := e.sums[t]; m != nil {
			visit = func(s *estimators.Signals) { e.add(m, s) }
		}
		e.chain.Advance(e.batch, e.tr.Steps[t-1], e.eps[t-1], visit)
	}
}

// pattern writes pattern n into lane w: noise number i of step t is digit
// (t-1)·NoiseDim+i of n in base len(Nodes).
func (e *enumeration) pattern(w, n int) {
	e.weight[w] = 1
	for t := range e.eps {
		for i := range e.chain.NoiseDim {
			d := n % len(e.law.Nodes)
			n /= len(e.law.Nodes)
			e.eps[t][i*estimators.Lanes+w] = e.law.Nodes[d]
			e.weight[w] *= e.law.Weight[d]
		}
	}
}

func (e *enumeration) add(m *Moments, s *estimators.Signals) {
	for w, weight := range e.weight {
		if weight == 0 {
			continue
		}
		for k, y := range e.y {
			Signal(y, s, k, w)
			accumulateKahan(m.Mean[k], e.lost[m.Step][k], weight, y)
			for l := range e.y[:k+1] {
				accumulateProduct(m.Cov[k][l], weight, y, e.y[l])
			}
		}
	}
}

// Signal writes signal k of lane w, P numbers.
func Signal(dst []float64, s *estimators.Signals, k, w int) {
	scale, basis := s.Scale[k][w], s.Basis[s.Of[k]]
	for j := range dst {
		dst[j] = scale * basis[j*estimators.Lanes+w]
	}
}

// central turns the raw sums into means and covariances.
func (e *enumeration) central() []*Moments {
	out := make([]*Moments, len(e.order))
	for i, s := range e.order {
		out[i] = e.sums[s]
	}
	for _, m := range e.sums {
		for k := range m.Mean {
			for l := range m.Mean[:k+1] {
				accumulateProduct(m.Cov[k][l], -1, m.Mean[k], m.Mean[l])
			}
		}
	}
	return out
}

// accumulate adds a·x to sum.
func accumulate(sum []float64, a float64, x []float64) {
	for j, v := range x {
		sum[j] += a * v
	}
}

// accumulateKahan adds a·x to sum, which lacks what is lost (Kahan 1965).
func accumulateKahan(sum, lost []float64, a float64, x []float64) {
	for j, v := range x {
		add := float64(a*v) - lost[j]
		next := sum[j] + add
		lost[j] = (next - sum[j]) - add
		sum[j] = next
	}
}

// accumulateProduct adds a·x·y, entry by entry, to sum.
func accumulateProduct(sum []float64, a float64, x, y []float64) {
	for j, v := range x {
		sum[j] += a * v * y[j]
	}
}
