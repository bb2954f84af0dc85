package kernel

import "math"

// The twins: what every kernel computes, lane by lane, in the order of its
// additions. They define the bits. A product that is added to something without
// math.FMA is put through float64(), or the compiler may fuse the two where the
// machine can.

var twins = &table{
	name:        "go",
	mulLanes:    mulLanes,
	historyRows: historyRows,
	updateRows:  updateRows,
	columns:     columns,
	factors:     factors,
	scaleLanes:  scaleLanes,
	advance:     advance,
	unitBlocks:  unitBlocks,
	normPair:    normPair,
	rho:         rho,
	carry:       carry,
	unitCarry:   unitCarry,
	record:      record,
	signs:       signs,
	mix:         mix,
	dot:         dot,
	accumulate:  accumulate,
	decay:       decay,
	weigh:       weigh,
	squares:     squares,
	peak:        peak,
}

// at views entry i of a lane-minor array.
func at(x []float64, i int) *Row { return (*Row)(x[i*Lanes:]) }

// addScaled is acc += a·x.
func addScaled(acc *Row, a float64, x *Row) {
	for w, v := range x {
		acc[w] = math.FMA(a, v, acc[w])
	}
}

// addProduct is acc += x·y.
func addProduct(acc, x, y *Row) {
	for w, v := range x {
		acc[w] = math.FMA(v, y[w], acc[w])
	}
}

func mulLanes(dst, a, scale, x []float64, tiles, k, ldd int) {
	for i := range tiles * Block {
		var acc Row
		tile := a[i/Block*Block*k:]
		for j := range k {
			addScaled(&acc, tile[j*Block+i%Block], at(x, j))
		}
		for w := range acc {
			acc[w] *= scale[i]
		}
		*(*Row)(dst[i*ldd:]) = acc
	}
}

func dotRows(q, w, y []float64, rows, n, stride, far int) {
	for i := range rows {
		for t := range Block {
			var acc Row
			for j := range n {
				addScaled(&acc, y[j*Block+t], at(w, i*stride+j))
			}
			*at(q, t*far+i) = acc
		}
	}
}

func updateRows(q, w, u, y, next, norm []float64, c, total *Row, rows, n, stride, far, fresh int) {
	for i := range rows {
		var sum Row
		for j := range n {
			row := at(w, i*stride+j)
			if fresh != 0 {
				*row = Row{}
			}
			for t := range Block {
				addScaled(row, y[j*Block+t], at(u, t*far+i))
			}
			scaleRow(row, row, c)
			addProduct(&sum, row, row)
		}
		for l, v := range sum {
			at(norm, i)[l] += v
			total[l] += v
		}
	}
	dotRows(q, w, next, rows, n, stride, far)
}

func historyRows(q, w, u, next []float64, c *Row, rows, n, stride, far int) {
	for i := range rows {
		for j := range n {
			scaleRow(at(w, i*stride+j), at(w, i*stride+j), c)
		}
		for t := range Block {
			scaleRow(at(w, i*stride+n+t), at(u, t*far+i), c)
		}
	}
	dotRows(q, w, next, rows, n+Block, stride, far)
}

// scaleRow is dst = x·by.
func scaleRow(dst, x, by *Row) {
	for l, v := range x {
		dst[l] = v * by[l]
	}
}

func scaleLanes(x []float64, by *Row, n int) {
	for i := range n {
		scaleRow(at(x, i), at(x, i), by)
	}
}

func columns(dst, coef, w []float64, cols, ldd, n, square int) {
	for j := range n {
		row := *at(w, j)
		if square != 0 {
			for l, v := range row {
				row[l] = v * v
			}
		}
		for col := range cols {
			sum := dst[col*ldd+j]
			for l, a := range at(coef, col) {
				sum = math.FMA(row[l], a, sum)
			}
			dst[col*ldd+j] = sum
		}
	}
}

func factors(f *Factors) {
	var dot, sq Row
	for i := range f.Rows {
		u := f.factor(i)
		q := *at(f.Q, f.R*f.Rows+i)
		for t, g := range f.Gram[:f.R] {
			addScaled(&q, g, at(f.U, t*f.Rows+i))
		}
		*at(f.U, f.R*f.Rows+i) = u
		addProduct(&dot, &u, &q)
		addProduct(&sq, &u, &u)
		if f.Unit != nil && f.Fresh {
			*at(f.Unit, 2*i), *at(f.Unit, 2*i+1) = Row{}, Row{}
		}
		if f.Unit != nil {
			addProduct(at(f.Unit, 2*i), &u, &q)
			for l, v := range u {
				at(f.Unit, 2*i+1)[l] = math.FMA(v*v, f.ZZ, at(f.Unit, 2*i+1)[l])
			}
		}
	}
	for l := range dot {
		f.Scales.FactorDot[l] += dot[l]
		f.Scales.FactorSq[l] = math.FMA(sq[l], f.ZZ, f.Scales.FactorSq[l])
	}
}

// factor is u of row i.
func (f *Factors) factor(i int) (u Row) {
	for p := range f.Parts {
		addScaled(&u, f.Gain[p*f.Rows+i], at(f.Eps, p*f.Rows+i))
	}
	return u
}

func advance(s, carried, eps, v []float64, dot *Row, sc *Scales, n int) {
	var sum Row
	for i := range n {
		x, e, out := at(carried, i), at(eps, i), at(s, i)
		for l := range out {
			out[l] = math.FMA(sc.Rho0[l], x[l], float64(sc.Rho1[l]*e[l]))
		}
		addScaled(&sum, v[i], out)
	}
	*dot = sum
}

func unitBlocks(dst, f, x []float64, h, parts int) {
	for at0 := range parts * h {
		a, i := at0/h, at0%h
		var acc Row
		for b := range parts {
			addScaled(&acc, f[(a*parts+b)*h+i], at(x, b*h+i))
		}
		*at(dst, at0) = acc
	}
}

func normPair(x, y []float64, sc *Scales, n int) {
	var a, b Row
	for i := range n {
		addProduct(&a, at(x, i), at(x, i))
		addProduct(&b, at(y, i), at(y, i))
	}
	sc.CarriedSq, sc.NoiseSq = a, b
}

func rho(sc *Scales, top, bottom, after float64) {
	scale := func(num, den float64) float64 {
		return math.Sqrt((math.Sqrt(num)+top)/(math.Sqrt(den)+bottom)) + after
	}
	for l := range sc.Rho0 {
		sc.Rho0[l] = scale(sc.ThetaSq[l], sc.CarriedSq[l])
		sc.Rho1[l] = scale(sc.FactorSq[l], sc.NoiseSq[l])
	}
}

// carried is Carry's formula for one lane; the factors are applied one by one,
// because a squared scale overflows where the product does not.
func carried(was, dot, sq, inv0, inv1 float64) float64 {
	cross := float64(inv0 * dot)
	x := math.FMA(was*inv0, inv0, math.FMA(cross+cross, inv1, float64(sq*inv1*inv1)))
	if x < 0 { // rounding of a difference of squares
		return 0
	}
	return x
}

func carry(sc *Scales) {
	for l, c := range sc.Factor {
		inv0, inv1 := 1/sc.Rho0[l], 1/sc.Rho1[l]
		sc.ThetaSq[l] = carried(sc.ThetaSq[l], c*sc.FactorDot[l], sc.FactorSq[l], inv0, inv1)
		sc.Inv0[l], sc.Inv1[l], sc.Before[l] = inv0, inv1, c
		sc.Factor[l] = c * inv0
		sc.Column[l] = inv1 / (c * inv0)
	}
}

func unitCarry(unit, change []float64, sc *Scales, h int) {
	for i := range h {
		row, dot, sq := at(unit, i), at(change, 2*i), at(change, 2*i+1)
		for l := range row {
			row[l] = carried(row[l], sc.Before[l]*dot[l], sq[l], sc.Inv0[l], sc.Inv1[l])
		}
	}
}

func record(acc, coef, scale []float64, valid *Valid, sc *Scales, signals int) (bad uint32) {
	for l := range valid {
		if !recordable(scale, sc.ThetaSq[l], l, signals) {
			bad |= uint32(valid[l]&1) << l
		}
	}
	keep := func(l int, v float64) float64 {
		if bad>>l&1 != 0 {
			return 0
		}
		return masked(v, valid[l])
	}
	pairs := coef[signals*Lanes:]
	for p, k := 0, 0; k < signals; k++ {
		for l := range Lanes {
			at(coef, k)[l] = keep(l, at(scale, k)[l]*sc.Factor[l])
		}
		for m := k; m < signals; m++ {
			for l := range Lanes {
				product := keep(l, at(scale, k)[l]*at(scale, m)[l])
				at(pairs, p)[l] = product
				at(acc, p)[l] = math.FMA(product, keep(l, sc.ThetaSq[l]), at(acc, p)[l])
			}
			p++
		}
	}
	return bad
}

// recordable says whether draw l's squared signals are finite.
func recordable(scale []float64, thetaSq float64, l, signals int) bool {
	for k := range signals {
		a := at(scale, k)[l]
		if v := float64(a * a * thetaSq); v-v != 0 {
			return false
		}
	}
	return true
}

func signs(dst []float64, words *[Lanes]uint64, shift, n int) {
	for i := range n {
		for l, v := range words {
			bit := v >> (shift + i) & 1
			at(dst, i)[l] = math.Float64frombits(0x3FF0000000000000 | (bit^1)<<63)
		}
	}
}

func mix(dst, a, x, start []float64, copies, terms, near, far, fresh int) {
	for c := range copies {
		for r := range Block {
			acc := at(dst, c*Block+r)
			if fresh != 0 {
				for l := range acc {
					acc[l] = start[r]
				}
			}
			for t := range terms {
				addScaled(acc, a[t*Block+r], at(x, t*far+c*near))
			}
		}
	}
}

func dot(dst *Row, x, y []float64, n int) {
	var sum [4]Row
	for i := range n {
		addProduct(&sum[i%4], at(x, i), at(y, i))
	}
	for l := range dst {
		dst[l] = (sum[0][l] + sum[1][l]) + (sum[2][l] + sum[3][l])
	}
}

func weigh(dst *Row, v, x []float64, n, stride int) {
	var sum Row
	for i := range n {
		addScaled(&sum, v[i], at(x, i*stride))
	}
	*dst = sum
}

func accumulate(acc, x []float64, y *Row, valid *Valid, n int) {
	for i := range n {
		for l, v := range at(x, i) {
			at(acc, i)[l] = math.FMA(masked(v, valid[l]), masked(y[l], valid[l]), at(acc, i)[l])
		}
	}
}

// masked is v, or zero where the draw is not valid.
func masked(v float64, valid uint64) float64 {
	return math.Float64frombits(math.Float64bits(v) & valid)
}

func decay(w, z []float64, decay, factor, sum *Row, n int) {
	for j := range n {
		row := at(w, j)
		for l, v := range row {
			row[l] = math.FMA(decay[l], v, float64(factor[l]*z[j]))
		}
		addProduct(sum, row, row)
	}
}

func squares(dst *Row, lambda, scale, sq []float64, signals, n int) {
	var sum Row
	for i := range n {
		weight := *at(scale, 0)
		for k := 1; k < signals; k++ {
			addScaled(&weight, -lambda[i*(signals-1)+k-1], at(scale, k))
		}
		scaleRow(&weight, &weight, &weight)
		addProduct(&sum, &weight, at(sq, i))
	}
	*dst = sum
}

func peak(n int) {
	var acc Row
	half := acc
	for range n * (PeakOps / Lanes) {
		addProduct(&acc, &half, &half)
	}
}
