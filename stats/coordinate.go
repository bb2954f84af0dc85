package stats

// ByCoordinate returns the mean and the sample variance of every coordinate of
// the estimate itself (error plus Exact). The groups need moments by
// coordinate. With fewer than two draws the variances are zero.
func ByCoordinate(groups []*Moments, c *Combination) (mean, variance []float64) {
	p := len(c.Exact)
	mean, variance = make([]float64, p), make([]float64, p)
	sum, n := make([]float64, p), 0.0
	targets := c.targets()
	for g, m := range groups {
		t := &targets[g%len(targets)]
		c.errorSum(m, t, sum)
		axpy(1, sum, mean)
		c.addSquares(m, t, variance)
		n += float64(m.N)
	}
	for j := range mean {
		mean[j] = divide(mean[j], n)
		variance[j] = max(0, divide(variance[j]-n*mean[j]*mean[j], n-1))
		mean[j] += c.Exact[j]
	}
	return mean, variance
}

// addSquares adds Σ_n e_j² of one group to dst, coordinate by coordinate.
func (c *Combination) addSquares(m *Moments, t *target, dst []float64) {
	n, l := float64(m.N), t.lambda
	for j, target := range t.m {
		y, yy := m.Sum[0][j], m.Coord[0][j]
		for i, k := range l.Signals {
			a := l.At(c.Step, i, j)
			y -= a * m.Sum[k][j]
			yy -= 2 * a * m.Coord[Pair(k, 0)][j]
			for i2, k2 := range l.Signals {
				yy += a * l.At(c.Step, i2, j) * m.Coord[Pair(k, k2)][j]
			}
		}
		dst[j] += yy - 2*target*y + n*target*target
	}
}
