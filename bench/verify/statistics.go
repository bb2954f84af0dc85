package verify

import (
	"math"

	"uorobench/bench/noise"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
	"uorobench/stats"
)

var statisticsCheck = &Check{
	Name: "statistics", Against: "exact moments by enumeration",
	Claim: "all n sign patterns as draws: var_trace is n/(n−1) times the exact variance, bias_sq is −var_trace/n, λ and var_ratio are the exact ones; relative to the variance without covariates",
	// Sums of squares that are as large as the variance.
	Tolerance: 1e-11,
	jobs: func() []job {
		var jobs []job
		for _, j := range uoroJobs(statisticsCase) {
			if j.subject.Noise == oracle.Signs.Name {
				jobs = append(jobs, j)
			}
		}
		return jobs
	},
}

// statisticsGroups do not divide the number of chunks evenly.
const statisticsGroups = 5

func statisticsCase(r *recorder, s Subject, o estimators.Options) {
	o.Covariates = []string{"snap1", "instant"}
	f, c, ok := prepare(r, s, specNamed("uoro"), o, oracle.Signs, covPatterns)
	if !ok {
		return
	}
	last := len(f.Trajectory.Steps)
	exact, err := oracle.Enumerate(c, f.Trajectory, oracle.Signs, last)
	if err != nil {
		r.failed(s, err)
		return
	}
	groups, err := allPatterns(c, f.Trajectory)
	if err != nil {
		r.failed(s, err)
		return
	}
	p := patterns{f, c, exact[0], groups}
	for _, one := range combinations {
		at := s
		if at.Covariate = one.covariate; at.Covariate != "" {
			at.Covariate += "/" + string(one.scope)
		}
		r.found(at, p.errorOf(one.signals, one.scope))
	}
}

// combinations are the rows that are formed of the three signals.
var combinations = []struct {
	covariate string
	signals   []int
	scope     stats.Scope
}{
	{"", nil, stats.ScopeOne},
	{"snap1", []int{1}, stats.ScopeOne},
	{"snap1", []int{1}, stats.ScopeTrace},
	{"snap1+instant", []int{1, 2}, stats.ScopeTrace},
	{"instant", []int{2}, stats.ScopeCoordinate},
}

// patterns are all patterns as draws, beside what they must give.
type patterns struct {
	network *oracle.Fixture
	chain   *estimators.Chain
	exact   *oracle.Moments
	groups  [][]*stats.Moments // groups × 1 step
}

// allPatterns takes every sign pattern as a draw of the last step, chunk c in
// group c mod statisticsGroups.
func allPatterns(c *estimators.Chain, tr *cell.Trajectory) ([][]*stats.Moments, error) {
	filler, err := noise.NewExhaustive(c.NoiseDim, len(tr.Steps))
	if err != nil {
		return nil, err
	}
	groups := make([][]*stats.Moments, statisticsGroups)
	for g := range groups {
		groups[g] = []*stats.Moments{stats.NewMoments(stats.Shape{
			Signals: c.Signals(), Params: tr.Layout.P(), PerCoordinate: true,
		})}
	}
	b, batch, eps := c.NewBatch(), new(stats.Batch), make([]float64, c.NoiseDim*noise.Lanes)
	for w := range batch.Valid {
		batch.Valid[w] = true
	}
	for chunk := uint64(0); chunk < filler.Draws()/noise.Lanes; chunk++ {
		into := groups[chunk%statisticsGroups][0]
		filler.Seek(chunk * noise.Lanes)
		b.Reset()
		for t, j := range tr.Steps {
			filler.Fill(eps, t)
			c.Advance(b, j, eps, func(s *estimators.Signals) {
				if t == len(tr.Steps)-1 {
					batch.Scale, batch.Basis, batch.Of = s.Scale, s.Basis, s.Of
					into.Add(batch)
				}
			})
		}
	}
	return groups, nil
}

// errorOf is the largest error of the row of one combination.
func (p *patterns) errorOf(signals []int, scope stats.Scope) float64 {
	lambda := stats.Fit(p.groups, signals, scope, nil)
	row := stats.NewRow(p.errorsOf(lambda), p.errorsOf(stats.One(nil, 1)))
	plain := p.exact.Trace()[0][0]
	want, n := p.variance(signals, scope), float64(row.Draws)
	most := math.Abs(row.Var.Value*(n-1)/n-want) / plain
	most = worst(most, math.Abs(row.BiasSq.Value+row.Var.Value/n)/plain)
	most = worst(most, math.Abs(row.Ratio.Value-want/plain))
	if scope == stats.ScopeTrace {
		for i, l := range oracle.Optimal(p.cut(signals)) {
			most = worst(most, math.Abs(lambda.At(0, i, 0)-l)/(1+math.Abs(l)))
		}
	}
	return most
}

func (p *patterns) errorsOf(l *stats.Lambda) *stats.Errors {
	var step []*stats.Moments
	for _, g := range p.groups {
		step = append(step, g[0])
	}
	return stats.NewErrors(step, p.combination(l), nil)
}

func (p *patterns) combination(l *stats.Lambda) *stats.Combination {
	tr := p.network.Trajectory
	last := len(tr.Steps)
	offsets, means := known(p.chain, tr)
	return &stats.Combination{
		Lambda: []*stats.Lambda{l}, Offset: offsets[last-1], Means: means[last-1],
		Exact: oracle.BPTTAt(p.network.Cell, p.network.Params, tr, last),
	}
}

// cut is the covariance matrix, in the trace sense, of signal 0 and the chosen
// ones.
func (p *patterns) cut(signals []int) [][]float64 { return submatrix(p.exact.Trace(), signals) }

func submatrix(full [][]float64, signals []int) [][]float64 {
	chosen := append([]int{0}, signals...)
	out := make([][]float64, len(chosen))
	for i, k := range chosen {
		for _, l := range chosen {
			out[i] = append(out[i], full[k][l])
		}
	}
	return out
}

// variance is the exact variance of the combination.
func (p *patterns) variance(signals []int, scope stats.Scope) float64 {
	switch {
	case len(signals) == 0:
		return p.exact.VarTrace(make([]float64, p.chain.Signals()-1))
	case scope == stats.ScopeOne:
		return oracle.Combine(p.cut(signals), ones(len(signals)))
	case scope == stats.ScopeTrace:
		return oracle.Combine(p.cut(signals), oracle.Optimal(p.cut(signals)))
	}
	sum := 0.0
	for j := range p.exact.Mean[0] {
		c := submatrix(atCoordinate(p.exact, j), signals)
		sum += oracle.Combine(c, oracle.Optimal(c))
	}
	return sum
}

// atCoordinate is the K×K covariance matrix of one coordinate.
func atCoordinate(m *oracle.Moments, j int) [][]float64 {
	c := make([][]float64, len(m.Mean))
	for k := range c {
		for l := range c {
			c[k] = append(c[k], m.Cov[k][l][j])
		}
	}
	return c
}

func ones(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = 1
	}
	return out
}
