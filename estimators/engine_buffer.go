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
