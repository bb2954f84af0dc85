package draw

import (
	"syscall"
	"unsafe"
)

// hugePages asks the system to hand over x, which is new, in pages of 2 MB where it
// has them: fewer faults at first touch, fewer misses of the address cache later. It
// is advice, so that a refusal does not matter.
//
// The memory of a large slice is whole pages of Go's heap (8 kB) that nothing else
// lies in. Slices of a few pages are left alone: a piece of advice for each would cut
// the process's map into more pieces than the system allows.
func hugePages(x []float64) {
	const least, goPage, madviseHugePage = 2 << 20, 8 << 10, 14
	if len(x)*8 < least {
		return
	}
	from := uintptr(unsafe.Pointer(unsafe.SliceData(x)))
	to := (from + uintptr(len(x))*8 + goPage - 1) &^ (goPage - 1)
	_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, from, to-from, madviseHugePage)
}
