//go:build amd64 && !noasm

package kernel

import "golang.org/x/sys/cpu"

// available lists what the machine can run, best first. AVX-512 needs the
// doubleword and quadword set beside the foundation, for VXORPD on ZMM.
func available() []*table {
	var list []*table
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasFMA {
		list = append(list, avx512)
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		list = append(list, avx2)
	}
	return append(list, twins)
}
