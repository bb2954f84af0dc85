package estimators_test

import (
	"syscall"
	"time"
	"unsafe"
)

// threadTime is the processor time of the calling thread, which must be locked:
// on a busy machine the waiting does not count. Linux only, like the bars.
func threadTime() time.Duration {
	const threadCPUTime = 3 // CLOCK_THREAD_CPUTIME_ID
	var ts syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, threadCPUTime, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		panic(errno)
	}
	return time.Duration(ts.Nano())
}
