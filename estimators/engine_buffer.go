package estimators

import "unsafe"

// cacheLine is the width of a cache line and of an AVX-512 register, bytes.
const cacheLine = 64

// aligned makes n zeros that begin at a cache line, so that a register never
// straddles two. Go's garbage collector does not move heap objects, so the
// address stays.
func aligned(n int) []float64 {
	const extra = cacheLine / 8
	x := make([]float64, n+extra)
	skip := 0
	if at := uintptr(unsafe.Pointer(unsafe.SliceData(x))) % cacheLine; at != 0 {
		skip = int(cacheLine-at) / 8
	}
	return x[skip : skip+n : skip+n]
}

// slab gives out pieces of one piece of memory, each from a cache line on. Without
// memory it gives nil and only counts what would be used.
type slab struct {
	left []float64
	used int
}

func (s *slab) take(n int) []float64 {
	const line = cacheLine / 8
	whole := (n + line - 1) / line * line
	s.used += whole
	if s.left == nil {
		return nil
	}
	x := s.left[:n:n]
	s.left = s.left[whole:]
	return x
}
