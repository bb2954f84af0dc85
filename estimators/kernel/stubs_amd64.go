//go:build amd64 && !noasm

package kernel

// The assembly, one set of functions per instruction set. They trust their
// callers for every length; kernel.go is where lengths are checked.

var avx512 = &table{
	name:        "avx512",
	mulLanes:    mulLanesAVX512,
	historyRows: historyRowsAVX512,
	updateRows:  updateRowsAVX512,
	columns:     columnsAVX512,
	factors:     factorsAVX512,
	scaleLanes:  scaleLanesAVX512,
	advance:     advanceAVX512,
	unitBlocks:  unitBlocksAVX512,
	normPair:    normPairAVX512,
	rho:         rhoAVX512,
	carry:       carryAVX512,
	unitCarry:   unitCarryAVX512,
	record:      recordAVX512,
	signs:       signsAVX512,
	mix:         mixAVX512,
	dot:         dotAVX512,
	accumulate:  accumulateAVX512,
	decay:       decayAVX512,
	weigh:       weighAVX512,
	squares:     squaresAVX512,
	peak:        peakAVX512,
}

var avx2 = &table{
	name:        "avx2",
	mulLanes:    mulLanesAVX2,
	historyRows: historyRowsAVX2,
	updateRows:  updateRowsAVX2,
	columns:     columnsAVX2,
	factors:     factorsAVX2,
	scaleLanes:  scaleLanesAVX2,
	advance:     advanceAVX2,
	unitBlocks:  unitBlocksAVX2,
	normPair:    normPairAVX2,
	rho:         rhoAVX2,
	carry:       carryAVX2,
	unitCarry:   unitCarryAVX2,
	record:      recordAVX2,
	signs:       signsAVX2,
	mix:         mixAVX2,
	dot:         dotAVX2,
	accumulate:  accumulateAVX2,
	decay:       decayAVX2,
	weigh:       weighAVX2,
	squares:     squaresAVX2,
	peak:        peakAVX2,
}

//go:noescape
func mulLanesAVX512(dst, a, scale, x []float64, tiles, k, ldd int)

//go:noescape
func historyRowsAVX512(q, w, u, next []float64, c *Row, rows, n, stride, far int)

//go:noescape
func updateRowsAVX512(q, w, u, y, next, norm []float64, c, total *Row, rows, n, stride, far, fresh int)

//go:noescape
func columnsAVX512(dst, coef, w []float64, cols, ldd, n, square int)

//go:noescape
func factorsAVX512(f *Factors)

//go:noescape
func scaleLanesAVX512(x []float64, by *Row, n int)

//go:noescape
func advanceAVX512(s, carried, eps, v []float64, dot *Row, sc *Scales, n int)

//go:noescape
func unitBlocksAVX512(dst, f, x []float64, h, parts int)

//go:noescape
func normPairAVX512(x, y []float64, sc *Scales, n int)

//go:noescape
func rhoAVX512(sc *Scales, top, bottom, after float64)

//go:noescape
func carryAVX512(sc *Scales)

//go:noescape
func unitCarryAVX512(unit, change []float64, sc *Scales, h int)

//go:noescape
func recordAVX512(acc, coef, scale []float64, valid *Valid, sc *Scales, signals int) uint32

//go:noescape
func signsAVX512(dst []float64, words *[Lanes]uint64, shift, n int)

//go:noescape
func mixAVX512(dst, a, x, start []float64, copies, terms, near, far, fresh int)

//go:noescape
func dotAVX512(dst *Row, x, y []float64, n int)

//go:noescape
func accumulateAVX512(acc, x []float64, y *Row, valid *Valid, n int)

//go:noescape
func decayAVX512(w, z []float64, decay, factor, sum *Row, n int)

//go:noescape
func weighAVX512(dst *Row, v, x []float64, n, stride int)

//go:noescape
func squaresAVX512(dst *Row, lambda, scale, sq []float64, signals, n int)

//go:noescape
func peakAVX512(n int)

//go:noescape
func mulLanesAVX2(dst, a, scale, x []float64, tiles, k, ldd int)

//go:noescape
func historyRowsAVX2(q, w, u, next []float64, c *Row, rows, n, stride, far int)

//go:noescape
func updateRowsAVX2(q, w, u, y, next, norm []float64, c, total *Row, rows, n, stride, far, fresh int)

//go:noescape
func columnsAVX2(dst, coef, w []float64, cols, ldd, n, square int)

//go:noescape
func factorsAVX2(f *Factors)

//go:noescape
func scaleLanesAVX2(x []float64, by *Row, n int)

//go:noescape
func advanceAVX2(s, carried, eps, v []float64, dot *Row, sc *Scales, n int)

//go:noescape
func unitBlocksAVX2(dst, f, x []float64, h, parts int)

//go:noescape
func normPairAVX2(x, y []float64, sc *Scales, n int)

//go:noescape
func rhoAVX2(sc *Scales, top, bottom, after float64)

//go:noescape
func carryAVX2(sc *Scales)

//go:noescape
func unitCarryAVX2(unit, change []float64, sc *Scales, h int)

//go:noescape
func recordAVX2(acc, coef, scale []float64, valid *Valid, sc *Scales, signals int) uint32

//go:noescape
func signsAVX2(dst []float64, words *[Lanes]uint64, shift, n int)

//go:noescape
func mixAVX2(dst, a, x, start []float64, copies, terms, near, far, fresh int)

//go:noescape
func dotAVX2(dst *Row, x, y []float64, n int)

//go:noescape
func accumulateAVX2(acc, x []float64, y *Row, valid *Valid, n int)

//go:noescape
func decayAVX2(w, z []float64, decay, factor, sum *Row, n int)

//go:noescape
func weighAVX2(dst *Row, v, x []float64, n, stride int)

//go:noescape
func squaresAVX2(dst *Row, lambda, scale, sq []float64, signals, n int)

//go:noescape
func peakAVX2(n int)
