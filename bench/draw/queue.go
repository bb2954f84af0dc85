package draw

import "sync"

// queue hands out turns: turn number t is group t mod groups, for as many chunks as
// a group does at a time. They go out in order, and none before its group's turn
// before has ended; so a group's chunks are added in order and by one worker at a
// time, while no worker waits for all the others. Where one stood at the end of
// every round, two workers stood idle for a thirtieth of the time.
type queue struct {
	mu         sync.Mutex
	ended      sync.Cond // signalled when a turn has
	next, last int64     // turns [next, last) are still to go out
	busy       []bool    // by group
	errs       []error
}

func newQueue(turns int64, groups int) *queue {
	q := &queue{last: turns, busy: make([]bool, groups)}
	q.ended.L = &q.mu
	return q
}

// take gives the next turn, or false when there is none left.
func (q *queue) take() (turn int64, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.next < q.last && q.busy[q.next%int64(len(q.busy))] {
		q.ended.Wait()
	}
	if q.next >= q.last {
		return 0, false
	}
	turn = q.next
	q.busy[turn%int64(len(q.busy))] = true
	q.next++
	return turn, true
}

// end takes note of how a turn went. After an error the turns of its round still go
// out, since an earlier draw of theirs may be the first that fails, and no others.
func (q *queue) end(turn int64, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := int64(len(q.busy))
	q.busy[turn%n] = false
	if err != nil {
		q.errs = append(q.errs, err)
		q.last = min(q.last, (turn/n+1)*n)
	}
	q.ended.Broadcast()
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
