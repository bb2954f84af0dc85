package stats

import "slices"

// Holm returns the p-values adjusted for testing all of them together (Holm
// 1979): with p sorted upwards, p̃_(i) = max_{j≤i} min(1, (m−j+1) p_(j)). To reject
// where p̃ < α keeps the chance of any false rejection below α, whatever the
// dependence between the tests; rows of one run share their draws, so nothing
// less would do. The order is that of p, which is not changed.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	out, most := make([]float64, len(p)), 0.0
	for i, at := range order {
		most = max(most, min(1, float64(len(p)-i)*p[at]))
		out[at] = most
	}
	return out
}
