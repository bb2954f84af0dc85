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
	// plain is apply in plain loops, as the reference of the engine has it; nil
	// where apply is not the engine's. inPlain says that it is meant.
	plain   surrogateProduct
	inPlain bool
}

// surrogateProduct writes dst = F̃_t src, S×Lanes; dst has room for paddedLanes.
type surrogateProduct func(dst []float64, j *cell.Jacobian, src []float64)

func newSurrogate(l *cell.Layout, apply, plain surrogateProduct) *surrogate {
	return &surrogate{sTilde: aligned(l.S() * Lanes), carried: paddedLanes(l.S()), apply: apply, plain: plain}
}

func (s *surrogate) Reset()         { clear(s.sTilde) }
func (s *surrogate) Kill(w int)     { zeroLane(s.sTilde, w) }
func (s *surrogate) Own() []float64 { return nil }

// usePlainLoops puts the covariate of a reference on plain loops.
func (s *surrogate) usePlainLoops() {
	s.inPlain = true
	if s.plain != nil {
		s.apply = s.plain
	}
}

func (s *surrogate) Scale(dst, v []float64) {
	if s.inPlain {
		dotLanes(dst, v, s.sTilde)
		return
	}
	kernel.Weigh(rowOf(dst, 0), v, s.sTilde, len(v), 1)
}

func (s *surrogate) Step(j *cell.Jacobian, rho0, rho1, eps []float64) {
	s.apply(s.carried, j, s.sTilde)
	if s.inPlain {
		s.stepPlain(rho0, rho1, eps)
		return
	}
	copy(s.scale.Rho0[:], rho0)
	copy(s.scale.Rho1[:], rho1)
	advanceLanes(s.sTilde, s.carried, eps, &s.scale)
}

func (s *surrogate) stepPlain(rho0, rho1, eps []float64) {
	for at, e := range eps {
		w := at % Lanes
		s.sTilde[at] = rho0[w]*s.carried[at] + rho1[w]*e
	}
}
