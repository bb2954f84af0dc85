package stats

// selected is the part of every group's moments at the given steps that concerns
// signal 0 and the given ones, which become signals 1, 2, …, with those by unit or
// coordinate only where the scope looks at them. Its slices are the original's. A
// chain has more covariates than one estimate combines, and all that is done over
// P coordinates would be done for all of them.
func selected(groups [][]*Moments, steps, signals []int, scope Scope) [][]*Moments {
	out := make([][]*Moments, len(groups))
	for g, all := range groups {
		for _, m := range steps {
			out[g] = append(out[g], all[m].selected(signals, scope))
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

// countFrom is first, first+1, …, n of them.
func countFrom(first, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = first + i
	}
	return out
}
