package bench

import "sync"

// rota hands out shifts: shift number s is group s mod groups, for as many chunks
// as a group does at a time. They go out in order, and none before its group's
// shift before is over; so a group's chunks are added in order and by one worker at
// a time, while no worker waits for all the others. Where one stood at the end of
// every round, two workers stood idle for a thirtieth of the time.
type rota struct {
	mu         sync.Mutex
	over       sync.Cond // signalled when a shift is
	next, last int64     // shifts [next, last) are still to go out
	busy       []bool    // by group
	errs       []error
}

func newRota(shifts int64, groups int) *rota {
	r := &rota{last: shifts, busy: make([]bool, groups)}
	r.over.L = &r.mu
	return r
}

// take gives the next shift, or false when there is none left.
func (r *rota) take() (shift int64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.next < r.last && r.busy[r.next%int64(len(r.busy))] {
		r.over.Wait()
	}
	if r.next >= r.last {
		return 0, false
	}
	shift = r.next
	r.busy[shift%int64(len(r.busy))] = true
	r.next++
	return shift, true
}

// end is told how a shift went. After an error the shifts of its round still go
// out, since an earlier draw of theirs may be the first that fails, and no others.
func (r *rota) end(shift int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := int64(len(r.busy))
	r.busy[shift%n] = false
	if err != nil {
		r.errs = append(r.errs, err)
		r.last = min(r.last, (shift/n+1)*n)
	}
	r.over.Broadcast()
}

// lowest picks the non-finite error of the lowest draw, or any other error.
func lowest(errs []error) error {
	var first error
	for _, err := range errs {
		bad, ok := err.(*NonFiniteError)
		if err != nil && !ok {
			return err
		}
		if ok && (first == nil || bad.Draw < first.(*NonFiniteError).Draw) {
			first = bad
		}
	}
	return first
}
