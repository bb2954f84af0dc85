package oracle

import "uorobench/estimators/cell"

// The closed form of two relatives of UORO. Their signals are products
// (α_k·ε)(β_j·ε) as UORO's are, with another α or another β.

// fillBlocks is fill for split-uoro: a coordinate of a block sees the noise of the
// block's state entries alone, so that α is zero elsewhere.
func (c *Closed) fillBlocks(tr *cell.Trajectory, alpha [][][]float64, scale []float64, blocks int) {
	h := tr.Layout.H
	for m := range blocks {
		first, end := m*h/blocks, (m+1)*h/blocks
		c.fill(tr, within(alpha, h, first, end), scale, first, end)
	}
}

// within is α with zeros but at the state entries of the units from first to end.
func within(alpha [][][]float64, h, first, end int) [][][]float64 {
	out := make([][][]float64, len(alpha))
	for k := range alpha {
		for _, a := range alpha[k] {
			masked := make([]float64, len(a))
			for i, v := range a {
				if unit := i % h; unit >= first && unit < end {
					masked[i] = v
				}
			}
			out[k] = append(out[k], masked)
		}
	}
	return out
}

// fillResidual is fill for residual, whose source is K_τ = (F_τ − F̃_τ) S_{τ−1} with
// S_τ = F̃_τ S_{τ−1} + I_τ, F̃ the part of F within the units: β_j is column j of K,
// which reaches all state entries but those of j's own unit.
func (c *Closed) fillResidual(tr *cell.Trajectory, alpha [][][]float64, scale []float64) {
	l := tr.Layout
	r := &residualSource{layout: l, unitOf: l.UnitOf(), s: zeros(l.Parts, l.P()), next: zeros(l.Parts, l.P())}
	column := make([]float64, l.S())
	squares := make([]float64, l.P())
	inner := innerProducts(alpha)
	for tau, j := range tr.Steps[:len(scale)] {
		at := make([][]float64, len(alpha)) // α_k/c at this time: β is the column itself then
		for k := range alpha {
			at[k] = make([]float64, l.S())
			accumulate(at[k], 1/scale[tau], alpha[k][tau])
		}
		same := innerProducts(oneTime(at))
		for p := range squares {
			r.column(column, j, p)
			squares[p] += dot(column, column) / (scale[tau] * scale[tau])
			c.addColumn(at, same, column, p)
		}
		r.step(j)
	}
	for k := range c.Mean {
		for m := 0; m <= k; m++ {
			accumulate(c.gauss[k][m], inner[k][m], squares)
			accumulateProduct(c.gauss[k][m], 1, c.Mean[k], c.Mean[m])
		}
	}
}

// oneTime has the vectors of one time in the shape of those of all.
func oneTime(at [][]float64) [][][]float64 {
	out := make([][][]float64, len(at))
	for k := range at {
		out[k] = at[k : k+1]
	}
	return out
}

// addColumn takes in coordinate p at one time: α_k, their inner products, and β_j, of
// which only the products matter, so that a scale may stand in either.
func (c *Closed) addColumn(alpha, same [][]float64, beta []float64, p int) {
	square := dot(beta, beta)
	for k := range alpha {
		along := dot(alpha[k], beta)
		c.Mean[k][p] += along
		for m := 0; m <= k; m++ {
			c.equal[k][m][p] += same[k][m]*square + along*dot(alpha[m], beta)
			for i, b := range beta {
				c.quartic[k][m][p] += alpha[k][i] * alpha[m][i] * b * b
			}
		}
	}
}

// residualSource follows S, of which column j is zero but at its own unit's state
// entries: s[part][j].
type residualSource struct {
	layout  *cell.Layout
	unitOf  []int32
	s, next [][]float64
}

// column writes column p of (F − F̃) S.
func (r *residualSource) column(dst []float64, j *cell.Jacobian, p int) {
	h, n, unit := r.layout.H, r.layout.S(), int(r.unitOf[p])
	for i := range dst {
		dst[i] = 0
		if i%h == unit {
			continue // F − F̃ is zero within the unit
		}
		for part, s := range r.s {
			dst[i] += j.F[i*n+part*h+unit] * s[p]
		}
	}
}

// step writes S = F̃ S + I.
func (r *residualSource) step(j *cell.Jacobian) {
	l := r.layout
	h, n := l.H, l.S()
	for g := range l.Groups {
		for unit := range h {
			lo, hi := l.Row(g, unit)
			for a := range r.next {
				for p := lo; p < hi; p++ {
					v := j.Gain[(g*l.Parts+a)*h+unit] * j.Z[l.Groups[g].Lo+p-lo]
					for b := range r.s {
						v += j.F[(a*h+unit)*n+b*h+unit] * r.s[b][p]
					}
					r.next[a][p] = v
				}
			}
		}
	}
	r.s, r.next = r.next, r.s
}

func zeros(rows, columns int) [][]float64 {
	m := make([][]float64, rows)
	for i := range m {
		m[i] = make([]float64, columns)
	}
	return m
}

// innerProducts is Σ_τ α_k·α_m.
func innerProducts(alpha [][][]float64) [][]float64 {
	inner := square(len(alpha))
	for k := range alpha {
		for m := range alpha {
			for tau := range alpha[k] {
				inner[k][m] += dot(alpha[k][tau], alpha[m][tau])
			}
		}
	}
	return inner
}
