package training

import (
	"hash/fnv"

	"uorobench/bench/noise"
	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// gradient is an estimator put to use: one estimate of the gradient per step, of
// a chain that is measured elsewhere as it stands.
//
// A batch always advances estimators.Lanes draws. The estimate is the mean of
// the first `draws` lanes. The others are not wasted where λ is fitted: they
// are the pilot draws (see lambda). Where it is not they are, and a step costs
// what Lanes draws cost; Cost counts the draws that are used.
type gradient struct {
	chain  *estimators.Chain `carry:"-"`
	batch  estimators.Batch  // nil for a deterministic estimator
	known  estimators.Known
	noise  noise.Filler `carry:"-"`
	eps    []float64    // NoiseDim×Lanes
	offset []float64    // P
	means  [][]float64  // of signals 1 … K-1, P each
	draws  int
	lambda *lambda     // nil without covariates
	coef   [][]float64 // per basis, Lanes: what multiplies it in the estimate
	dst    []float64   // P, the estimate
	add    func(*estimators.Signals)
}

// newGradient makes the estimator of a parsed name for a layout, at step 1.
func newGradient(sel estimators.Selection, l *cell.Layout, c *Config) (*gradient, error) {
	chain, err := sel.Spec.New(l, c.options(sel))
	if err != nil {
		return nil, err
	}
	g := &gradient{
		chain: chain, known: chain.NewKnown(), draws: c.Draws,
		offset: make([]float64, l.P()), dst: make([]float64, l.P()),
	}
	for range chain.Covariates {
		g.means = append(g.means, make([]float64, l.P()))
	}
	if chain.NewBatch != nil {
		g.draw(sel, c)
	}
	g.reset()
	return g, nil
}

// draw adds what a random estimator needs.
func (g *gradient) draw(sel estimators.Selection, c *Config) {
	g.batch = g.chain.NewBatch()
	g.noise = noise.New(c.Seed, noise.Measurement).Rademacher(g.chain.NoiseDim)
	g.eps = make([]float64, g.chain.NoiseDim*estimators.Lanes)
	g.add = g.addSignals
	if k := len(g.means); k > 0 {
		g.lambda = newLambda(k, sel.Scope == scopeOne, c.Draws)
	}
	for range g.chain.Signals() {
		g.coef = append(g.coef, make([]float64, estimators.Lanes))
	}
}

func (g *gradient) reset() {
	g.known.Reset()
	if g.batch != nil {
		g.batch.Reset()
		g.noise.Seek(0)
	}
}

// step advances over the step t (0-based) whose Jacobian is j and returns the
// estimate of its gradient, valid until the next call.
func (g *gradient) step(j *cell.Jacobian, t int) []float64 {
	g.chain.AdvanceKnown(g.known, j, g.offset, g.means)
	copy(g.dst, g.offset)
	if g.batch != nil {
		g.noise.Fill(g.eps, t)
		g.chain.Advance(g.batch, j, g.eps, g.add)
	}
	return g.dst
}

// addSignals adds the mean over the first draws of y_0 − Σ_k λ_k (y_k − μ_k).
func (g *gradient) addSignals(s *estimators.Signals) {
	if g.lambda != nil {
		g.lambda.fit(s, g.means)
		for k, v := range g.lambda.value {
			axpy(v, g.means[k], g.dst)
		}
	}
	g.coefficients(s)
	for b, basis := range s.Basis {
		coef := g.coef[b][:g.draws]
		for j := range g.dst {
			row := basis[j*estimators.Lanes:]
			for w, a := range coef {
				g.dst[j] += a * row[w]
			}
		}
	}
}

// coefficients gathers the signals that share a basis, so that each basis is
// read once.
func (g *gradient) coefficients(s *estimators.Signals) {
	for _, c := range g.coef {
		clear(c)
	}
	share := 1 / float64(g.draws)
	for k, b := range s.Of {
		by := share
		if k > 0 {
			by = -share * g.lambda.value[k-1]
		}
		axpy(by, s.Scale[k], g.coef[b])
	}
}

// normals is the source of the weights of covariates that are not trained:
// standard normals of the covariate stream, tagged by the purpose's name. They
// are the same that a measurement with this seed uses.
func normals(seed uint64) func(purpose string, dst []float64) {
	stream := noise.New(seed, noise.CovariateTraining)
	return func(purpose string, dst []float64) {
		h := fnv.New64a()
		h.Write([]byte(purpose)) // never fails
		u := stream.Uniforms(h.Sum64())
		for i := range dst {
			dst[i] = u.Normal()
		}
	}
}
