// Package parallel is the loop whose iterations run on several goroutines.
package parallel

import (
	"sync"
	"sync/atomic"
)

// For calls do for 0 … n−1 on so many workers (at least one), in any order, and
// returns when all calls have. A call writes only what belongs to its own i, so
// that the outcome does not depend on the workers.
func For(n, workers int, do func(i int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(n, max(1, workers)) {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	wait.Wait()
}
