package estimators_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// training trains on fresh signs at every step of a trajectory.
func training(tr *cell.Trajectory, method string, updates int, rate float64) estimators.Training {
	signs := func(a, b uint64, dst []float64) {
		rng := rand.New(rand.NewPCG(a, b))
		for i := range dst {
			dst[i] = float64(2*rng.IntN(2) - 1)
		}
	}
	return estimators.Training{
		Method: method, Updates: updates, Rate: rate, Measured: allSteps(tr),
		Noise: func(update, step int, dst []float64) { signs(uint64(update), uint64(step), dst) },
		Signs: func(update, lane, step int, dst []float64) { signs(uint64(update*100+lane), uint64(step+1000), dst) },
	}
}

// ratioAt is the exact variance of ĝ − λ*c over that of ĝ, at the last step, and
// checks the mean of the trained covariate on the way.
func ratioAt(t *testing.T, f *oracle.Fixture, o estimators.Options, covariate string) float64 {
	t.Helper()
	o.Covariates = []string{covariate}
	ch := chain(t, "uoro", f.Trajectory.Layout, o)
	last := len(f.Trajectory.Steps)
	m := enumerate(t, ch, f.Trajectory, oracle.Signs, last)[0]
	_, means := known(ch, f.Trajectory)
	if e := distance(m.Mean[1], means[last-1][0]); !(e <= 1e-12*(norm(means[last-1][0])+math.Sqrt(m.Trace()[1][1]))) {
		t.Errorf("%s, trained: E[c] − μ = %.3g of %.3g", covariate, e, norm(means[last-1][0]))
	}
	return m.VarTrace(m.Lambda()) / m.VarTrace([]float64{0})
}

// TestTrainingTheDiagonalHelps: by each method, the loss falls and the exact
// variance ratio of the control variate with it.
func TestTrainingTheDiagonalHelps(t *testing.T) {
	f := fixture(t, "gru")
	for _, method := range estimators.TrainingMethods {
		o := options(estimators.Pre, estimators.GuardCode)
		before := ratioAt(t, f, o, "learned-diagonal")
		trained, err := estimators.Train(t.Context(), f.Trajectory, o, "learned-diagonal", training(f.Trajectory, method, 100, 0.04))
		if err != nil {
			t.Fatal(err)
		}
		o.Trained = map[string][]float64{"learned-diagonal": trained.Weights}
		after := ratioAt(t, f, o, "learned-diagonal")
		first, last := mean(trained.Loss[:25])/mean(trained.Scale[:25]), mean(trained.Loss[75:])/mean(trained.Scale[75:])
		if !(last < 0.9*first && after < 0.9*before) {
			t.Errorf("%s: relative loss %.3f → %.3f, exact var_ratio %.3f → %.3f", method, first, last, before, after)
		}
	}
}

// TestTrainingTheLinearOnesIsVain: the loss falls, for c learns the mean of ĝ and
// to be small; and the exact covariance with UORO stays zero, so that the best
// variance ratio is 1 (the parity theorem).
func TestTrainingTheLinearOnesIsVain(t *testing.T) {
	f := fixture(t, "gru")
	for _, covariate := range []string{"linear-dense", "linear-rowwise"} {
		for _, method := range estimators.TrainingMethods {
			o := options(estimators.Pre, estimators.GuardCode)
			trained, err := estimators.Train(t.Context(), f.Trajectory, o, covariate, training(f.Trajectory, method, 30, 0.05))
			if err != nil {
				t.Fatal(err)
			}
			o.Trained = map[string][]float64{covariate: trained.Weights}
			if r := ratioAt(t, f, o, covariate); math.Abs(r-1) > 1e-12 {
				t.Errorf("%s by %s: exact var_ratio %v", covariate, method, r)
			}
			if first, last := mean(trained.Loss[:6]), mean(trained.Loss[24:]); method != "uoro" && !(last < 0.9*first) {
				t.Errorf("%s by %s: loss %.3g → %.3g; it should fall", covariate, method, first, last)
			}
		}
	}
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v / float64(len(x))
	}
	return sum
}

// TestTrainedDiagonalClosedForm: the exact moments of the trained covariate by
// closed form are those of the enumeration.
func TestTrainedDiagonalClosedForm(t *testing.T) {
	f := fixture(t, "gru")
	o := options(estimators.Post, estimators.GuardFixed)
	trained, err := estimators.Train(t.Context(), f.Trajectory, o, "learned-diagonal", training(f.Trajectory, "rtrl", 5, 0.05))
	if err != nil {
		t.Fatal(err)
	}
	o.Trained = map[string][]float64{"learned-diagonal": trained.Weights}
	o.Covariates = []string{"learned-diagonal"}
	last := len(f.Trajectory.Steps)
	m := enumerate(t, chain(t, "uoro", f.Trajectory.Layout, o), f.Trajectory, oracle.Signs, last)[0].Trace()
	form := oracle.Form{Convention: o.Convention, Schedule: o.Schedule, Covariates: o.Covariates, Trained: o.Trained}
	closed, err := oracle.ClosedForm(f.Trajectory, form, last)
	if err != nil {
		t.Fatal(err)
	}
	c := closed.Moments(1).Trace()
	for k := range m {
		for l := range m {
			if math.Abs(c[k][l]-m[k][l]) > 1e-11*math.Sqrt(m[k][k]*m[l][l]) {
				t.Errorf("[%d,%d]: %v by closed form, %v by enumeration", k, l, c[k][l], m[k][l])
			}
		}
	}
	form.Trained = nil
	if _, err := oracle.ClosedForm(f.Trajectory, form, last); err == nil || !strings.Contains(err.Error(), "needs its trained weights") {
		t.Errorf("without weights: %v", err)
	}
}

// TestTrainRefuses: what cannot be trained is refused with what is allowed.
func TestTrainRefuses(t *testing.T) {
	f := fixture(t, "rnn")
	with := func(change func(*estimators.Training)) estimators.Training {
		tr := training(f.Trajectory, "bptt", 3, 0.1)
		change(&tr)
		return tr
	}
	same := func(*estimators.Training) {}
	for want, c := range map[string]struct {
		covariate string
		training  estimators.Training
	}{
		`covariate "snap1" has no weights to train; allowed: linear-dense, linear-rowwise, learned-diagonal`: {"snap1", with(same)},
		`unknown method "sgd"; allowed: bptt, rtrl, uoro`:                                                    {"linear-dense", with(func(t *estimators.Training) { t.Method = "sgd" })},
		`0 updates; want at least 1`:                       {"linear-dense", with(func(t *estimators.Training) { t.Updates = 0 })},
		`rate NaN; it must be positive`:                    {"linear-dense", with(func(t *estimators.Training) { t.Rate = math.NaN() })},
		`no measured step`:                                 {"linear-dense", with(func(t *estimators.Training) { t.Measured = nil })},
		`measured step 5; the trajectory has steps 1 to 4`: {"linear-dense", with(func(t *estimators.Training) { t.Measured = []int{5} })},
		`the loss is`:                                      {"linear-dense", with(func(t *estimators.Training) { t.Rate = 1e200 })},
	} {
		if _, err := estimators.Train(t.Context(), f.Trajectory, options(estimators.Pre, estimators.GuardCode), c.covariate, c.training); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
