package kernel

// table is one implementation of all kernels.
type table struct {
	name        string
	mulLanes    func(dst, a, scale, x []float64, tiles, k, ldd int)
	historyRows func(q, w, u, next []float64, c *Row, rows, n, stride, far int)
	updateRows  func(q, w, u, y, next, norm []float64, c, total *Row, rows, n, stride, far, fresh int)
	columns     func(dst, coef, w []float64, cols, ldd, n, square int)
	factors     func(f *Factors)
	scaleLanes  func(x []float64, by *Row, n int)
	advance     func(s, carried, eps, v []float64, dot *Row, sc *Scales, n int)
	unitBlocks  func(dst, f, x []float64, h, parts int)
	normPair    func(x, y []float64, sc *Scales, n int)
	rho         func(sc *Scales, top, bottom, after float64)
	carry       func(sc *Scales)
	unitCarry   func(unit, change []float64, sc *Scales, h int)
	record      func(acc, coef, scale []float64, valid *Valid, sc *Scales, signals int) uint32
	signs       func(dst []float64, words *[Lanes]uint64, shift, n int)
	mix         func(dst, a, x, start []float64, copies, terms, near, far, fresh int)
	dot         func(dst *Row, x, y []float64, n int)
	accumulate  func(acc, x []float64, y *Row, valid *Valid, n int)
	decay       func(w, z []float64, decay, factor, sum *Row, n int)
	weigh       func(dst *Row, v, x []float64, n, stride int)
	squares     func(dst *Row, lambda, scale, sq []float64, signals, n int)
	peak        func(n int)
}

var active = best()

// Name is the implementation in use: "avx512", "avx2" or "go".
func Name() string { return active.name }

// Names lists the implementations that this machine can run, best first.
func Names() []string {
	var names []string
	for _, t := range available() {
		names = append(names, t.name)
	}
	return names
}

// Use switches to an implementation by name and says whether it is there. All
// give the same bits; it is for tests and for timing, and must not be called
// while kernels run.
func Use(name string) bool {
	for _, t := range available() {
		if t.name == name {
			active = t
			return true
		}
	}
	return false
}

func best() *table { return available()[0] }

// need panics unless ok: the one shape check of every kernel.
func need(ok bool) {
	if !ok {
		panic("kernel: a slice is shorter than the shape asks for")
	}
}

// Padded is n rounded up to a multiple of Block.
func Padded(n int) int { return (n + Block - 1) / Block * Block }

// PackTo writes the m×k matrix a, row-major, in the order that MulLanes reads
// it: tiles of Block rows, column by column, the last tile filled up with zeros.
// dst has length Padded(m)·k.
func PackTo(dst, a []float64, m, k int) {
	need(len(dst) >= Padded(m)*k && len(a) >= m*k)
	if k == 0 {
		return
	}
	clear(dst[:Padded(m)*k])
	for i := range m {
		tile := dst[i/Block*Block*k+i%Block:]
		for j, v := range a[i*k : (i+1)*k] {
			tile[j*Block] = v
		}
	}
}

// MulLanes writes dst[i] = scale[i]·Σ_k a[i,k]·x[k] for Padded(m) rows i, of
// which those from m on are zero. a is an m×k matrix packed by PackTo, scale has
// length Padded(m), x is k×Lanes, and row i of dst begins at i·ldd. It is the state product F s̃ (ldd = Lanes), and a
// panel of a matrix product when ldd is the row length of a wider matrix. dst
// must not overlap x.
func MulLanes(dst, a, scale, x []float64, m, k, ldd int) {
	if m == 0 {
		return
	}
	rows := Padded(m)
	need(k > 0 && len(dst) >= (rows-1)*ldd+Lanes && len(a) >= rows*k && len(scale) >= rows && len(x) >= k*Lanes)
	active.mulLanes(dst, a, scale, x, rows/Block, k, ldd)
}

// UpdateRows closes a block and opens the next, for a run of rows. w holds rows
// of n coordinates that are stride apart, u the block's factors û_τ and q the
// products of the next block, both Block planes that are far rows apart, and y
// and next, n×Block, the features of the two blocks' steps:
//
//	w[row,j] ← c·(w[row,j] + Σ_τ u[τ,row]·y[j,τ])      q[t,row] = Σ_j next[j,t]·w[row,j]
//
// Each row's new squared norm is added to norm[row] (rows×Lanes) and to total.
// With fresh, w is taken to be zero whatever it holds.
func UpdateRows(q, w, u, y, next, norm []float64, c, total *Row, rows, n, stride, far int, fresh bool) {
	if rows == 0 {
		return
	}
	planes := ((Block-1)*far + rows) * Lanes
	need(len(q) >= planes && len(u) >= planes && len(w) >= ((rows-1)*stride+n)*Lanes &&
		len(y) >= n*Block && len(next) >= n*Block && len(norm) >= rows*Lanes)
	active.updateRows(q, w, u, y, next, norm, c, total, rows, n, stride, far, flag(fresh))
}

// HistoryRows is UpdateRows for rows whose columns are the steps: the n columns
// are multiplied by c, the block's factors times c become Block more, and next,
// (n+Block)×Block, holds the Gram products of the next block's steps with them.
func HistoryRows(q, w, u, next []float64, c *Row, rows, n, stride, far int) {
	if rows == 0 {
		return
	}
	planes := ((Block-1)*far + rows) * Lanes
	need(len(q) >= planes && len(u) >= planes && len(w) >= ((rows-1)*stride+n+Block)*Lanes && len(next) >= (n+Block)*Block)
	active.historyRows(q, w, u, next, c, rows, n, stride, far)
}

// Columns adds sums over the draws: dst[col·ldd+j] += Σ_w coef[col,w]·w[j,w] for
// j < n, where n must be a multiple of Block; with square, of w[j,w]². coef is
// cols×Lanes and w is n×Lanes. A draw whose coefficient is zero must still be
// finite in w.
func Columns(dst, coef, w []float64, cols, ldd, n int, square bool) {
	if cols == 0 || n == 0 {
		return
	}
	need(n%Block == 0 && len(dst) >= (cols-1)*ldd+n && len(coef) >= cols*Lanes && len(w) >= n*Lanes)
	active.columns(dst, coef, w, cols, ldd, n, flag(square))
}

// flag is b as the assembly takes it.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Factors describes one step's noise as it meets one group of rows of θ̃.
type Factors struct {
	U      []float64      // Block×Rows×Lanes: the block's factors; plane R takes u
	Gain   []float64      // Parts×Rows
	Eps    []float64      // Parts×Rows×Lanes
	Q      []float64      // Block×Rows×Lanes: θ̂z as of the block's start
	Unit   []float64      // nil, or Rows×2×Lanes: takes u·(θ̂z) and u²‖z‖² by row
	Scales *Scales        // FactorDot and FactorSq are added to
	Rows   int            // hidden units
	Parts  int            // state entries per unit
	R      int            // steps of the block that are done
	ZZ     float64        // ‖z‖²
	Gram   [Block]float64 // z_τ·z for the R steps
	Fresh  bool           // Unit is taken to be zero whatever it holds
}

// AddFactors writes, for every row, the raw factor u = Σ_part gain·ε, and adds
//
//	FactorDot += Σ_rows u·(q_R + Σ_{τ<R} û_τ·(z_τ·z))      FactorSq += ‖z‖²·Σ_rows u²
//
// where û_τ are the factors of the block's earlier steps, scaled by then.
func AddFactors(f *Factors) {
	rows := f.Rows
	need(f.R < Block && len(f.U) >= Block*rows*Lanes && len(f.Gain) >= f.Parts*rows &&
		len(f.Eps) >= f.Parts*rows*Lanes && len(f.Q) >= Block*rows*Lanes && (f.Unit == nil || len(f.Unit) >= 2*rows*Lanes))
	active.factors(f)
}

// ScaleLanes multiplies n entries by by.
func ScaleLanes(x []float64, by *Row, n int) {
	need(len(x) >= n*Lanes)
	active.scaleLanes(x, by, n)
}

// Advance writes s = ρ0·carried + ρ1·ε for n entries, and dot = Σ_i v[i]·s[i].
func Advance(s, carried, eps, v []float64, dot *Row, sc *Scales, n int) {
	need(len(s) >= n*Lanes && len(carried) >= n*Lanes && len(eps) >= n*Lanes && len(v) >= n)
	active.advance(s, carried, eps, v, dot, sc, n)
}

// UnitBlocks writes dst[a·h+i] = Σ_b f[(a·parts+b)·h+i]·x[b·h+i], the product
// with a matrix that stays within a unit.
func UnitBlocks(dst, f, x []float64, h, parts int) {
	need(len(dst) >= parts*h*Lanes && len(x) >= parts*h*Lanes && len(f) >= parts*parts*h)
	active.unitBlocks(dst, f, x, h, parts)
}

// NormPair writes CarriedSq = ‖x‖² and NoiseSq = ‖y‖² of n entries each.
func NormPair(x, y []float64, sc *Scales, n int) {
	need(len(x) >= n*Lanes && len(y) >= n*Lanes)
	active.normPair(x, y, sc, n)
}

// Rho writes Rho0 = √((‖θ̃‖+top)/(‖F s̃‖+bottom)) + after, and Rho1 likewise
// from ‖εᵀI‖ and ‖ε‖.
func Rho(sc *Scales, top, bottom, after float64) { active.rho(sc, top, bottom, after) }

// Carry takes ThetaSq over a step,
//
//	‖θ̃/ρ0 + (u/ρ1)zᵀ‖² = ‖θ̃‖²/ρ0² + 2 Σ u(θ̃z)/(ρ0 ρ1) + ‖u‖²‖z‖²/ρ1²,
//
// and the block's scale: Before = c, c ← c/ρ0, Column = 1/(ρ1 c).
func Carry(sc *Scales) { active.carry(sc) }

// UnitCarry is Carry's formula for the h units' own norms: unit is h×Lanes and
// change is h×2×Lanes as AddFactors summed it. It comes after Carry.
func UnitCarry(unit, change []float64, sc *Scales, h int) {
	need(len(unit) >= h*Lanes && len(change) >= 2*h*Lanes)
	active.unitCarry(unit, change, sc, h)
}

// Valid marks the draws of a chunk that count: all bits set, or none.
type Valid [Lanes]uint64

// Pairs is the number of unordered pairs of signals, k ≤ l.
func Pairs(signals int) int { return signals * (signals + 1) / 2 }

// Record adds, for the valid draws, scale_k·scale_l·‖θ̃‖² to acc (pairs×Lanes,
// l running within k ≤ l), and writes coef (signals×Lanes), the scale times the
// block's c, and behind it the pairs' scale_k·scale_l. A valid draw of which a
// number is not finite is left out, and its bit is set in the answer.
func Record(acc, coef, scale []float64, valid *Valid, sc *Scales, signals int) (bad uint32) {
	need(len(acc) >= Pairs(signals)*Lanes && len(coef) >= (signals+Pairs(signals))*Lanes && len(scale) >= signals*Lanes)
	return active.record(acc, coef, scale, valid, sc, signals)
}

// Signs writes dst[i,w] = +1 where bit shift+i of draw w's word is set, else
// −1, for n entries; shift+n must not exceed 64.
func Signs(dst []float64, words *[Lanes]uint64, shift, n int) {
	need(len(dst) >= n*Lanes && shift >= 0 && n >= 0 && shift+n <= 64)
	active.signs(dst, words, shift, n)
}

// Mix adds combinations of entries of x, by Block rows for each of the copies:
//
//	dst[c·Block+r] = from + Σ_{t<terms} a[t·Block+r]·x[t·far + c·near]
//
// where from is start[r], the same for all draws and copies, or what dst holds
// where start is nil. It is a product of one small matrix with many small states;
// near and far are entries of Lanes. dst must not overlap x.
func Mix(dst, a, x, start []float64, copies, terms, near, far int) {
	if copies == 0 {
		return
	}
	need(terms >= 0 && near >= 0 && far >= 0 && len(dst) >= copies*Block*Lanes && len(a) >= terms*Block &&
		(terms == 0 || len(x) >= ((terms-1)*far+(copies-1)*near+1)*Lanes) && (start == nil || len(start) >= Block))
	active.mix(dst, a, x, start, copies, terms, near, far, flag(start != nil))
}

// Dot writes dst[w] = Σ_i x[i,w]·y[i,w] over n entries, a multiple of four: four
// sums side by side, (0+1)+(2+3) in the end.
func Dot(dst *Row, x, y []float64, n int) {
	need(n%4 == 0 && len(x) >= n*Lanes && len(y) >= n*Lanes)
	active.dot(dst, x, y, n)
}

// Weigh writes dst[w] = Σ_i v[i]·x[i·stride,w] over n entries: the product of one
// vector with every draw's.
func Weigh(dst *Row, v, x []float64, n, stride int) {
	need(n >= 0 && stride >= 0 && len(v) >= n && (n == 0 || len(x) >= ((n-1)*stride+1)*Lanes))
	active.weigh(dst, v, x, n, stride)
}

// Accumulate adds x[i,w]·y[w] to acc[i,w] for n entries, in the lanes of the valid
// draws. The others may hold anything in x and y.
func Accumulate(acc, x []float64, y *Row, valid *Valid, n int) {
	need(len(acc) >= n*Lanes && len(x) >= n*Lanes)
	active.accumulate(acc, x, y, valid, n)
}

// Decay writes w[j] ← decay·w[j] + factor·z[j] for n entries and adds the squares
// of what it writes to sum: a step of θ̃, a row at a time.
func Decay(w, z []float64, decay, factor, sum *Row, n int) {
	need(len(w) >= n*Lanes && len(z) >= n)
	active.decay(w, z, decay, factor, sum, n)
}

// Squares writes dst[w] = Σ_i (scale[0,w] − Σ_{0<k<signals} λ[i,k-1]·scale[k,w])²·sq[i,w],
// the squared length of a combination of signals on one basis, whose squared
// length sq tells in n parts. λ is n×(signals−1).
func Squares(dst *Row, lambda, scale, sq []float64, signals, n int) {
	need(signals > 0 && len(lambda) >= n*(signals-1) && len(scale) >= signals*Lanes && len(sq) >= n*Lanes)
	active.squares(dst, lambda, scale, sq, signals, n)
}

// Peak runs n·PeakOps fused multiply-adds on registers alone, to learn the
// machine's limit.
func Peak(n int) { active.peak(n) }

// PeakOps is the number of multiply-adds of one turn of Peak.
const PeakOps = 256
