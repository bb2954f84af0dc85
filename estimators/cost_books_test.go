package estimators_test

import (
	"fmt"
	"strings"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// countedBooks are the textbooks by the estimators' names, for a layout of H units.
func countedBooks(l *cell.Layout) map[string]func(c *counts) textbookOf {
	half := max(l.H/2, 1)
	block := func(n int) func(unit, entry int) bool {
		return func(unit, entry int) bool { return entry%l.H/n == unit/n }
	}
	with := func(cov func(c *counts) *covariateBook) func(c *counts) textbookOf {
		return func(c *counts) textbookOf { return newUOROBook(c, 1, cov(c)) }
	}
	truncated := func(k int) func(c *counts) textbookOf {
		return with(func(c *counts) *covariateBook {
			b := newCovariateBook(c, nil, 0)
			b.age = k
			return b
		})
	}
	uoro := func(c *counts) textbookOf { return newUOROBook(c, 1) }
	books := map[string]func(c *counts) textbookOf{
		"uoro":                          uoro,
		fmt.Sprint("split-uoro-", half): func(c *counts) textbookOf { return newUOROBook(c, half) },
		fmt.Sprint("split-uoro-", l.H):  func(c *counts) textbookOf { return newUOROBook(c, l.H) },
		"multi-uoro-3": func(c *counts) textbookOf {
			return &multiBook{c, []*uoroBook{newUOROBook(c, 1), newUOROBook(c, 1), newUOROBook(c, 1)}}
		},
		"nobacktrack": func(c *counts) textbookOf {
			return &backBook{counts: c, s: make([]float64, l.S()), theta: make([]float64, l.P())}
		},
		"residual":                         func(c *counts) textbookOf { return newResidualBook(c, 1, false) },
		"split-residual-1":                 func(c *counts) textbookOf { return newResidualBook(c, 1, true) },
		fmt.Sprint("split-residual-", l.H): func(c *counts) textbookOf { return newResidualBook(c, l.H, true) },
		"preuoro":                          func(c *counts) textbookOf { return newKroneckerBook(c, 1) },
		"kf-rtrl":                          func(c *counts) textbookOf { return newKroneckerBook(c, 2) },
		"rtrl":                             func(c *counts) textbookOf { return newInfluenceBook(c, everyEntry) },
		"snap1":                            func(c *counts) textbookOf { return newInfluenceBook(c, ownUnit(l)) },
		"snap-1":                           func(c *counts) textbookOf { return newInfluenceBook(c, ownUnit(l)) },
		"cv-uoro/snap1/one":                with(func(c *counts) *covariateBook { return newCovariateBook(c, ownUnit(l), l.Parts) }),
		"cv-uoro/instant/one":              with(func(c *counts) *covariateBook { return newCovariateBook(c, nil, 0) }),
		"cv-uoro/block-" + fmt.Sprint(half) + "/one": with(func(c *counts) *covariateBook { return newCovariateBook(c, block(half), half*l.Parts) }),
		"cv-uoro/truncated-1/one":                    truncated(1),
		"cv-uoro/truncated-3/one":                    truncated(3),
	}
	for _, k := range []int{1, 2, 3} {
		books[fmt.Sprint("tbptt-", k)] = func(c *counts) textbookOf { return &truncatedBook{counts: c, k: k} }
		books[fmt.Sprint("memory-uoro-", k)] = func(c *counts) textbookOf {
			return &memoryBook{counts: c, k: k, uoro: newUOROBook(c, 1)}
		}
	}
	return books
}

// Every estimator's work is what its formula takes, counted as it is done, and the
// formula's estimates are the batch's: on cells with one row a unit and with several,
// with one state entry and with two, under both conventions.
func TestCostIsCounted(t *testing.T) {
	for _, cellName := range []string{"rnn", "gru", "lstm", "alif"} {
		f := sized(t, cellName, 3, 4, 9)
		for name, book := range countedBooks(f.Trajectory.Layout) {
			for _, convention := range []estimators.Convention{estimators.Pre, estimators.Post} {
				t.Run(fmt.Sprint(cellName, "/", name, "/", convention), func(t *testing.T) {
					checkCount(t, f, name, convention, book)
				})
			}
		}
	}
}

func checkCount(t *testing.T, f *oracle.Fixture, name string, convention estimators.Convention, book func(c *counts) textbookOf) {
	l := f.Trajectory.Layout
	sel, err := estimators.Parse(name)
	if err != nil {
		t.Fatal(err)
	}
	if admits := sel.Spec.Admits; admits != nil && admits(l) != nil {
		t.Skip("the cell is not for it")
	}
	if convention == estimators.Post && len(sel.Covariates) == 1 && strings.HasPrefix(sel.Covariates[0], "truncated") {
		t.Skip("counted for pre: under post q_t is the first product")
	}
	o := options(convention, estimators.GuardCode, sel.Covariates...)
	ch, err := sel.Spec.New(l, o)
	if err != nil {
		t.Fatal(err)
	}
	c := &counts{l: l, post: ch.Convention == estimators.Post}
	b := book(c)
	var eps [][]float64
	if ch.NewBatch != nil {
		eps = noise(6, ch, f.Trajectory, 1)
	} else {
		eps = make([][]float64, len(f.Trajectory.Steps))
	}
	batch, known := estimators.Batch(nil), ch.NewKnown()
	known.Reset()
	if ch.NewBatch != nil {
		batch = ch.NewBatch()
		batch.Reset()
	}
	for step, j := range f.Trajectory.Steps {
		c.shared, c.draw = 0, 0
		var own []float64
		if batch != nil {
			own = lane(eps[step], 5)
		}
		want := b.step(j, own)
		got := make([]float64, l.P())
		means := [][]float64{}
		for range ch.Covariates {
			means = append(means, make([]float64, l.P()))
		}
		ch.AdvanceKnown(known, j, got, means)
		for _, m := range means {
			got = add(got, m)
		}
		if batch != nil {
			ch.Advance(batch, j, eps[step], func(s *estimators.Signals) {
				y := make([]float64, l.P())
				for k := range s.Of {
					oracle.Signal(y, s, k, 5)
					for p := range got {
						if k == 0 {
							got[p] += y[p]
						} else {
							got[p] -= y[p]
						}
					}
				}
			})
		}
		if e := distance(got, want); !(e <= 1e-11*(norm(want)+1e-9)) {
			t.Fatalf("step %d: ĝ is off by %.3g of %.3g", step+1, e, norm(want))
		}
	}
	if int64(c.draw) != ch.Cost.PerDraw || int64(c.shared) != ch.Cost.Shared {
		t.Errorf("%d a draw and %d shared; its formula took %d and %d", ch.Cost.PerDraw, ch.Cost.Shared, c.draw, c.shared)
	}
}
