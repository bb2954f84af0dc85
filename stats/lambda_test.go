package stats

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"
)

// covOf is Σ Cov(y_k, y_l) over the coordinates that in picks, by gonum.
func covOf(s *sample, k, l int, in func(j int) bool) (c float64) {
	for j := range s.shape.Params {
		if in(j) {
			c += stat.Covariance(s.at(k, j), s.at(l, j), nil)
		}
	}
	return c
}

// lambdaOf solves the normal equations by gonum's LU, not by our Cholesky.
func lambdaOf(samples []*sample, signals []int, in func(j int) bool) []float64 {
	n := len(signals)
	a, b := mat.NewDense(n, n, nil), mat.NewVecDense(n, nil)
	for _, s := range samples {
		for i, k := range signals {
			b.SetVec(i, b.AtVec(i)+covOf(s, k, 0, in))
			for j, l := range signals {
				a.Set(i, j, a.At(i, j)+covOf(s, k, l, in))
			}
		}
	}
	var x mat.VecDense
	if err := x.SolveVec(a, b); err != nil {
		panic(err)
	}
	return x.RawVector().Data
}

// fitFixture has two steps of draws in correlated signals on unlike bases.
func fitFixture(seed uint64, draws, groups int) (steps []*sample, moments [][]*Moments) {
	shape := Shape{Signals: 3, Params: 12, Units: 3, UnitOf: scatteredUnits(12, 3), PerUnit: true, PerCoordinate: true}
	moments = make([][]*Moments, groups)
	for m := range 2 {
		s, _ := randomSample(newRand(seed+uint64(m)), shape, []int{0, 1, 2}, draws, groups)
		for _, y := range s.y {
			for j := range y[0] {
				y[0][j] += 0.7*y[1][j] - 0.4*float64(j%4)*y[2][j] + 3
				y[2][j] += 0.5*y[1][j] - 1
			}
		}
		steps = append(steps, s)
		for g, part := range s.momentsOf(groups) {
			moments[g] = append(moments[g], part)
		}
	}
	return steps, moments
}

func anyCoordinate(int) bool { return true }

// Every scope's λ against the normal equations of the stored draws.
func TestFitAgainstNormalEquations(t *testing.T) {
	steps, moments := fitFixture(10, 150, 6)
	signals := []int{2, 1}
	unitOf := moments[0][0].Shape.UnitOf
	for _, scope := range []Scope{ScopeTrace, ScopePooled, ScopeUnit, ScopeCoordinate} {
		l := Fit(moments, signals, scope, nil)
		for m := range steps {
			for j := range 12 {
				in := map[Scope]func(int) bool{
					ScopeTrace: anyCoordinate, ScopePooled: anyCoordinate,
					ScopeUnit:       func(i int) bool { return unitOf[i] == unitOf[j] },
					ScopeCoordinate: func(i int) bool { return i == j },
				}[scope]
				over := steps[m : m+1]
				if scope == ScopePooled {
					over = steps
				}
				want := lambdaOf(over, signals, in)
				for i := range signals {
					near(t, fmt.Sprintf("%s λ, step %d, covariate %d, coordinate %d", scope, m, i, j), l.At(m, i, j), want[i], 10)
				}
			}
		}
	}
}

// Folds: only the groups that use names count.
func TestFitUsesItsGroups(t *testing.T) {
	steps, moments := fitFixture(20, 160, 5)
	l := Fit(moments, []int{1}, ScopeTrace, func(g int) bool { return g != 3 })
	part := steps[1].only(func(n int) bool { return steps[1].group[n] != 3 })
	near(t, "λ of four groups", l.At(1, 0, 0), lambdaOf([]*sample{part}, []int{1}, anyCoordinate)[0], 1)
}

// The MCSE of λ against a jackknife by definition: N fits without one group
// each, on the stored draws, for groups of equal size.
func TestLambdaMCSE(t *testing.T) {
	steps, moments := fitFixture(30, 6*16, 6)
	got := Fit(moments, []int{1}, ScopeTrace, nil).Mean[0][0]
	var left []float64
	for g := range 6 {
		part := steps[0].only(func(n int) bool { return steps[0].group[n] != g })
		left = append(left, lambdaOf([]*sample{part}, []int{1}, anyCoordinate)[0])
	}
	// (G−1)/G Σ (θ_{−g} − mean)² = (G−1)²/G · their sample variance.
	want := math.Sqrt(25.0 / 6 * stat.Variance(left, nil))
	if !got.HasErr {
		t.Fatal("MCSE is absent")
	}
	near(t, "MCSE of λ", got.MCSE, want, 1)
	// Student's t at 5 degrees of freedom, 97.5 %: 2.570582 (any table).
	if width := (got.Hi - got.Lo) / 2 / got.MCSE; math.Abs(width-2.570582) > 1e-6 {
		t.Errorf("half width %v standard errors, want 2.570582", width)
	}
}

// A covariate that repeats an earlier one, or does not vary, gets λ = 0, and is
// counted in the first case; the other's λ is what it is alone.
func TestFitDropsSingularCovariates(t *testing.T) {
	tests := map[string]struct {
		spoil   func(y [][]float64)
		dropped int
	}{
		"copy":     {func(y [][]float64) { copy(y[2], y[1]) }, 1},
		"multiple": {func(y [][]float64) { scaleTo(y[2], y[1], -0.3) }, 1},
		"constant": {func(y [][]float64) { fillWith(y[2], 5.1) }, 0},
		"zero":     {func(y [][]float64) { fillWith(y[2], 0) }, 0},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			steps, moments := fitFixture(40, 96, 3)
			for m, s := range steps {
				for _, y := range s.y {
					c.spoil(y)
				}
				for g, part := range s.momentsOf(3) {
					moments[g][m] = part
				}
			}
			alone := lambdaOf(steps[:1], []int{1}, anyCoordinate)[0]
			l := Fit(moments, []int{1, 2}, ScopeTrace, nil)
			for m := range steps {
				if l.DroppedAt(m) != c.dropped || l.At(m, 1, 0) != 0 {
					t.Errorf("dropped %d (want %d), λ of the second %v (want 0)", l.DroppedAt(m), c.dropped, l.At(m, 1, 0))
				}
			}
			near(t, "λ of the first", l.At(0, 0, 0), alone, 1)
		})
	}
}

func scaleTo(dst, src []float64, a float64) {
	for i, v := range src {
		dst[i] = a * v
	}
}

// Without draws, or with one, λ is 0 and has no error; never NaN.
func TestFitOfTooFewDraws(t *testing.T) {
	for _, draws := range []int{0, 1, 2, 16, 17} {
		_, moments := fitFixture(50, draws, 4)
		for _, scope := range []Scope{ScopeOne, ScopeTrace, ScopePooled, ScopeUnit, ScopeCoordinate} {
			l := Fit(moments, []int{1, 2}, scope, nil)
			checkInterval(t, fmt.Sprintf("%s λ of %d draws", scope, draws), l.Mean[0][0])
			if v := l.At(1, 1, 3); !finite(v) {
				t.Errorf("%s λ of %d draws is %v", scope, draws, v)
			}
			if draws <= 16 && l.Mean[0][0].HasErr {
				t.Errorf("%s λ of %d draws in one group has an MCSE", scope, draws)
			}
		}
	}
}

// checkInterval: no NaN or Inf, no interval without an estimate.
func checkInterval(t *testing.T, what string, i Interval) {
	t.Helper()
	for _, v := range []float64{i.Value, i.MCSE, i.Lo, i.Hi} {
		if !finite(v) {
			t.Errorf("%s: %+v holds a number that is not finite", what, i)
		}
	}
	if (i.HasErr && !i.OK) || (i.HasCI && !(i.Lo <= i.Value && i.Value <= i.Hi)) || i.MCSE < 0 {
		t.Errorf("%s: %+v contradicts itself", what, i)
	}
}

// Which mean should centre λ's moments? For Gaussian draws with slope λ and
// residual variance 1 − ρ², exactly:
//
//	both sample means   E(λ̂−λ)² = (1−ρ²)/(N−3)   (least squares with intercept)
//	both known means    E(λ̂−λ)² = (1−ρ²)/(N−2)   (through the known point)
//	known mean in Var(c) alone: worse than either by about 2ρ²/N², because then
//	numerator and denominator no longer share their error.
//
// So the choice made, sample means, costs 1/N of the MSE, and the tempting
// mixture costs most where the covariate is best. 60,000 repetitions; 4 % is
// over four standard errors of each ratio.
func TestCentringOfLambda(t *testing.T) {
	if testing.Short() {
		t.Skip("simulation")
	}
	const n, rho, reps = 12, 0.95, 60000
	r := newRand(60)
	var sample, known, mixed float64
	for range reps {
		c, y := make([]float64, n), make([]float64, n)
		for i := range c {
			c[i] = r.NormFloat64()
			y[i] = rho*c[i] + math.Sqrt(1-rho*rho)*r.NormFloat64()
		}
		cov := stat.Covariance(c, y, nil) * (n - 1)
		sample += sq(cov/(stat.Variance(c, nil)*(n-1)) - rho)
		known += sq(inner(c, y)/inner(c, c) - rho)
		mixed += sq(cov/inner(c, c)*n/(n-1) - rho)
	}
	within(t, "sample means", sample/reps/((1-rho*rho)/(n-3)), 1, 0.04)
	within(t, "known means", known/reps/((1-rho*rho)/(n-2)), 1, 0.04)
	if mixed < 1.5*sample {
		t.Errorf("mixed centring has MSE %v, sample means %v: the reason for the choice is gone", mixed/reps, sample/reps)
	}
}

func within(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if !(math.Abs(got-want) <= by) {
		t.Errorf("%s: %v, want %v ± %v", what, got, want, by)
	}
}

// The interval of λ covers its true value: Gaussian draws, 32 groups of 16, four
// coordinates. 1,500 repetitions at 95 %: the band is ± 3.3 binomial standard
// deviations (two-sided 0.1 %).
func TestLambdaCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("simulation")
	}
	const reps, groups, lambda = 1500, 32, 0.8
	r := newRand(70)
	shape := Shape{Signals: 2, Params: 4}
	hits, crossed := 0, 0
	for range reps {
		moments := make([][]*Moments, groups)
		for g := range moments {
			b := packed(shape, []int{0, 1}, nil)
			b.Valid = fullChunk()
			for w := range Lanes {
				b.Scale[0][w], b.Scale[1][w] = 1, 1
				for j := range 4 {
					c := r.NormFloat64()
					b.Basis[1][j*Lanes+w] = c
					b.Basis[0][j*Lanes+w] = lambda*c + r.NormFloat64()
				}
			}
			m := NewMoments(shape)
			m.Add(b)
			moments[g] = []*Moments{m}
		}
		if i := Fit(moments, []int{1}, ScopeTrace, nil).Mean[0][0]; i.Lo <= lambda && lambda <= i.Hi {
			hits++
		}
		var folds []*Lambda
		for f := range 4 {
			folds = append(folds, Fit(moments, []int{1}, ScopeTrace, func(g int) bool { return g%4 != f }))
		}
		if i := Combine(folds)[0].Mean[0][0]; i.Lo <= lambda && lambda <= i.Hi {
			crossed++
		}
	}
	covered(t, "λ", hits, reps, 0.95)
	covered(t, "cross-fitted λ", crossed, reps, 0.95)
}

func fullChunk() (v [Lanes]bool) {
	for w := range v {
		v[w] = true
	}
	return v
}

// covered compares a hit count with a nominal rate: within 3.3 binomial standard
// deviations.
func covered(t *testing.T, what string, hits, reps int, rate float64) {
	t.Helper()
	got, sd := float64(hits)/float64(reps), math.Sqrt(rate*(1-rate)/float64(reps))
	t.Logf("%s: rate %.4f, nominal %.4f, band ± %.4f", what, got, rate, 3.3*sd)
	if math.Abs(got-rate) > 3.3*sd {
		t.Errorf("%s: rate %.4f, want %.4f ± %.4f", what, got, rate, 3.3*sd)
	}
}

// λ for any number of collinear-free covariates solves the normal equations.
func TestSolveProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(rt, "covariates")
		r := newRand(rapid.Uint64().Draw(rt, "seed"))
		rows := grid(n+1, n+4)
		cov := make([]float64, (n+1)*(n+2)/2)
		for k := range rows {
			for j := range rows[k] {
				rows[k][j] = r.NormFloat64()
			}
			for l := range k + 1 {
				cov[Pair(k, l)] = inner(rows[k], rows[l])
			}
		}
		signals, lambda := make([]int, n), make([]float64, n)
		for i := range signals {
			signals[i] = n - i
		}
		if dropped := solve(cov, signals, lambda, newFactor(n)); dropped != 0 {
			rt.Fatalf("%d dropped", dropped)
		}
		for _, k := range signals {
			residual := cov[Pair(k, 0)]
			for i, l := range signals {
				residual -= lambda[i] * cov[Pair(k, l)]
			}
			if math.Abs(residual) > 1e-7 {
				rt.Fatalf("residual %v", residual)
			}
		}
	})
}

// Every covariate's mean and MCSE, against fits that leave one group out: equal
// groups, so the textbook's (G−1)/G Σ (θ_{−g} − θ̄)².
func TestMeansOfEveryCovariate(t *testing.T) {
	const groups = 6
	_, moments := fitFixture(130, groups*16, groups)
	for _, scope := range []Scope{ScopeTrace, ScopeUnit, ScopeCoordinate, ScopePooled} {
		l := Fit(moments, []int{2, 1}, scope, nil)
		var left []*Lambda
		for g := range groups {
			left = append(left, Fit(moments, []int{2, 1}, scope, func(h int) bool { return h != g }))
		}
		for i := range 2 {
			var overall []float64
			for g := range left {
				overall = append(overall, (meanAt(left[g], 0, i)+meanAt(left[g], 1, i))/2)
			}
			checkJackknifed(t, string(scope)+" overall", l.Overall[i], (meanAt(l, 0, i)+meanAt(l, 1, i))/2, overall)
			for m := range 2 {
				var values []float64
				for g := range left {
					values = append(values, meanAt(left[g], m, i))
				}
				checkJackknifed(t, string(scope), l.Mean[m][i], meanAt(l, m, i), values)
			}
		}
	}
}

// meanAt is the mean over the fixture's 12 coordinates, which units share evenly.
func meanAt(l *Lambda, m, i int) float64 {
	sum := 0.0
	for j := range 12 {
		sum += l.At(m, i, j) / 12
	}
	return sum
}

func checkJackknifed(t *testing.T, what string, got Interval, value float64, left []float64) {
	t.Helper()
	g := float64(len(left))
	near(t, what+" value", got.Value, value, 1)
	within(t, what+" MCSE", got.MCSE/math.Sqrt((g-1)*(g-1)/g*stat.Variance(left, nil)), 1, 1e-8)
}
