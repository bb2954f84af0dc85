package draw

// Memory keeps the memory of the groups' accumulators from one pass to the next: it
// is nearly all that a run takes. New memory costs more than cleared memory, since
// the system hands it over page by page. The accumulators of a pass are gone when the
// next one of the same Memory begins. The zero value is ready.
type Memory struct{ sums, moments pieces }

// pieces is a piece of memory for each group.
type pieces [][]float64

// fit makes room for so many groups.
func (m *Memory) fit(groups int) {
	for _, x := range []*pieces{&m.sums, &m.moments} {
		for len(*x) < groups {
			*x = append(*x, nil)
		}
	}
}

// zeros gives group g's piece, n zeros.
func (s pieces) zeros(g, n int) []float64 {
	if len(s[g]) < n {
		s[g] = make([]float64, n)
		hugePages(s[g])
		return s[g]
	}
	x := s[g][:n]
	clear(x)
	return x
}
