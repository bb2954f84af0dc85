package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// product is F s̃ for batches by the vector kernel: F is packed once a step and
// multiplied with as many batches as there are. Plain uoro does without, so as to
// stay a reference that shares no kernel with the engine.
type product struct {
	s            int
	packed, ones []float64
}

func newProduct(l *cell.Layout) *product {
	s := l.S()
	p := &product{s, aligned(kernel.Padded(s) * s), make([]float64, kernel.Padded(s))}
	fill(p.ones, 1)
	return p
}

func (p *product) set(j *cell.Jacobian) { kernel.PackTo(p.packed, j.F, p.s, p.s) }

// setAcross packs (F − F̃)ᵀ, the entries of F that lead from one unit to another,
// turned over: mul then takes vᵀ(F − F̃). A row of F lies in the packed tiles as
// runs of Block numbers.
func (p *product) setAcross(l *cell.Layout, j *cell.Jacobian) {
	for i := range p.s {
		row := j.F[i*p.s : (i+1)*p.s]
		for k := 0; k < p.s; k += kernel.Block {
			copy(p.packed[(k*p.s + i*kernel.Block):][:kernel.Block], row[k:])
		}
		for k := i % l.H; k < p.s; k += l.H { // within the unit
			p.packed[k/kernel.Block*kernel.Block*p.s+i*kernel.Block+k%kernel.Block] = 0
		}
	}
}

// mul writes dst = F x; dst must have room for paddedLanes.
func (p *product) mul(dst, x []float64) {
	kernel.MulLanes(dst[:cap(dst)], p.packed, p.ones, x, p.s, p.s, Lanes)
}

// paddedLanes makes n×Lanes zeros with room for the kernel's last tile.
func paddedLanes(n int) []float64 { return aligned(kernel.Padded(n) * Lanes)[:n*Lanes] }

// wideProduct is F A for batches of matrices A, S×columns×Lanes.
type wideProduct struct {
	s, columns   int
	packed, tile []float64 // F, and columns×Block×Lanes: a tile of rows of F A
}

func newWideProduct(s, columns int) *wideProduct {
	return &wideProduct{s, columns, aligned(kernel.Padded(s) * s), aligned(columns * kernel.Block * Lanes)}
}

func (p *wideProduct) set(j *cell.Jacobian) { kernel.PackTo(p.packed, j.F, p.s, p.s) }

// mul writes dst = F a, eight rows of F at a time.
func (p *wideProduct) mul(dst, a []float64) {
	for first := 0; first < p.s; first += kernel.Block {
		kernel.Mix(p.tile, p.packed[first*p.s:], a, noStart[:], p.columns, p.s, 1, p.columns)
		for r := range min(kernel.Block, p.s-first) {
			out := dst[(first+r)*p.columns*Lanes:]
			for c := range p.columns {
				*rowOf(out, c) = *rowOf(p.tile, c*kernel.Block+r)
			}
		}
	}
}

// noStart begins kernel.Mix at zero.
var noStart [kernel.Block]float64
