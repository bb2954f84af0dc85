package draw

import (
	"uorobench/bench/result"
	"uorobench/estimators"
)

// observation is a chunk of draws at a measured step, as a source shows it to the
// observers. It is valid during the call.
type observation struct {
	Group    int
	First    int64  // the draw of lane 0, 0-based as in the noise stream
	Measured int    // 0-based index of the measured step
	Valid    uint32 // bit w: lane w holds a draw that is finite up to here
	// lengths of every view that an observer asks them of, at its variant's index.
	lengths []viewLengths
	// Angles: the lengths have NormSq and Dot. Else they have NoiseSq alone.
	Angles bool

	signals *estimators.Signals // from batches alone
}

// viewLengths of the draws ĝ of a view: ‖ĝ‖², ĝ·g and ‖ĝ − c‖², c being what no draw
// changes.
type viewLengths struct{ NormSq, Dot, NoiseSq [Lanes]float64 }

func (s *observation) begin(group int, chunk int64) {
	s.Group, s.First, s.Measured = group, chunk*Lanes, 0
}

func (s *observation) valid(lane int) bool { return s.Valid>>lane&1 != 0 }

// cosine of a draw of a view with the exact gradient; absent where it does not exist.
func (s *observation) cosine(v *View, lane int) (cosine float64, ok bool) {
	l := &s.lengths[v.index]
	return result.Cosine(l.Dot[lane], l.NormSq[lane], v.problem.ExactSq[s.Measured])
}
