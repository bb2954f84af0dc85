package estimators

import "uorobench/estimators/cell"

// featureGroup is a part of the immediate influence that is one Kronecker
// product: I_t restricted to the features z[lo:hi] of the parameter rows that see
// all of them is D ⊗ z[lo:hi], where D is S×columns, a column per row of θ (rows,
// unit by unit). Kronecker-sum estimators keep a sum of their own for each.
//
// KF-RTRL's condition, one shared feature vector for all weights (Mujika et al.
// 2018), is the case of one group. It is sufficient and not necessary: an unbiased
// estimate of each part is one of the whole.
type featureGroup struct {
	lo, hi int
	rows   []int // indices of cell.Layout.Groups
}

// featureGroups cuts the features where any parameter row begins or ends. One
// group for rnn, lstm, lif, alif and linear; two for the gru, whose candidate has
// its hidden part multiplied by the reset gate: [x; 1] and [h; 1], each with the
// rows of three gates.
func featureGroups(l *cell.Layout) []featureGroup {
	cut := make([]bool, l.Z()+1)
	for _, g := range l.Groups {
		cut[g.Lo], cut[g.Hi] = true, true
	}
	var out []featureGroup
	for lo, hi := 0, 1; hi <= l.Z(); hi++ {
		if !cut[hi] {
			continue
		}
		part := featureGroup{lo: lo, hi: hi}
		for at, g := range l.Groups {
			if g.Lo <= lo && hi <= g.Hi {
				part.rows = append(part.rows, at)
			}
		}
		if len(part.rows) > 0 {
			out = append(out, part)
		}
		lo = hi
	}
	return out
}

// allFeatureRows is one group of all rows and all features. Rows that see only a
// part of the features take that part of the estimate.
func allFeatureRows(l *cell.Layout) featureGroup {
	f := featureGroup{hi: l.Z()}
	for at := range l.Groups {
		f.rows = append(f.rows, at)
	}
	return f
}

// columns is the number of columns of D.
func (f *featureGroup) columns(l *cell.Layout) int { return len(f.rows) * l.H }

// width is the number of features.
func (f *featureGroup) width() int { return f.hi - f.lo }

// seen is the range of features of the group that row at of the layout sees, and
// the place of the first in the row's coordinates.
func (f *featureGroup) seen(l *cell.Layout, at int) (lo, hi, first int) {
	g := &l.Groups[at]
	lo, hi = max(f.lo, g.Lo), min(f.hi, g.Hi)
	return lo, hi, lo - g.Lo
}

// coordinates is the number of coordinates of θ in the group.
func (f *featureGroup) coordinates(l *cell.Layout) (n int) {
	for _, at := range f.rows {
		lo, hi, _ := f.seen(l, at)
		n += l.H * (hi - lo)
	}
	return n
}

// gainSq is ‖D‖².
func (f *featureGroup) gainSq(l *cell.Layout, j *cell.Jacobian) (sum float64) {
	s := l.S()
	for _, at := range f.rows {
		gain := j.Gain[at*s : (at+1)*s]
		sum += inner(gain, gain)
	}
	return sum
}

// addGain adds drive·D to a, columns(l) columns of Padded(S)×Lanes: column (rows,
// unit) of D has entries at the unit's state.
func (f *featureGroup) addGain(a []float64, l *cell.Layout, j *cell.Jacobian, drive *lane) {
	s := l.S()
	for i, at := range f.rows {
		for entry, gain := range j.Gain[at*s : (at+1)*s] {
			addScaled(rowOf(columnOf(a, l, i, entry%l.H), entry), gain, drive)
		}
	}
}
