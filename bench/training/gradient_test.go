package training

import (
	"math"
	"testing"

	"uorobench/bench/noise"
	"uorobench/estimators"
)

// patterns enumerates the signs of lane 0 and leaves the other lanes to a stream.
type patterns struct {
	noise.Filler
	all   *noise.Exhaustive
	first []float64
}

func (p *patterns) Fill(eps []float64, t int) {
	p.Filler.Fill(eps, t)
	p.all.Fill(p.first, t)
	for at := 0; at < len(eps); at += estimators.Lanes {
		eps[at] = p.first[at]
	}
}

// At rate 0 the mean over all sign patterns of the gradient that training uses
// is the exact one at every step. Under scope trace λ changes from step to step
// and is fitted on the pilot lanes; the mean over the estimate's own patterns
// must not notice.
func TestMeanGradientIsExact(t *testing.T) {
	const steps, hidden = 5, 2
	methods := []string{
		"uoro", "uoro-post", "residual", "cv-uoro/snap1/one", "cv-uoro/snap1/trace",
		"cv-uoro-post/instant/trace", "cv-uoro/snap1+instant/trace", "cv-residual/snap1/trace",
	}
	for _, method := range methods {
		for _, name := range []string{"rnn", "gru"} {
			c := small(t, name, method, hidden, steps)
			c.Optimizer.Rate, c.Scale = 0, 3
			_, _, run, _ := trajectory(t, c)
			exact := estimators.Exact(run)
			mean := make([][]float64, steps)
			for i := range mean {
				mean[i] = make([]float64, len(exact[0]))
			}
			all, err := noise.NewExhaustive(hidden, steps)
			if err != nil {
				t.Fatal(err)
			}
			tr := mustNew(t, c)
			g := tr.gradient
			g.noise = &patterns{noise.New(9, noise.Pilot).Rademacher(hidden), all, make([]float64, len(g.eps))}
			for n := range all.Draws() {
				restart(g)
				all.Seek(n)
				for s, j := range run.Steps {
					axpy(1/float64(all.Draws()), g.step(j, s), mean[s])
				}
			}
			for s := range exact {
				if off := distance(mean[s], exact[s]); off > 1e-11*(1+math.Sqrt(normSq(exact[s]))) {
					t.Errorf("%s %s: step %d: mean over patterns is off by %g", name, method, s+1, off)
				}
			}
		}
	}
}

// restart puts a gradient before step 1 with λ as it was made.
func restart(g *gradient) {
	g.reset()
	if l := g.lambda; l != nil {
		*l = *newLambda(len(l.value), l.fixed, l.first)
	}
}

func distance(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += (x[i] - y[i]) * (x[i] - y[i])
	}
	return math.Sqrt(sum)
}

// A wrong λ must show: fitted on the estimate's own lane the mean is off. This
// is what keeps the test above from passing for nothing.
func TestInSampleLambdaIsBiased(t *testing.T) {
	const steps, hidden = 5, 2
	c := small(t, "gru", "cv-uoro/snap1/trace", hidden, steps)
	c.Optimizer.Rate, c.Scale = 0, 3
	_, _, run, _ := trajectory(t, c)
	exact := estimators.Exact(run)[steps-1]
	all, err := noise.NewExhaustive(hidden, steps)
	if err != nil {
		t.Fatal(err)
	}
	g := mustNew(t, c).gradient
	g.noise = &patterns{noise.New(9, noise.Pilot).Rademacher(hidden), all, make([]float64, len(g.eps))}
	mean := make([]float64, len(exact))
	for n := range all.Draws() {
		restart(g)
		g.lambda.first = 0
		all.Seek(n)
		for s, j := range run.Steps {
			if d := g.step(j, s); s == steps-1 {
				axpy(1/float64(all.Draws()), d, mean)
			}
		}
	}
	if off := distance(mean, exact); off < 1e-6 {
		t.Errorf("off by %g only: the fixture cannot tell", off)
	}
}

// The estimate of k draws is the mean of the k draws by themselves.
func TestDrawsAreAveraged(t *testing.T) {
	c := small(t, "gru", "residual", 4, 12)
	_, _, run, _ := trajectory(t, c)
	c.Draws = 5
	five := mustNew(t, c).gradient
	c.Draws = 1
	one := mustNew(t, c).gradient
	want := make([][]float64, c.Steps)
	for n := range uint64(5) {
		one.reset()
		one.noise.Seek(n)
		for s, j := range run.Steps {
			if n == 0 {
				want[s] = make([]float64, len(one.dst))
			}
			axpy(0.2, one.step(j, s), want[s])
		}
	}
	for s, j := range run.Steps {
		if off := distance(five.step(j, s), want[s]); off > 1e-12*(1+math.Sqrt(normSq(want[s]))) {
			t.Errorf("step %d: off by %g", s+1, off)
		}
	}
}

// signals makes K signals on bases of their own from values y[k][lane][j].
func signals(y [][estimators.Lanes][]float64) *estimators.Signals {
	s := &estimators.Signals{}
	for k, lanes := range y {
		ones, basis := make([]float64, estimators.Lanes), make([]float64, estimators.Lanes*len(lanes[0]))
		for w, v := range lanes {
			ones[w] = 1
			for j, x := range v {
				basis[j*estimators.Lanes+w] = x
			}
		}
		s.Scale, s.Basis, s.Of = append(s.Scale, ones), append(s.Basis, basis), append(s.Of, k)
	}
	return s
}

// Where y_0 is 2(c_1 − μ_1) − 3(c_2 − μ_2) on the pilot lanes, λ = (2, −3);
// what stands in the lanes of the estimate, or in a lane that is not finite,
// must not matter.
func TestLambdaSolves(t *testing.T) {
	u := noise.New(3, noise.Data).Uniforms(0)
	means := [][]float64{{0.5, -1, 2}, {1, 1, -4}}
	y := make([][estimators.Lanes][]float64, 3)
	for w := range estimators.Lanes {
		y0, c1, c2 := make([]float64, 3), make([]float64, 3), make([]float64, 3)
		for j := range y0 {
			a, b := u.Normal(), u.Normal()
			c1[j], c2[j] = a+means[0][j], b+means[1][j]
			y0[j] = 2*a - 3*b
			if w < 2 {
				y0[j] = 100
			}
			if w == 9 {
				c1[j] = math.Inf(1)
			}
		}
		y[0][w], y[1][w], y[2][w] = y0, c1, c2
	}
	l := newLambda(2, false, 2)
	for range 3 {
		l.fit(signals(y), means)
	}
	if off := math.Abs(l.value[0]-2) + math.Abs(l.value[1]+3); off > 1e-7 { // the ridge is 1e-9
		t.Errorf("λ = %v, want 2 and -3", l.value)
	}
	l = newLambda(2, true, 2)
	l.fit(signals(y), means)
	if l.value[0] != 1 || l.value[1] != 1 {
		t.Errorf("scope one: λ = %v", l.value)
	}
}

// Nothing to fit on: λ stays 1.
func TestLambdaWithoutVariance(t *testing.T) {
	y := make([][estimators.Lanes][]float64, 2)
	for w := range estimators.Lanes {
		y[0][w], y[1][w] = []float64{1}, []float64{2}
	}
	l := newLambda(1, false, 1)
	l.fit(signals(y), [][]float64{{2}})
	if l.value[0] != 1 {
		t.Errorf("λ = %v, want 1", l.value)
	}
}
