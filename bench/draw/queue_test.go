package draw

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// work lets so many workers do all turns; fail says which fail. It returns every
// group's turns in the order in which they were done.
func work(t *rapid.T, q *queue, workers, groups int, fail func(turn int64) bool) [][]int64 {
	done, inside := make([][]int64, groups), make([]atomic.Int32, groups)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for s, ok := q.take(); ok; s, ok = q.take() {
				g := s % int64(groups)
				if inside[g].Add(1) != 1 {
					t.Errorf("two workers are in group %d", g)
				}
				done[g] = append(done[g], s)
				runtime.Gosched()
				inside[g].Add(-1)
				if fail(s) {
					q.end(s, errors.New("broken"))
				} else {
					q.end(s, nil)
				}
			}
		})
	}
	wait.Wait()
	return done
}

func TestTurnsOfAGroupGoInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups, workers := rapid.IntRange(1, 9).Draw(t, "groups"), rapid.IntRange(1, 12).Draw(t, "workers")
		rounds := rapid.Int64Range(0, 6).Draw(t, "rounds")
		broken := rapid.Int64Range(0, rounds*int64(groups)).Draw(t, "broken") // the last: none
		q := newQueue(rounds*int64(groups), groups)
		done := work(t, q, workers, groups, func(s int64) bool { return s == broken })
		owed := rounds
		if broken < rounds*int64(groups) {
			owed = broken/int64(groups) + 1
		}
		for g, turns := range done {
			for i, s := range turns {
				if s != int64(i*groups+g) {
					t.Fatalf("group %d did turn %d as its %dth", g, s, i)
				}
			}
			if n := int64(len(turns)); n < owed || n > rounds || workers == 1 && n != owed && broken < rounds*int64(groups) {
				t.Fatalf("group %d did %d turns, %d are owed before an error counts, of %d", g, n, owed, rounds)
			}
		}
		if got := len(q.errs); (got == 1) != (broken < rounds*int64(groups)) {
			t.Fatalf("%d errors", got)
		}
	})
}
