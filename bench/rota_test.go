package bench

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// work lets so many workers do all shifts; fail says which fail. It returns every
// group's shifts in the order in which they were done.
func work(t *rapid.T, r *rota, workers, groups int, fail func(shift int64) bool) [][]int64 {
	done, inside := make([][]int64, groups), make([]atomic.Int32, groups)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for s, ok := r.take(); ok; s, ok = r.take() {
				g := s % int64(groups)
				if inside[g].Add(1) != 1 {
					t.Errorf("two workers are in group %d", g)
				}
				done[g] = append(done[g], s)
				runtime.Gosched()
				inside[g].Add(-1)
				if fail(s) {
					r.end(s, errors.New("broken"))
				} else {
					r.end(s, nil)
				}
			}
		})
	}
	wait.Wait()
	return done
}

func TestShiftsOfAGroupGoInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups, workers := rapid.IntRange(1, 9).Draw(t, "groups"), rapid.IntRange(1, 12).Draw(t, "workers")
		rounds := rapid.Int64Range(0, 6).Draw(t, "rounds")
		broken := rapid.Int64Range(0, rounds*int64(groups)).Draw(t, "broken") // the last: none
		r := newRota(rounds*int64(groups), groups)
		done := work(t, r, workers, groups, func(s int64) bool { return s == broken })
		owed := rounds
		if broken < rounds*int64(groups) {
			owed = broken/int64(groups) + 1
		}
		for g, shifts := range done {
			for i, s := range shifts {
				if s != int64(i*groups+g) {
					t.Fatalf("group %d did shift %d as its %dth", g, s, i)
				}
			}
			if n := int64(len(shifts)); n < owed || n > rounds || workers == 1 && n != owed && broken < rounds*int64(groups) {
				t.Fatalf("group %d did %d shifts, %d are owed before an error counts, of %d", g, n, owed, rounds)
			}
		}
		if got := len(r.errs); (got == 1) != (broken < rounds*int64(groups)) {
			t.Fatalf("%d errors", got)
		}
	})
}
