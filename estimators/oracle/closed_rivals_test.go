package oracle_test

import (
	"slices"
	"strings"
	"testing"

	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// TestClosedFormOfRivals: the same for residual and split-uoro, with the covariates
// that they take.
func TestClosedFormOfRivals(t *testing.T) {
	onResidual := slices.DeleteFunc(slices.Clone(shared), func(name string) bool {
		spec, err := estimators.FindCovariate(name)
		return err != nil || spec.NewResidualMean == nil
	})
	if len(onResidual) == 0 {
		t.Fatal("no covariate of residual")
	}
	for _, law := range []struct {
		law          oracle.Law
		state, steps int
	}{{oracle.Signs, 4, 3}, {oracle.Gauss3, 4, 2}} {
		for _, name := range cell.Names() {
			f := fixture(t, name, hiddenFor(name, law.state), law.steps)
			eachForm(law.steps, func(form oracle.Form) {
				split, rest := form, form
				split.Blocks = 2
				rest.Residual, rest.Covariates = true, onResidual
				compareClosed(t, f, split, law.law)
				compareClosed(t, f, rest, law.law)
			})
		}
	}
}

// More blocks than units of the same size: uneven ones.
func TestClosedFormOfUnevenBlocks(t *testing.T) {
	f := fixture(t, "gru", 3, 3)
	for blocks := 1; blocks <= 3; blocks++ {
		compareClosed(t, f, oracle.Form{Convention: estimators.Post, Covariates: []string{"snap1"}, Blocks: blocks}, oracle.Signs)
	}
}

func TestNoTotalOfRivals(t *testing.T) {
	f := fixture(t, "rnn", 2, 2)
	for _, form := range []oracle.Form{{Residual: true}, {Blocks: 2}} {
		if _, err := oracle.Total(f.Trajectory, form, 1, 2); err == nil || !strings.Contains(err.Error(), "for uoro alone") {
			t.Errorf("%+v: %v", form, err)
		}
	}
}

func normSq(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return sum
}
