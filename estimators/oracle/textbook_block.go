package oracle

import "uorobench/estimators/cell"

// featureBlock is a set of columns of I_t that is one Kronecker product: coordinate
// at[q][c] of θ is what feature lo + c is multiplied by in the q-th of some rows of θ,
// and I_t on them is D ⊗ z[lo:hi], D being S×Q.
type featureBlock struct {
	lo, hi int
	at     [][]int
}

// featureBlocks are all features with all rows, where the rows of a gate are whole. In
// the gru the candidate's row comes in two parts, since the reset gate stands before
// the hidden one: there, what is multiplied by [x; 1] and by [h; 1] are a block each.
func featureBlocks(l *cell.Layout) []featureBlock {
	cuts := []int{0, l.Z()}
	if l.Gates != len(l.Groups) {
		cuts = []int{0, l.X + 1, l.Z()}
	}
	var out []featureBlock
	for i, lo := range cuts[:len(cuts)-1] {
		b := featureBlock{lo: lo, hi: cuts[i+1]}
		for g, group := range l.Groups {
			if group.Lo > b.lo || group.Hi < b.hi {
				continue
			}
			for unit := range l.H {
				first, _ := l.Row(g, unit)
				row := make([]int, b.hi-b.lo)
				for c := range row {
					row[c] = first + b.lo + c - group.Lo
				}
				b.at = append(b.at, row)
			}
		}
		out = append(out, b)
	}
	return out
}

func (b *featureBlock) width() int   { return b.hi - b.lo }
func (b *featureBlock) columns() int { return len(b.at) }

// gather takes the block's coordinates out of an n×P matrix, row by row of θ.
func (b *featureBlock) gather(m []float64, p int) []float64 {
	var out []float64
	for row := 0; row < len(m); row += p {
		for _, coordinates := range b.at {
			for _, j := range coordinates {
				out = append(out, m[row+j])
			}
		}
	}
	return out
}

// scatter puts a gathered vector to its coordinates of dst.
func (b *featureBlock) scatter(dst, x []float64) {
	for q, coordinates := range b.at {
		for c, j := range coordinates {
			dst[j] = x[q*b.width()+c]
		}
	}
}

// gain is D, S×Q, by the feature that is 1: the last one, of the bias.
func (b *featureBlock) gain(immediate []float64, s, p int) []float64 {
	out := make([]float64, s*b.columns())
	for i := range s {
		for q, coordinates := range b.at {
			out[i*b.columns()+q] = immediate[i*p+coordinates[b.width()-1]]
		}
	}
	return out
}
