//go:build linux

package kernel

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"unsafe"
)

// threadTime is the processor time of the calling thread in nanoseconds.
func threadTime() int64 {
	var ts syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 3, uintptr(unsafe.Pointer(&ts)), 0)
	return ts.Nano()
}

func rate(work float64, f func()) float64 {
	start := threadTime()
	f()
	return work / float64(threadTime()-start)
}

func buffer(n int) []float64 {
	x := make([]float64, n+8)
	for uintptr(unsafe.Pointer(&x[0]))%64 != 0 {
		x = x[1:]
	}
	for i := range x {
		x[i] = 1e-3
	}
	return x
}

// BenchmarkKernels tells each kernel's share of the peak on hot caches: the
// median of runs interleaved with the peak kernel.
func BenchmarkKernels(b *testing.B) {
	var one Row
	for i := range one {
		one[i] = 1
	}
	var sc Scales
	run := func(name string, work int, f func()) {
		b.Run(name, func(b *testing.B) {
			const turns = 40_000
			reps := max(1, 3_000_000/work)
			var shares []float64
			best := 0.0
			for b.Loop() {
				peak := rate(turns*PeakOps, func() { Peak(turns) })
				got := rate(float64(work*reps), func() {
					for range reps {
						f()
					}
				})
				shares = append(shares, got/peak)
				best = max(best, got)
			}
			slices.Sort(shares)
			b.ReportMetric(100*shares[len(shares)/2], "%peak")
			b.ReportMetric(best, "Gmadd/s-best")
			b.ReportMetric(float64(work)/best, "ns-best")
		})
	}
	for _, h := range []int{16, 64, 256} {
		n := h + 4
		stride := Padded(n + Block)
		rows := min(h, 2)
		s, x, d := buffer(h*h), buffer(h*Lanes), buffer(h*Lanes)
		w, q, y, norm := buffer(h*stride*Lanes), buffer(h*Block*Lanes), buffer(stride*Block), buffer(h*Lanes)
		dst, coef := buffer(8*h*stride), buffer(8*Lanes)
		scale := buffer(h)
		eps := buffer(h * Lanes)
		run(fmt.Sprint("mulLanes/", h), h*h*Lanes, func() { MulLanes(d, s, scale, x, h, h, Lanes) })
		u := buffer(h * Block * Lanes)
		for _, r := range []int{rows, h} {
			run(fmt.Sprint("updateRows/", r, "/", h), r*n*(2*Block+2)*Lanes, func() {
				UpdateRows(q, w, u, y, y, norm, &one, &sc.ThetaSq, r, n, stride, h, false)
			})
			run(fmt.Sprint("historyRows/", r, "/", h), r*((n-4)*(Block+1)+Block*Block)*Lanes, func() {
				HistoryRows(q, w, u, y, &one, r, n-4, stride, h)
			})
		}
		for _, cols := range []int{1, 2, 8} {
			run(fmt.Sprint("columns-L1/", cols, "/", h), cols*stride*Lanes, func() { Columns(dst, coef, w, cols, h*stride, stride, false) })
		}
		run(fmt.Sprint("columns-all/8/", h), 8*h*stride*Lanes, func() { Columns(dst, coef, w, 8, h*stride, h*stride, false) })
		f := Factors{U: u, Gain: scale, Eps: eps, Q: q, Scales: &sc, Rows: h, Parts: 1, ZZ: 1}
		for _, r := range []int{0, 4, 7} {
			run(fmt.Sprint("factors/", r, "/", h), h*(r+4)*Lanes, func() { f.R = r; AddFactors(&f) })
		}
		run(fmt.Sprint("scaleLanes/", h), h*Lanes, func() { ScaleLanes(u, &one, h) })
		run(fmt.Sprint("advance/", h), 3*h*Lanes, func() { Advance(x, d, eps, scale, &one, &sc, h) })
		run(fmt.Sprint("unitBlocks/", h), h*Lanes, func() { UnitBlocks(d, scale, x, h, 1) })
		run(fmt.Sprint("normPair/", h), 2*h*Lanes, func() { NormPair(x, d, &sc, h) })
		var words [Lanes]uint64
		run(fmt.Sprint("signs/", h), h*Lanes, func() { Signs(d, &words, 0, min(h, 64)) })
	}
	var valid Valid
	scale, acc, coef := buffer(2*Lanes), buffer(3*Lanes), buffer(5*Lanes)
	run("rho", 8*Lanes, func() { Rho(&sc, 1e-7, 1e-7, 0) })
	sc = Scales{Rho0: one, Rho1: one, Factor: one}
	run("carry", 8*Lanes, func() { sc.Factor = one; Carry(&sc) })
	run("record", 8*Lanes, func() { Record(acc, coef, scale, &valid, &sc, 2) })
}
