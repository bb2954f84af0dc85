package verify

import "math"

// biasLaw is what the law of bias_sq depends on, from the means of the groups.
type biasLaw struct {
	n     float64 // draws
	tau   float64 // tr Σ²
	cube  float64 // tr Σ³
	along float64 // variance of a draw along the mean error
	left  float64 // groups − 1
}

// addBias is what is said of bias_sq: its error, its test, its interval, the bound
// and what could have been seen. The formulas are those of package stats' bias.go;
// the traces are means over all pairs, triples and quadruples of different groups,
// term by term.
func (s *sample) addBias(c Columns) {
	variance, ok := c["var_trace"]
	b, enough := s.biasLaw(variance)
	if !ok || variance <= 0 || !enough {
		return
	}
	u, null := c["bias_sq"], 2*b.tau/(b.n*(b.n-1))
	c["bias_sq_mcse"] = math.Sqrt(null + 4*math.Max(0, u)*b.along/b.n)
	c["bias_p"] = b.tail(u / math.Sqrt(null))
	k := fallingRoot(func(x float64) float64 { return b.tail(x) + 1 - b.tail(-x) - 0.05 })
	c["bias_sq_lo"], c["bias_sq_hi"] = b.limits(u, null, k, studentPoint(0.025, b.left))
	if exact := c["exact_norm_sq"]; exact > 0 {
		t := studentPoint(0.05, b.left)
		_, hi := b.limits(u, null, t, t)
		c["bias_bound"] = math.Sqrt(math.Max(0, hi) / exact)
		c["bias_detectable"] = math.Sqrt(b.detectable(null) / exact)
	}
}

// biasLaw uses the groups of at least half as many draws as the largest.
func (s *sample) biasLaw(variance float64) (b biasLaw, ok bool) {
	groups, sizes := s.sizes()
	most := 0.0
	for _, size := range sizes {
		most = math.Max(most, size)
	}
	var means [][]float64
	var kept []float64
	for i, g := range groups {
		if 2*sizes[i] >= most {
			means, kept = append(means, s.groupMean(g, sizes[i])), append(kept, sizes[i])
		}
	}
	if len(means) < 4 {
		return b, false
	}
	h := make([][]float64, len(means))
	for i, x := range means {
		for _, y := range means {
			h[i] = append(h[i], dot(x, y))
		}
	}
	b = biasLaw{n: float64(len(s.e)), left: float64(len(means) - 1)}
	b.tau = traceOfSquare(h, kept)
	b.tau = math.Min(math.Max(b.tau, variance*variance/float64(len(s.exact))), variance*variance)
	b.cube = math.Min(math.Max(traceOfCube(h, kept), b.tau*b.tau/variance), math.Pow(b.tau, 1.5))
	b.along = math.Min(s.varianceAlongMean(groups, sizes, variance), variance)
	return b, true
}

func (s *sample) groupMean(group int, size float64) []float64 {
	mean := make([]float64, len(s.exact))
	for i, x := range s.e {
		if s.group[i] == group {
			for j, v := range x {
				mean[j] += v / size
			}
		}
	}
	return mean
}

// traceOfSquare is (Y1 − 2 Y2 + Y3)/mean(1/(N_g N_h)) of Li & Chen 2012, eq. 2.2.
func traceOfSquare(h [][]float64, sizes []float64) float64 {
	var y1, y2, y3, inverse, pairs, triples, quadruples float64
	for g := range h {
		for i := range h {
			if i == g {
				continue
			}
			pairs++
			y1 += h[g][i] * h[g][i]
			inverse += 1 / (sizes[g] * sizes[i])
			for k := range h {
				if k == g || k == i {
					continue
				}
				triples++
				y2 += h[g][i] * h[i][k]
				for l := range h {
					if l != g && l != i && l != k {
						quadruples++
						y3 += h[g][i] * h[k][l]
					}
				}
			}
		}
	}
	return (y1/pairs - 2*y2/triples + y3/quadruples) / (inverse / pairs)
}

func traceOfCube(h [][]float64, sizes []float64) float64 {
	var sum, inverse float64
	for g := range h {
		for i := range h {
			for k := range h {
				if g != i && i != k && k != g {
					sum += h[g][i] * h[i][k] * h[k][g]
					inverse += 1 / (sizes[g] * sizes[i] * sizes[k])
				}
			}
		}
	}
	return sum / inverse
}

// varianceAlongMean is the share of the groups' scatter that lies along the mean
// error, of the variance of a draw.
func (s *sample) varianceAlongMean(groups []int, sizes []float64, variance float64) float64 {
	mean := make([]float64, len(s.exact))
	for _, x := range s.e {
		for j, v := range x {
			mean[j] += v / float64(len(s.e))
		}
	}
	along, all := 0.0, 0.0
	for i, g := range groups {
		m := s.groupMean(g, sizes[i])
		for j := range m {
			m[j] -= mean[j]
		}
		along += sizes[i] * math.Pow(dot(m, mean), 2)
		all += sizes[i] * dot(m, m)
	}
	if all == 0 || dot(mean, mean) == 0 {
		return 0
	}
	return variance * along / (all * dot(mean, mean))
}

// tail is the chance of bias_sq above x standard deviations without a bias, from an
// F with d = tr³(Σ²)/tr²(Σ³) and d(G − 1) degrees of freedom.
func (b *biasLaw) tail(x float64) float64 {
	d := math.Pow(b.tau/b.cube, 2) * b.tau
	return fTail(math.Max(0, 1+x*math.Sqrt(2/d)), d, d*b.left)
}

// limits are the ends of the squared biases x with (u − x)² ≤ k² null + 4t² x σ²/N.
func (b *biasLaw) limits(u, null, k, t float64) (lo, hi float64) {
	// x² − 2(u + 2t²σ²/N) x + u² − k² null = 0
	half := u + 2*t*t*b.along/b.n
	root := math.Sqrt(math.Max(0, half*half-u*u+k*k*null))
	return math.Min(half-root, u), math.Max(half+root, u)
}

// detectable is the squared bias that the 5 % test finds with 80 % power where it
// lies along the direction of the largest variance, which is at most √tr Σ².
func (b *biasLaw) detectable(null float64) float64 {
	critical := fallingRoot(func(x float64) float64 { return b.tail(x) - 0.05 }) * math.Sqrt(null)
	z := normalPoint(0.2)
	half := critical + 2*z*z*math.Sqrt(b.tau)/b.n
	return half + math.Sqrt(math.Max(0, half*half-critical*critical+z*z*null))
}
