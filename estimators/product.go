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

// mul writes dst = F x; dst must have room for paddedLanes.
func (p *product) mul(dst, x []float64) {
	kernel.MulLanes(dst[:cap(dst)], p.packed, p.ones, x, p.s, p.s, Lanes)
}

// paddedLanes makes n×Lanes zeros with room for the kernel's last tile.
func paddedLanes(n int) []float64 { return aligned(kernel.Padded(n) * Lanes)[:n*Lanes] }
