package estimators

import (
	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// product is F s̃ for batches by the vector kernel: F is packed once a step and
// multiplied with as many batches as there are.
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

// setRest packs F − F¹, the entries of F that lead from one unit to another.
func (p *product) setRest(l *cell.Layout, j *cell.Jacobian) {
	p.set(j)
	for i := range p.s {
		tile := p.packed[i/kernel.Block*kernel.Block*p.s+i%kernel.Block:]
		for k := i % l.H; k < p.s; k += l.H {
			tile[k*kernel.Block] = 0
		}
	}
}

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

// mulColumns writes dst = F a for matrices whose columns lie one behind the other,
// Padded(S)×Lanes each. (Left: rows of a, and F eight rows at a time by kernel.Mix,
// which writes a tile that had to be copied to where it belongs.)
func (p *product) mulColumns(dst, a []float64) {
	n := kernel.Padded(p.s) * Lanes
	for at := 0; at < len(a); at += n {
		kernel.MulLanes(dst[at:at+n], p.packed, p.ones, a[at:], p.s, p.s, Lanes)
	}
}
