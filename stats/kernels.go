package stats

// The hot loops. Eight lanes are one cache line and eight accumulators, which
// fit in registers with room for the operands; a chunk is two such halves.
// Tried: one loop over all sixteen lanes with an array of sums. The compiler
// keeps an indexed array in memory, so that every addition waits for a store.
const half = Lanes / 2

// dotHalf adds a[j,w]·b[j,w] over all rows j to sum[w], for eight lanes. a and b
// start at the half's first lane.
func dotHalf(sum *[half]float64, a, b []float64) {
	s0, s1, s2, s3 := sum[0], sum[1], sum[2], sum[3]
	s4, s5, s6, s7 := sum[4], sum[5], sum[6], sum[7]
	for at := 0; at+half <= len(a); at += Lanes {
		x, y := (*[half]float64)(a[at:]), (*[half]float64)(b[at:])
		s0, s1, s2, s3 = s0+x[0]*y[0], s1+x[1]*y[1], s2+x[2]*y[2], s3+x[3]*y[3]
		s4, s5, s6, s7 = s4+x[4]*y[4], s5+x[5]*y[5], s6+x[6]*y[6], s7+x[7]*y[7]
	}
	*sum = [half]float64{s0, s1, s2, s3, s4, s5, s6, s7}
}

// dotRows is dotHalf for both halves of rows [lo, hi).
func dotRows(sum *lanes, a, b []float64, lo, hi int) {
	for h := 0; h < Lanes; h += half {
		dotHalf((*[half]float64)(sum[h:]), a[lo*Lanes+h:hi*Lanes], b[lo*Lanes+h:hi*Lanes])
	}
}

// addWeighted adds Σ_w c[w]·x[j,w] to dst[j].
func addWeighted(dst []float64, c *lanes, x []float64) {
	addWeightedHalf(dst, (*[half]float64)(c[:]), x)
	addWeightedHalf(dst, (*[half]float64)(c[half:]), x[half:])
}

func addWeightedHalf(dst []float64, c *[half]float64, x []float64) {
	c0, c1, c2, c3 := c[0], c[1], c[2], c[3]
	c4, c5, c6, c7 := c[4], c[5], c[6], c[7]
	for j := range dst {
		v := (*[half]float64)(x[j*Lanes:])
		low := (c0*v[0] + c1*v[1]) + (c2*v[2] + c3*v[3])
		dst[j] += low + ((c4*v[4] + c5*v[5]) + (c6*v[6] + c7*v[7]))
	}
}

// addWeightedProducts adds Σ_w c[w]·x[j,w]·y[j,w] to dst[j].
func addWeightedProducts(dst []float64, c *lanes, x, y []float64) {
	for j := range dst {
		v, u := (*lanes)(x[j*Lanes:]), (*lanes)(y[j*Lanes:])
		var s [4]float64
		for w := 0; w < Lanes; w += 4 {
			s[0] += c[w] * v[w] * u[w]
			s[1] += c[w+1] * v[w+1] * u[w+1]
			s[2] += c[w+2] * v[w+2] * u[w+2]
			s[3] += c[w+3] * v[w+3] * u[w+3]
		}
		dst[j] += (s[0] + s[1]) + (s[2] + s[3])
	}
}

// addLane adds c·x[j,w] to dst[j] for one lane: the slow way, for chunks with
// lanes whose numbers must not be touched.
func addLane(dst []float64, c float64, x []float64, w int) {
	for j := range dst {
		dst[j] += c * x[j*Lanes+w]
	}
}

// addLaneProducts adds c·x[j,w]·y[j,w] to dst[j] for one lane.
func addLaneProducts(dst []float64, c float64, x, y []float64, w int) {
	for j := range dst {
		dst[j] += c * x[j*Lanes+w] * y[j*Lanes+w]
	}
}
