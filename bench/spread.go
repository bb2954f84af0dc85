package bench

import (
	"sync"
	"sync/atomic"
)

// spread calls do for 0 … n−1 on so many workers, in any order, and waits for all.
// A call writes what is its own only, so that the outcome does not depend on the
// workers.
func spread(n, workers int, do func(i int)) {
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
