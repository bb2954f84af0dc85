package draw

import (
	"uorobench/bench/chain"
	"uorobench/bench/problem"
	"uorobench/bench/result"
)

// Agreement is the share of coordinates in which single draws have the sign of the
// exact gradient, averaged over draws and measured steps; ½ is chance. Coordinates
// whose exact derivative is 0 are left out.
type Agreement float64

// agreement counts them.
type agreement struct {
	set
	sums [][][]agreementSums // views × groups × measured
}

type agreementSums struct{ agree, of float64 }

func newAgreement(_ *Selection, views set) observer { return &agreement{set: views.reported()} }

func (a *agreement) start(p *Pass) { a.sums = grid[agreementSums](a.set, p) }

// agreementRecorder has the estimates of a chunk, P×Lanes.
type agreementRecorder struct {
	*agreement
	estimates []float64
}

func (a *agreement) recorder(p *Pass) recorder {
	return &agreementRecorder{a, make([]float64, p.Shape.Params*Lanes)}
}

func (a *agreement) bytes(p *Pass) (worker, group int64) {
	return 8 * Lanes * int64(p.Shape.Params), 16 * int64(len(a.set)*len(p.Problem.Measured))
}

func (r *agreementRecorder) step(s *observation) {
	for i, v := range r.set {
		clear(r.estimates)
		v.addEstimates(r.estimates, s)
		sum := &r.sums[i][s.Group][s.Measured]
		for j, g := range v.problem.Exact[s.Measured] {
			for lane, e := range r.estimates[j*Lanes:][:Lanes] {
				if s.valid(lane) && g != 0 {
					sum.add(e*g > 0)
				}
			}
		}
	}
}

func (s *agreementSums) add(agrees bool) {
	s.of++
	if agrees {
		s.agree++
	}
}

func (a *agreement) report(_ *result.Draws, rows []*result.Estimator) error {
	for i, v := range a.set {
		var all agreementSums
		for _, steps := range a.sums[i] {
			for _, s := range steps {
				all.agree, all.of = all.agree+s.agree, all.of+s.of
			}
		}
		rows[v.index].Add(Agreement(all.agree / all.of))
	}
	return nil
}

func deterministicAgreement(p *problem.Problem, k *chain.Known, row *result.Estimator) {
	var all agreementSums
	for m := range p.Exact {
		for j, g := range p.Exact[m] {
			if g != 0 {
				all.add(k.Offset[m][j]*g > 0)
			}
		}
	}
	row.Add(Agreement(all.agree / all.of))
}
