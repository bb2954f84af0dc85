package stats

// selected is the part of every group's moments that concerns signal 0 and the
// given ones, which become signals 1, 2, …, with those by unit or coordinate only
// where the scope looks at them. Its slices are the original's. A chain has more
// covariates than one estimate combines, and all that is done over P coordinates
// would be done for all of them.
func selected(groups [][]*Moments, signals []int, scope Scope) [][]*Moments {
	out := make([][]*Moments, len(groups))
	for g, steps := range groups {
		out[g] = make([]*Moments, len(steps))
		for m, of := range steps {
			out[g][m] = of.selected(signals, scope)
		}
	}
	return out
}

func (m *Moments) selected(signals []int, scope Scope) *Moments {
	out := &Moments{Shape: m.Shape, N: m.N}
	out.Shape.Signals = 1 + len(signals)
	out.Shape.PerUnit = m.Shape.PerUnit && scope == ScopeUnit
	out.Shape.PerCoordinate = m.Shape.PerCoordinate && scope == ScopeCoordinate
	all := append([]int{0}, signals...)
	for i, k := range all {
		out.Sum = append(out.Sum, m.Sum[k])
		for _, l := range all[:i+1] {
			p := Pair(k, l)
			out.Gram = append(out.Gram, m.Gram[p])
			if out.Shape.PerUnit {
				out.Unit = append(out.Unit, m.Unit[p])
			}
			if out.Shape.PerCoordinate {
				out.Coord = append(out.Coord, m.Coord[p])
			}
		}
	}
	return out
}

// upTo is 1, 2, …, n: the selected signals.
func upTo(n int) []int {
	signals := make([]int, n)
	for i := range signals {
		signals[i] = i + 1
	}
	return signals
}
