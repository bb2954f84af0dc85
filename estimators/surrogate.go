package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// surrogate is the state of a covariate that shares θ̃.
type surrogate struct {
	sTilde, carried []float64 // S×Lanes; carried has room for paddedLanes
	scale           kernel.Scales
	apply           surrogateProduct
}

// surrogateProduct writes dst = F̃_t src, S×Lanes; dst has room for paddedLanes.
type surrogateProduct func(dst []float64, j *cell.Jacobian, src []float64)

func newSurrogate(l *cell.Layout, apply surrogateProduct) *surrogate {
	return &surrogate{sTilde: aligned(l.S() * Lanes), carried: paddedLanes(l.S()), apply: apply}
}

func (s *surrogate) Reset()         { clear(s.sTilde) }
func (s *surrogate) Kill(w int)     { zeroLane(s.sTilde, w) }
func (s *surrogate) Own() []float64 { return nil }

func (s *surrogate) Scale(dst, v []float64) {
	kernel.Weigh(rowOf(dst, 0), v, s.sTilde, len(v), 1)
}

func (s *surrogate) Step(j *cell.Jacobian, rho0, rho1, eps []float64) {
	s.apply(s.carried, j, s.sTilde)
	copy(s.scale.Rho0[:], rho0)
	copy(s.scale.Rho1[:], rho1)
	advanceLanes(s.sTilde, s.carried, eps, &s.scale)
}
