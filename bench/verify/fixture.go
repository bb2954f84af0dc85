package verify

import (
	"math"

	"uorobench/bench/noise"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// The seed of all networks here. What is checked are identities, which hold for
// any numbers; one seed keeps two reports comparable.
const seed = 5

// Inputs of all networks.
const inputs = 2

// familyHidden is the number of units on which it is asked what can be had: the fewest
// that have every member of the families, since split-uoro-3 has a unit per block.
const familyHidden = 3

// weightScale makes F_t far from diagonal and from the identity.
const weightScale = 1.2

// Bounds of an enumeration: milliseconds. Covariates cost the square of their
// number, so estimators other than UORO itself, whose covariates are the same
// code, get smaller networks for them.
const (
	maxPatterns = 1 << 13
	covPatterns = 1 << 12
	fewPatterns = 1 << 10
)

var (
	conventions = []estimators.Convention{estimators.Pre, estimators.Post}
	guards      = append(append([]estimators.Guard{}, estimators.Guards...), estimators.GuardFixed)
	laws        = []oracle.Law{oracle.Signs, oracle.Gauss3}
)

// network makes the small network of a cell, with s_0 ≠ 0.
func network(name string, hidden, steps int) (*oracle.Fixture, error) {
	return wide(name, inputs, hidden, steps)
}

// wide is network with a number of inputs of its own.
func wide(name string, inputs, hidden, steps int) (*oracle.Fixture, error) {
	u := noise.New(seed, noise.Data).Uniforms(uint64(hidden))
	return oracle.NewFixture(name, inputs, hidden, steps, weightScale, u.Next)
}

// sizes are tried in turn for an enumeration. Three steps are the fewest after
// which the full and the diagonal state Jacobian differ under both conventions;
// a smaller network or window is only for estimators that draw much noise.
var sizes = []struct{ hidden, steps int }{{3, 4}, {3, 3}, {2, 3}, {2, 2}, {1, 3}, {1, 2}}

// enumerable makes the largest network on which the chain's noise of a law can
// be enumerated. A nil chain says that even the smallest that can have the
// estimator has too many patterns.
func enumerable(name string, law oracle.Law, most int, make func(l *cell.Layout) (*estimators.Chain, error)) (*oracle.Fixture, *estimators.Chain, error) {
	for i, size := range sizes {
		f, err := network(name, size.hidden, size.steps)
		if err != nil {
			return nil, nil, err
		}
		c, err := make(f.Trajectory.Layout)
		if err != nil && i > 0 {
			continue // too few units
		}
		if err != nil {
			return nil, nil, err
		}
		if points, err := oracle.Points(law, c.NoiseDim*size.steps); err == nil && points <= most {
			return f, c, nil
		}
	}
	return nil, nil, nil
}

// schedule is a fixed ρ0, ρ1 that is far from one and from constant.
func schedule(steps int) *estimators.Schedule {
	s := &estimators.Schedule{}
	for t := range steps {
		s.Rho0 = append(s.Rho0, 0.6+0.5*float64(t%3))
		s.Rho1 = append(s.Rho1, 1.7-0.4*float64(t%4))
	}
	return s
}

// maxSteps is the longest trajectory here.
const maxSteps = 16

func options(c estimators.Convention, g estimators.Guard, covariates ...string) estimators.Options {
	return estimators.Options{
		Convention: c, Guard: g, Schedule: schedule(maxSteps), Covariates: covariates,
		Normals: normals, Trained: trained,
	}
}

// trained stands for the weights of covariates whose F̃ is trained: the identities
// hold for any. A network takes as many as it has state entries.
var trained = map[string][]float64{"learned-diagonal": {0.9, 0.4, 0.7, 0.2, 0.6, 0.8, 0.3, 0.5}}

// normals are the weights of untrained covariates.
func normals(purpose string, dst []float64) {
	tag := uint64(17)
	for _, r := range purpose {
		tag = tag*31 + uint64(r)
	}
	u := noise.New(seed, noise.CovariateTraining).Uniforms(tag)
	for i := range dst {
		dst[i] = u.Normal()
	}
}

// specs are all estimators that are verified, families by their members.
func specs() []estimators.Spec {
	var all []estimators.Spec
	for _, name := range estimatorNames() {
		sel, err := estimators.Parse(name)
		if err != nil {
			panic("verify: the list of estimators does not know " + name)
		}
		all = append(all, sel.Spec)
	}
	return all
}

func specNamed(name string) estimators.Spec {
	for _, s := range specs() {
		if s.Name == name {
			return s
		}
	}
	panic("verify: no estimator " + name)
}

// refuses says whether the estimator cannot be had for the cell.
func refuses(s *estimators.Spec, name string) bool {
	c, err := cell.New(name, inputs, familyHidden)
	return err != nil || s.Check(c.Layout()) != nil
}

// eachForm calls f for every estimator and cell that go together, under every
// convention that the estimator can have and every guard.
func eachForm(f func(s estimators.Spec, cellName string, c estimators.Convention, g estimators.Guard)) {
	for _, s := range specs() {
		for _, name := range cell.Names() {
			if refuses(&s, name) {
				continue
			}
			for _, c := range conventions {
				if s.Convention != nil && c != *s.Convention {
					continue
				}
				for _, g := range guards {
					f(s, name, c, g)
				}
			}
		}
	}
}

func subject(s estimators.Spec, cellName string, c estimators.Convention, g estimators.Guard, law string) Subject {
	return Subject{Cell: cellName, Estimator: s.Name, Convention: c.String(), Guard: string(g), Noise: law}
}

// covariateNames are all covariates, families by their members.
func covariateNames() []string { return oracle.Members(estimators.CovariateNames()) }

// covariatesOf are the covariates that an estimator takes on a cell.
func covariatesOf(s *estimators.Spec, cellName string) []string {
	c, err := cell.New(cellName, inputs, familyHidden)
	if err != nil {
		return nil
	}
	var names []string
	for _, name := range covariateNames() {
		if _, err := s.New(c.Layout(), options(estimators.Pre, estimators.GuardCode, name)); err == nil {
			names = append(names, name)
		}
	}
	return names
}

// sharesBasis says whether a covariate lies on UORO's θ̃.
func sharesBasis(name string) bool {
	spec, err := estimators.FindCovariate(name)
	return err == nil && (spec.Adjoint != nil || spec.TrainedAdjoint != nil)
}

// known runs the deterministic part of a chain: per step the offset and the
// means of the covariates.
func known(c *estimators.Chain, tr *cell.Trajectory) (offsets [][]float64, means [][][]float64) {
	k := c.NewKnown()
	k.Reset()
	for _, j := range tr.Steps {
		offset, mean := vector(tr), make([][]float64, len(c.Covariates))
		for i := range mean {
			mean[i] = vector(tr)
		}
		c.AdvanceKnown(k, j, offset, mean)
		offsets, means = append(offsets, offset), append(means, mean)
	}
	return offsets, means
}

// vector is P zeros.
func vector(tr *cell.Trajectory) []float64 { return make([]float64, tr.Layout.P()) }

// allSteps is 1 … T.
func allSteps(tr *cell.Trajectory) []int {
	steps := make([]int, len(tr.Steps))
	for i := range steps {
		steps[i] = i + 1
	}
	return steps
}

// fillerOf is the noise stream's filler of a law.
func fillerOf(law string, dim int) noise.Filler {
	s := noise.New(seed, noise.Measurement)
	if law == oracle.Gauss3.Name {
		return s.Gaussian(dim)
	}
	return s.Rademacher(dim)
}

// distance is ‖x − y‖.
func distance(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += (x[i] - y[i]) * (x[i] - y[i])
	}
	return math.Sqrt(sum)
}

func norm(x []float64) float64 { return math.Sqrt(dot(x, x)) }

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// add is x + y.
func add(x, y []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] + y[i]
	}
	return out
}

// worst is the largest of all errors so far; unlike max, it keeps NaN.
func worst(a, b float64) float64 {
	if math.IsNaN(a) || a > b {
		return a
	}
	return b
}
