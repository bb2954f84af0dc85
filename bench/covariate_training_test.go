package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"uorobench/bench/noise"
	"uorobench/estimators"
)

// trains is a small experiment with every trainable covariate by every method.
func trains(change func(e *Experiment)) *Experiment {
	return small(func(e *Experiment) {
		e.Estimators = []string{"uoro", "cv-uoro/instant"}
		for _, method := range estimators.TrainingMethods {
			for _, name := range estimators.Trainable {
				e.Estimators = append(e.Estimators, "cv-uoro/"+name+"@"+method)
			}
		}
		e.CovariateTraining.Updates, e.CovariateTraining.Rate = 30, 0.05
		if change != nil {
			change(e)
		}
	})
}

// Trainings run side by side, and are the same whoever runs them.
func TestTrainingDoesNotDependOnWorkers(t *testing.T) {
	var want *Result
	for _, workers := range []int{1, 2, 7} {
		got := mustRun(t, trains(nil), RunOptions{Workers: workers})
		if want == nil {
			want = got
			continue
		}
		sameRows(t, fmt.Sprint(workers, " workers"), got, want)
		if !reflect.DeepEqual(got.Cells[0].Trained, want.Cells[0].Trained) {
			t.Errorf("%d workers train other weights than 1", workers)
		}
	}
}

// The engine and the plain batches read the same trained weights.
func TestEngineGivesThePlainRowsOfTrainedCovariates(t *testing.T) {
	comparePlain(t, trains(func(e *Experiment) {
		e.CovariateTraining.Updates = 3 // less, and λ is the ratio of two rounding errors
		e.Estimators = append(e.Estimators, "cv-uoro/linear-dense", "cv-uoro/snap1+learned-diagonal@uoro+linear-rowwise@bptt")
	}))
}

// What training must do and cannot do: it lowers the loss of all, the variance
// with learned-diagonal, and never the variance with a covariate that is odd.
func TestTrainedCovariatesInARun(t *testing.T) {
	e := trains(func(e *Experiment) {
		e.Draws, e.Pilot = 4096, 2048
		e.Estimators = append(e.Estimators, "cv-uoro/learned-diagonal", "cv-uoro/linear-dense")
		e.CovariateTraining.Updates = 100
	})
	r := mustRun(t, e, RunOptions{})
	untrained := row(t, r, "cv-uoro/learned-diagonal/trace").Pooled.Ratio.Value
	for _, c := range r.Cells[0].Trained {
		first, last := c.HeldOut[0], c.HeldOut[len(c.HeldOut)-1]
		if last.Updates != 100 || !(last.Loss < first.Loss) || last.Scale != first.Scale {
			t.Errorf("%s: held-out loss %+v → %+v", c.Name, first, last)
		}
		got := row(t, r, "cv-uoro/"+c.Name+"/trace").Pooled
		if c.Covariate == "learned-diagonal" {
			if !(got.Ratio.Value < 0.97*untrained) {
				t.Errorf("%s: var_ratio %v, untrained %v", c.Name, got.Ratio.Value, untrained)
			}
		} else if math.Abs(got.Ratio.Value-1) > 0.01 || math.Abs(got.Lambda.Value) > 4*got.Lambda.MCSE {
			t.Errorf("%s: var_ratio %v, λ %v ± %v; it is odd and can do nothing", c.Name, got.Ratio.Value, got.Lambda.Value, got.Lambda.MCSE)
		}
	}
}

// The closed form knows a trained diagonal: exact and drawn variances agree.
func TestTrainedDiagonalHasAClosedForm(t *testing.T) {
	e := trains(func(e *Experiment) {
		e.Estimators, e.Guard = []string{"cv-uoro/learned-diagonal@bptt/one", "cv-uoro/learned-diagonal/one"}, "fixed"
		e.Draws, e.Pilot = 1<<14, 512
	})
	r := mustRun(t, e, RunOptions{})
	p := row(t, r, "cv-uoro/learned-diagonal@bptt/one").Pooled
	if p.Exact == nil || !p.Exact.Z.OK || math.Abs(p.Exact.Z.Value) > 4 {
		t.Errorf("exact %+v, drawn %+v", p.Exact, p.Var)
	}
	if row(t, r, "cv-uoro/learned-diagonal/one").Pooled.Exact != nil {
		t.Error("untrained weights have no closed form")
	}
}

// Training is said to be on draws of its own: no block of noise of a training is
// one of the measurement, of the pilot, or of another part of the training.
func TestTrainingDrawsAreTheirOwn(t *testing.T) {
	const dim = 64 * 4 // a whole block per step and lane
	e := trains(nil)
	var plan estimators.Training
	setNoise(&plan, e, dim)
	seen := map[string]string{}
	add := func(who string, fill func(dst []float64)) {
		dst := make([]float64, dim*Lanes)
		fill(dst)
		key := fmt.Sprint(dst)
		if before, ok := seen[key]; ok {
			t.Errorf("%s reads the noise of %s", who, before)
		}
		seen[key] = who
	}
	for i := range 3 {
		for step := range 2 {
			at := fmt.Sprintf(" %d step %d", i, step)
			add("update"+at, func(dst []float64) { plan.Noise(i, step, dst) })
			add("held-out"+at, func(dst []float64) { plan.HeldOut(i, step, dst) })
			add("signs"+at, func(dst []float64) { plan.Signs(i, 5, step, dst) })
		}
		for _, id := range []noise.ID{noise.Measurement, noise.Pilot} {
			add(fmt.Sprint("stream ", id, " chunk ", i), func(dst []float64) {
				s := noise.New(e.Seed, id).Rademacher(dim)
				s.Seek(uint64(i) * Lanes)
				s.Fill(dst, 0)
			})
		}
	}
}

func TestTrainingStopsWithTheContext(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	e := trains(func(e *Experiment) { e.CovariateTraining.Updates = maxUpdates })
	_, err := Run(ctx, e, RunOptions{Progress: func(p Progress) {
		if strings.HasPrefix(p.Phase, "training ") {
			stop(why)
		}
	}})
	if !errors.Is(err, why) {
		t.Errorf("error %v", err)
	}
}

// A rate that is too large is an error that names cell, covariate and rate.
func TestTrainingThatDiverges(t *testing.T) {
	e := trains(func(e *Experiment) { e.CovariateTraining.Rate = 1e6 })
	_, err := Run(t.Context(), e, RunOptions{})
	if err == nil || !strings.Contains(err.Error(), "cell gru: training linear-dense by bptt: the loss is") {
		t.Errorf("error %v", err)
	}
}

// The method of the table and those of the names mean the same.
func TestTrainingMethodIsSpelledOut(t *testing.T) {
	const plain = "weights = \"random\"\nhidden = 4\nestimators = [\"uoro\", \"cv-uoro/snap1+linear-dense%s\", \"cv-uoro/learned-diagonal%s/unit\"]\n"
	table := hashOf(t, fmt.Sprintf(plain, "", "")+"[covariate_training]\nmethod = \"rtrl\"\nupdates = 7")
	names := hashOf(t, fmt.Sprintf(plain, "@rtrl", "@rtrl")+"covariate_training.updates = 7")
	other := hashOf(t, fmt.Sprintf(plain, "@rtrl", "@bptt")+"covariate_training.updates = 7")
	if table != names || table == other {
		t.Errorf("hashes %s by the table, %s by names, %s by other names", table, names, other)
	}
}
