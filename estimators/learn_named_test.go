package estimators_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// TestTrainedCovariatesByName: a covariate under a name with a method has the
// weights of that name, and is otherwise the covariate. Two of them on one chain
// keep apart.
func TestTrainedCovariatesByName(t *testing.T) {
	f := fixture(t, "gru")
	weights := map[string][]float64{}
	for i, name := range []string{"learned-diagonal@bptt", "learned-diagonal@uoro"} {
		for k := range f.Trajectory.Layout.S() {
			weights[name] = append(weights[name], 0.2+0.3*float64(i)+0.1*float64(k))
		}
	}
	moments := func(trained map[string][]float64, names ...string) [][]float64 {
		o := options(estimators.Pre, estimators.GuardCode)
		o.Covariates, o.Trained = names, trained
		return enumerate(t, chain(t, "uoro", f.Trajectory.Layout, o), f.Trajectory, oracle.Signs, 3)[0].Trace()
	}
	both := moments(weights, "learned-diagonal@bptt", "learned-diagonal@uoro")
	for k, name := range []string{"learned-diagonal@bptt", "learned-diagonal@uoro"} {
		plain := moments(map[string][]float64{"learned-diagonal": weights[name]}, "learned-diagonal")
		if got := both[k+1][k+1]; got != plain[1][1] {
			t.Errorf("%s: variance %v, with the weights under the plain name %v", name, got, plain[1][1])
		}
	}
	if both[1][1] == both[2][2] {
		t.Error("both have the same weights")
	}
}

func TestTrainedNamesAreRefused(t *testing.T) {
	for name, want := range map[string]string{
		"snap1@bptt":             `"snap1" has no weights to train; those that have: linear-dense, linear-rowwise, learned-diagonal`,
		"linear-dense@sgd":       `unknown training method "sgd"; allowed: bptt, rtrl, uoro`,
		"linear-dense@":          `unknown training method ""`,
		"nonsense@bptt":          `"nonsense" has no weights to train`,
		"linear-dense@bptt@bptt": `unknown training method "bptt@bptt"`,
	} {
		if _, err := estimators.FindCovariate(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", name, err, want)
		}
	}
}

// TestHeldOutLoss: the loss over held-out draws is the one that the batches give,
// which share no code with the trainer's networks; and it does not disturb the
// training.
func TestHeldOutLoss(t *testing.T) {
	f := fixture(t, "gru")
	for _, convention := range []estimators.Convention{estimators.Pre, estimators.Post} {
		for _, covariate := range estimators.Trainable {
			o := options(convention, estimators.GuardCode)
			plan := training(f.Trajectory, "bptt", 7, 0.03)
			without, err := estimators.Train(t.Context(), f.Trajectory, o, covariate, plan)
			if err != nil {
				t.Fatal(err)
			}
			plan.HeldOut, plan.HeldOutChunks, plan.Every = func(chunk, step int, dst []float64) { plan.Noise(1000+chunk, step, dst) }, 2, 3
			with, err := estimators.Train(t.Context(), f.Trajectory, o, covariate, plan)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(with.Weights, without.Weights) || !reflect.DeepEqual(with.Loss, without.Loss) {
				t.Errorf("%s: held-out draws change the training", covariate)
			}
			var at []int
			for _, h := range with.HeldOut {
				at = append(at, h.Updates)
			}
			if !reflect.DeepEqual(at, []int{0, 3, 6, 7}) {
				t.Errorf("%s: held-out losses after %v updates", covariate, at)
			}
			o.Covariates = []string{covariate}
			first := batchLoss(t, f.Trajectory, o, plan)
			o.Trained = map[string][]float64{covariate: with.Weights}
			last := batchLoss(t, f.Trajectory, o, plan)
			for _, c := range []struct{ got, want estimators.HeldOutLoss }{{with.HeldOut[0], first}, {with.HeldOut[3], last}} {
				if math.Abs(c.got.Loss-c.want.Loss) > 1e-12*c.want.Scale || math.Abs(c.got.Scale-c.want.Scale) > 1e-12*c.want.Scale {
					t.Errorf("%s %v: %+v, by the batches %+v", covariate, convention, c.got, c.want)
				}
			}
		}
	}
}

// batchLoss is the mean of ‖ĝ − c‖² and ‖ĝ‖² over the held-out draws and all
// steps, from the signals of the chain. The direct term of Pre is in ĝ, and in c
// of the covariates that share θ̃.
func batchLoss(t *testing.T, tr *cell.Trajectory, o estimators.Options, plan estimators.Training) (out estimators.HeldOutLoss) {
	t.Helper()
	ch := chain(t, "uoro", tr.Layout, o)
	offsets, _ := known(ch, tr)
	b := ch.NewBatch()
	eps := make([]float64, ch.NoiseDim*estimators.Lanes)
	count := float64(plan.HeldOutChunks * estimators.Lanes * len(tr.Steps))
	for chunk := range plan.HeldOutChunks {
		b.Reset()
		for step, j := range tr.Steps {
			plan.HeldOut(chunk, step, eps)
			ch.Advance(b, j, eps, func(s *estimators.Signals) {
				for p, direct := range offsets[step] {
					for w := range estimators.Lanes {
						y := s.Scale[0][w] * s.Basis[s.Of[0]][p*estimators.Lanes+w]
						c := s.Scale[1][w] * s.Basis[s.Of[1]][p*estimators.Lanes+w]
						if s.Of[1] == s.Of[0] {
							c += direct
						}
						out.Loss += (y + direct - c) * (y + direct - c) / count
						out.Scale += (y + direct) * (y + direct) / count
					}
				}
			})
		}
	}
	return out
}
