package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// sample is the brute-force oracle: it stores every draw of every signal, so
// that any statistic can be computed from its definition.
type sample struct {
	shape Shape
	y     [][][]float64 // draws × K × P
	group []int         // draw n belongs to group[n]
}

// newRand is a generator of test data; the library itself has none.
func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x5eed)) }

// at returns the stored coordinate j of signal k, one entry per draw.
func (s *sample) at(k, j int) []float64 {
	out := make([]float64, len(s.y))
	for n := range s.y {
		out[n] = s.y[n][k][j]
	}
	return out
}

// only returns the draws for which keep is true.
func (s *sample) only(keep func(n int) bool) *sample {
	out := &sample{shape: s.shape}
	for n := range s.y {
		if keep(n) {
			out.y, out.group = append(out.y, s.y[n]), append(out.group, s.group[n])
		}
	}
	return out
}

// chunkOf is a chunk on one or more bases with what it stands for.
type chunkOf struct {
	batch Batch
	y     [][][]float64 // live lanes × K × P
}

// randomChunk draws a chunk of which live lanes hold draws; the others hold NaN.
// Signal k lies on basis of[k].
func randomChunk(r *rand.Rand, s Shape, of []int, live int) *chunkOf {
	bases := 0
	for _, f := range of {
		bases = max(bases, f+1)
	}
	c := &chunkOf{batch: Batch{Of: of, Scale: grid(s.Signals, Lanes), Basis: grid(bases, s.Params*Lanes)}}
	for _, rows := range [][][]float64{c.batch.Scale, c.batch.Basis} {
		for _, row := range rows {
			for i := range row {
				row[i] = r.NormFloat64()
				if i%Lanes >= live {
					row[i] = math.NaN()
				}
			}
		}
	}
	for w := range live {
		c.batch.Valid[w] = true
		c.y = append(c.y, c.lane(s, w))
	}
	return c
}

func (c *chunkOf) lane(s Shape, w int) [][]float64 {
	y := grid(s.Signals, s.Params)
	for k := range y {
		for j := range y[k] {
			y[k][j] = c.batch.Scale[k][w] * c.batch.Basis[c.batch.Of[k]][j*Lanes+w]
		}
	}
	return y
}

// draws makes sample and moments together: draws in chunks of Lanes, chunk c in
// group c mod groups.
func randomSample(r *rand.Rand, s Shape, of []int, draws, groups int) (*sample, []*Moments) {
	out := &sample{shape: s}
	var moments []*Moments
	for range groups {
		moments = append(moments, NewMoments(s))
	}
	for c := 0; c*Lanes < draws; c++ {
		chunk := randomChunk(r, s, of, min(Lanes, draws-c*Lanes))
		moments[c%groups].Add(&chunk.batch)
		for _, y := range chunk.y {
			out.y, out.group = append(out.y, y), append(out.group, c%groups)
		}
	}
	return out, moments
}

// momentsOf adds stored draws, 16 to a chunk and each signal on a basis of its
// own with scale 1, to the groups that they belong to.
func (s *sample) momentsOf(groups int) []*Moments {
	out := make([]*Moments, groups)
	of := make([]int, s.shape.Signals)
	for k := range of {
		of[k] = k
	}
	for g := range out {
		out[g] = NewMoments(s.shape)
		part := s.only(func(n int) bool { return s.group[n] == g })
		for lo := 0; lo < len(part.y); lo += Lanes {
			out[g].Add(packed(s.shape, of, part.y[lo:min(lo+Lanes, len(part.y))]))
		}
	}
	return out
}

func packed(s Shape, of []int, y [][][]float64) *Batch {
	b := &Batch{Of: of, Scale: grid(s.Signals, Lanes), Basis: grid(s.Signals, s.Params*Lanes)}
	for w := range y {
		b.Valid[w] = true
		for k := range s.Signals {
			b.Scale[k][w] = 1
			for j := range s.Params {
				b.Basis[k][j*Lanes+w] = y[w][k][j]
			}
		}
	}
	return b
}

func scatteredUnits(params, units int) []int32 {
	of := make([]int32, params)
	for j := range of {
		of[j] = int32((j*7 + j/3) % units)
	}
	return of
}

// near compares with a tolerance relative to scale: the size of what was summed.
func near(t *testing.T, what string, got, want, scale float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-12*(scale+math.Abs(want))) {
		t.Errorf("%s: got %v, want %v (difference %.3g, scale %.3g)", what, got, want, got-want, scale)
	}
}
