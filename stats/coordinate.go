package stats

// ByCoordinate returns the mean and the sample variance of every coordinate of
// the estimate itself (error plus Exact). The groups need moments by
// coordinate. With fewer than two draws the variances are zero.
func ByCoordinate(groups []*Moments, c *Combination) (mean, variance []float64) {
	p := len(c.Exact)
	mean, variance = make([]float64, p), make([]float64, p)
	sum, n := make([]float64, p), 0.0
	for g, m := range groups {
		c.errorSum(m, c.Lambda[g%len(c.Lambda)], sum)
		axpy(1, sum, mean)
		c.addSquares(m, c.Lambda[g%len(c.Lambda)], variance)
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
func (c *Combination) addSquares(m *Moments, l *Lambda, dst []float64) {
	n := float64(m.N)
	for j := range dst {
		target, y, yy := c.Exact[j]-c.Offset[j], m.Sum[0][j], m.Coord[0][j]
		for i, k := range l.Signals {
			a := l.At(c.Step, i, j)
			target -= a * c.Means[k-1][j]
			y -= a * m.Sum[k][j]
			yy -= 2 * a * m.Coord[Pair(k, 0)][j]
			for i2, k2 := range l.Signals {
				yy += a * l.At(c.Step, i2, j) * m.Coord[Pair(k, k2)][j]
			}
		}
		dst[j] += yy - 2*target*y + n*target*target
	}
}
