package estimators

import (
	"fmt"
	"slices"
	"strings"

	"uorobench/estimators/cell"
)

// Covariate is a random vector with a known mean that runs beside UORO on the
// same noise and the same ρ0, ρ1: the c of g' = g − λ(c − μ).
type Covariate interface {
	Reset()
	Kill(lane int)
	// Step advances the covariate's own state with UORO's scales (Lanes each)
	// and noise (NoiseDim×Lanes).
	Step(j *cell.Jacobian, rho0, rho1, eps []float64)
	// Scale writes the signal's scale for each lane; v is q_t (Pre) or δ_t
	// (Post). A covariate with its own basis writes that here too.
	Scale(dst, v []float64)
	// Own is the covariate's own basis, P×Lanes; nil when it shares θ̃.
	Own() []float64
}

// Mean is the exact mean of a covariate along the trajectory.
type Mean interface {
	Reset()
	Step(j *cell.Jacobian)
	// PullTo writes μ, length P, for v = q_t before the step or δ_t after it.
	PullTo(dst, v []float64)
}

// CovariateSpec is an entry of the list of covariates.
type CovariateSpec struct {
	Name     string
	Formula  string
	Citation string
	New      func(l *cell.Layout, o Options) Covariate
	NewMean  func(l *cell.Layout, o Options) Mean
	// NewResidualMean is NewMean on the chain of residual, whose source is not I_t
	// but K_t = (F_t − F̃_t) S_{t-1}. nil where that is not cheap.
	NewResidualMean func(l *cell.Layout, o Options) Mean
	// ResidualShared is the Shared cost of NewResidualMean; nil where it is
	// Cost's.
	ResidualShared func(l *cell.Layout) int64
	// Adjoint writes dst = v F̃_t (both of length S), one step back in time of
	// the covariate's adjoint; lag counts the steps that were already taken
	// back. It is written apart from New and NewMean, for the closed form of the
	// variance to judge them by. nil for a covariate that does not share θ̃.
	Adjoint func(l *cell.Layout, dst, v []float64, j *cell.Jacobian, lag int)
	// TrainedAdjoint makes Adjoint for a covariate whose F̃ is trained.
	TrainedAdjoint func(weights []float64) func(l *cell.Layout, dst, v []float64, j *cell.Jacobian, lag int)
	// linear makes the weights of a linear covariate, which the engine runs; nil for
	// the others.
	linear func(l *cell.Layout, o Options) *linearWeights
	// Cost is what the covariate adds to a step.
	Cost func(l *cell.Layout) Cost
	// Of makes the member of a family for a number of Numbers. The entry of a
	// family has no functions of its own.
	Of      func(n int) CovariateSpec
	Numbers Range
}

// SharesTheta says whether the covariate is a scalar times UORO's θ̃, with no basis of
// its own.
func (s CovariateSpec) SharesTheta() bool { return s.Adjoint != nil || s.TrainedAdjoint != nil }

// covariateFamily makes the entry of a family, told by its first member.
func covariateFamily(name string, numbers Range, of func(n int) CovariateSpec) CovariateSpec {
	s := of(numbers.Lo)
	return CovariateSpec{Name: name, Formula: s.Formula, Citation: s.Citation, Of: of, Numbers: numbers}
}

// Covariates lists the control variates. A new one is one file and one line.
//
// The even ones share θ̃: with F̃_t a structured surrogate of F_t whose exact
// influence S_t = F̃_t S_{t-1} + I_t is cheap, s̃ᶜ_t = ρ0 F̃_t s̃ᶜ_{t-1} + ρ1 ε_t
// gives c = (q_t·s̃ᶜ_{t-1}) θ̃_{t-1} with mean q_t S_{t-1}.
//
// The linear ones are odd in ε while UORO is even (both of its factors change
// sign with the noise, and the norms do not), so their covariance with UORO is
// exactly zero and they cannot reduce its variance, however they are trained.
// They are here to show it.
var Covariates = []CovariateSpec{
	snap1Spec,
	instantSpec,
	linearDenseSpec,
	linearRowwiseSpec,
	truncatedFamily,
	blockFamily,
	learnedDiagonalSpec,
	lowRankFamily,
}

// CovariateNames lists the names in order, a family by the name in the list.
func CovariateNames() []string {
	names := make([]string, len(Covariates))
	for i, c := range Covariates {
		names[i] = c.Name
	}
	return names
}

// TrainingMark joins a covariate's name and the method that it is trained by, as
// in "linear-dense@bptt".
const TrainingMark = "@"

// TrainedName splits a covariate's name into the covariate and the method that it
// is trained by, "" for none.
func TrainedName(name string) (covariate, method string) {
	covariate, method, _ = strings.Cut(name, TrainingMark)
	return covariate, method
}

// findTrained returns the covariate that is to be trained by a method.
func findTrained(name string) (CovariateSpec, error) {
	base, method := TrainedName(name)
	if !slices.Contains(Trainable, base) {
		return CovariateSpec{}, fmt.Errorf("covariate %q: %q has no weights to train; those that have: %s", name, base, strings.Join(Trainable, ", "))
	}
	if !slices.Contains(TrainingMethods, method) {
		return CovariateSpec{}, fmt.Errorf("covariate %q: unknown training method %q; allowed: %s", name, method, strings.Join(TrainingMethods, ", "))
	}
	spec, err := FindCovariate(base)
	return spec.trained(base, name), err
}

// trained is the covariate called base with the weights of name in the place of
// its own. It reads them as base, so that a covariate needs no code for it.
func (s CovariateSpec) trained(base, name string) CovariateSpec {
	as := func(o Options) Options {
		o.Trained = map[string][]float64{base: o.Trained[name]}
		return o
	}
	mean := func(make func(*cell.Layout, Options) Mean) func(*cell.Layout, Options) Mean {
		if make == nil {
			return nil
		}
		return func(l *cell.Layout, o Options) Mean { return make(l, as(o)) }
	}
	out := s
	out.Name = name
	out.New = func(l *cell.Layout, o Options) Covariate { return s.New(l, as(o)) }
	out.NewMean, out.NewResidualMean = mean(s.NewMean), mean(s.NewResidualMean)
	if s.linear != nil {
		out.linear = func(l *cell.Layout, o Options) *linearWeights { return s.linear(l, as(o)) }
	}
	return out
}

func findCovariates(names []string) ([]CovariateSpec, error) {
	specs := make([]CovariateSpec, 0, len(names))
	for _, name := range names {
		s, err := FindCovariate(name)
		if err != nil {
			return nil, err
		}
		specs = append(specs, s)
	}
	return specs, nil
}

// FindCovariate returns the entry of the given name, the member of a family, or
// one that is to be trained ("linear-dense@bptt"), or an error that says what is
// allowed. The weights of a trained one are those of its full name in
// Options.Trained; where there are none it is as untrained.
func FindCovariate(name string) (CovariateSpec, error) {
	if strings.Contains(name, TrainingMark) {
		return findTrained(name)
	}
	for _, s := range Covariates {
		if s.Of == nil {
			if s.Name == name {
				return s, nil
			}
			continue
		}
		if n, ok, err := s.Numbers.Member(s.Name, name); ok {
			if err != nil {
				return CovariateSpec{}, fmt.Errorf("covariate %w", err)
			}
			member := s.Of(n)
			member.Name = name
			return member, nil
		}
	}
	return CovariateSpec{}, fmt.Errorf("unknown covariate %q; allowed: %s", name, strings.Join(CovariateNames(), ", "))
}
