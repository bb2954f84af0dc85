package verify

import "math"

// The distributions that intervals and tests need, from their definitions, so that
// a wrong quantile of the library would show. Nothing here is fast.

// incompleteBeta is the regularised I_x(a, b), by its continued fraction (DLMF
// 8.17.22, Lentz's method).
func incompleteBeta(x, a, b float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2):
		return 1 - incompleteBeta(1-x, b, a)
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab-la-lb+a*math.Log(x)+b*math.Log1p(-x)) / a
	const tiny = 1e-300
	c, d := 1.0, 1-(a+b)*x/(a+1)
	if math.Abs(d) < tiny {
		d = tiny
	}
	d = 1 / d
	h := d
	for m := 1.0; m < 1e5; m++ {
		for _, term := range []float64{
			m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m)),
			-(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1)),
		} {
			if d = 1 + term*d; math.Abs(d) < tiny {
				d = tiny
			}
			if c = 1 + term/c; math.Abs(c) < tiny {
				c = tiny
			}
			d = 1 / d
			h *= d * c
		}
		if math.Abs(d*c-1) < 1e-15 {
			break
		}
	}
	return front * h
}

// studentTail is P(T > t) for t ≥ 0.
func studentTail(t, dof float64) float64 { return incompleteBeta(dof/(dof+t*t), dof/2, 0.5) / 2 }

// studentPoint is the t ≥ 0 with P(T > t) = tail.
func studentPoint(tail, dof float64) float64 {
	return fallingRoot(func(t float64) float64 { return studentTail(t, dof) - tail })
}

// fTail is P(F > f) of a ratio of chi-squares over their degrees of freedom.
func fTail(f, d1, d2 float64) float64 { return incompleteBeta(d2/(d2+d1*f), d2/2, d1/2) }

// normalTail is P(Z > z).
func normalTail(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 }

// normalPoint is the z ≥ 0 with P(Z > z) = tail, tail at most ½.
func normalPoint(tail float64) float64 {
	return fallingRoot(func(z float64) float64 { return normalTail(z) - tail })
}

// fallingRoot is the root at or above 0 of a falling function, by halving.
func fallingRoot(f func(x float64) float64) float64 {
	lo, hi := 0.0, 1.0
	for f(hi) > 0 && hi < 1e300 {
		lo, hi = hi, 2*hi
	}
	for range 200 {
		if mid := (lo + hi) / 2; f(mid) > 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}
