package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// alongAxes makes errors whose group sums have the given rows along the axes.
func alongAxes(rows [][]float64) *Errors {
	groups := len(rows[0])
	e := &Errors{N: make([]int64, groups), Q: make([]float64, groups), Gram: make([]float64, groups*groups), Along: rows}
	for g := range groups {
		e.N[g], e.Q[g] = 16, 16
	}
	for range rows {
		e.axisSq = append(e.axisSq, 1)
	}
	return e
}

// Without a bias the family-wise p is below 5 % in 5 % of runs, whether the
// directions are one test nine times over or nine tests, for few groups and many.
// Where they are one, Bonferroni rejects a ninth. 2,000 runs: a binomial standard
// deviation of 0.49 %.
func TestMaxZRejects(t *testing.T) {
	if testing.Short() {
		t.Skip("simulation")
	}
	const runs, axes = 2000, 9
	for _, test := range []struct {
		groups      int
		correlation float64
	}{{32, 0}, {32, 0.5}, {32, 0.95}, {32, 1}, {8, 0}, {8, 0.5}, {8, 1}} {
		r := newRand(uint64(500 + test.groups))
		rejected := 0
		for range runs {
			_, p := alongAxes(correlatedRows(r, axes, test.groups, test.correlation)).maxZ()
			count(&rejected, p.Value < 0.05)
		}
		got := float64(rejected) / runs
		t.Logf("%d groups, correlation %.2f: rejects %.3f", test.groups, test.correlation, got)
		if got < 0.035 || got > 0.065 {
			t.Errorf("%d groups, correlation %v: rejects %.3f", test.groups, test.correlation, got)
		}
	}
}

// correlatedRows are normal group sums with correlation c between any two axes.
func correlatedRows(r *rand.Rand, axes, groups int, c float64) [][]float64 {
	rows := grid(axes, groups)
	for g := range groups {
		common := r.NormFloat64()
		for i := range rows {
			rows[i][g] = 4 * (math.Sqrt(c)*common + math.Sqrt(1-c)*r.NormFloat64())
		}
	}
	return rows
}

// The union against brute force: 300,000 sets of groups with the
// correlation, by gonum's Cholesky,  that the tests have, at a |t| whose p is near 1 %.
func TestUnionAgainstBruteForce(t *testing.T) {
	if testing.Short() {
		t.Skip("simulation")
	}
	const groups, axes, runs = 12, 4, 300000
	e := alongAxes(correlatedRows(newRand(510), axes, groups, 0.7))
	tests := make([]axisTest, axes)
	correlation := mat.NewSymDense(axes, nil)
	for i := range tests {
		tests[i], _ = e.axisTest(i)
		for j := range i + 1 {
			correlation.SetSym(i, j, dot(tests[i].unit, tests[j].unit))
		}
	}
	largest := tests[0]
	largest.t = 3.1
	largest.p = 2 * student(groups-1).Survival(largest.t)
	var cholesky mat.Cholesky
	if !cholesky.Factorize(correlation) {
		t.Fatal("the correlation is not positive definite")
	}
	root := cholesky.RawU()
	r, y := newRand(511), make([]float64, axes)
	hits := 0
	for range runs {
		var sum, square [axes]float64
		for range groups {
			clear(y)
			for i := range y {
				x := r.NormFloat64()
				for j := i; j < axes; j++ {
					y[j] += root.At(i, j) * x
				}
			}
			for i, v := range y {
				sum[i] += v
				square[i] += v * v
			}
		}
		far := false
		for i := range sum {
			spread := (square[i] - sum[i]*sum[i]/groups) / (groups - 1)
			far = far || math.Abs(sum[i])/math.Sqrt(groups*spread) >= largest.t
		}
		count(&hits, far)
	}
	want, got := float64(hits)/runs, union(tests, largest)
	t.Logf("union %.5f, brute force %.5f, Bonferroni %.5f", got, want, axes*largest.p)
	// The binomial standard error of the brute force is 0.7 %, that of the integral about 2 %.
	within(t, "union/brute force", got/want, 1, 0.07)
}

// Between one p and Bonferroni's, however far out; and one of two equal directions,
// or of two that are opposite, adds nothing.
func TestUnionBounds(t *testing.T) {
	r := newRand(520)
	rows := correlatedRows(r, 9, 32, 0.3)
	for _, shift := range []float64{0, 1, 3, 10, 1e3, 1e9} {
		for g := range rows[4] {
			rows[4][g] += shift
		}
		e := alongAxes(rows)
		z, p := e.maxZ()
		checkInterval(t, "z", z)
		smallest := 1.0
		for axis := range rows {
			test, _ := e.axisTest(axis)
			smallest = min(smallest, test.p)
		}
		if !p.OK || p.Value < smallest*(1-1e-9) || p.Value > min(1, 9*smallest*(1+1e-9)) {
			t.Errorf("shift %v: p %v, the smallest %v", shift, p.Value, smallest)
		}
	}
	for g := range rows[1] {
		rows[1][g] = -rows[0][g]
		rows[2][g] = rows[0][g]
	}
	e := alongAxes(rows[:3])
	one, _ := e.axisTest(0)
	_, p := e.maxZ()
	near(t, "p of one direction three times", p.Value, one.p, 0)
}

// Of fewer groups than MaxZGroups there is no p, nor a z that is told by one.
func TestMaxZOfFewGroups(t *testing.T) {
	for groups := 1; groups <= MaxZGroups; groups++ {
		z, p := alongAxes(correlatedRows(newRand(530), 9, groups, 0.3)).maxZ()
		checkInterval(t, "z", z)
		checkInterval(t, "p", p)
		if want := groups == MaxZGroups; z.OK != want || p.OK != want {
			t.Errorf("%d groups: z %+v, p %+v", groups, z, p)
		}
	}
}
