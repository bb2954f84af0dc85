package stats

// dotLanes returns Σ_j x[j,w]·y[j,w] for every lane w.
func dotLanes(x, y []float64) lanes {
	var sum lanes
	y = y[:len(x)]
	for at := 0; at+Lanes <= len(x); at += Lanes {
		a, b := (*lanes)(x[at:]), (*lanes)(y[at:])
		for w := range a {
			sum[w] += a[w] * b[w]
		}
	}
	return sum
}

func addLanes(dst, x *lanes) {
	for w, v := range x {
		dst[w] += v
	}
}

// addScaled writes dst[j] += Σ_w scale[w]·basis[j,w], with four accumulators.
func addScaled(dst []float64, scale *lanes, basis []float64) {
	for j := range dst {
		row := (*lanes)(basis[j*Lanes:])
		var a, b, c, d float64
		for w := 0; w < Lanes; w += 4 {
			a += scale[w] * row[w]
			b += scale[w+1] * row[w+1]
			c += scale[w+2] * row[w+2]
			d += scale[w+3] * row[w+3]
		}
		dst[j] += (a + b) + (c + d)
	}
}

// addProducts writes dst[j] += Σ_w p[w]x[j,w]·q[w]y[j,w].
func addProducts(dst []float64, p, q *lanes, x, y []float64) {
	var pq lanes
	for w := range pq {
		pq[w] = p[w] * q[w]
	}
	for j := range dst {
		a, b := (*lanes)(x[j*Lanes:]), (*lanes)(y[j*Lanes:])
		var even, odd float64
		for w := 0; w < Lanes; w += 2 {
			even += pq[w] * a[w] * b[w]
			odd += pq[w+1] * a[w+1] * b[w+1]
		}
		dst[j] += even + odd
	}
}

func axpy(a float64, x, y []float64) {
	for i, v := range x {
		y[i] += a * v
	}
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}
