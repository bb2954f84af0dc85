package estimators

import (
	"fmt"
	"slices"

	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// The engine runs UORO and the covariates that share its θ̃ along a frozen
// trajectory, Lanes draws at a time. It computes what the plain batch of uoro.go
// computes, in another order of operations:
//
// Blocks. θ̃ is P numbers per draw, too many to touch at every step. Over a
// block of up to 8 steps it is left as it was at the block's start, θ̃_0, and
// the truth is carried in factored form, with a scale c per draw and one factor
// û_τ per step and row:
//
//	θ̃ = c (θ̃_0 + Σ_{τ in block} û_τ z_τᵀ)        c ← c/ρ0,  û_t = u_t/(ρ1 c)
//
// where εᵀI = u zᵀ, row by row, so a step writes H numbers instead of P.
//
// The norm. ρ0 needs ‖θ̃‖, which follows without θ̃:
//
//	‖θ̃/ρ0 + (u/ρ1)zᵀ‖² = ‖θ̃‖²/ρ0² + 2 u·(θ̃z)/(ρ0ρ1) + ‖u‖²‖z‖²/ρ1²
//	θ̃ z_t = c (θ̃_0 z_t + Σ_τ û_τ (z_τ·z_t))
//
// The products θ̃_0 z_t of all steps of the block are taken in one pass over θ̃_0,
// and the Gram products z_τ·z_t are the same for all draws.
//
// Block end. One pass per row, while it is in the first-level cache: sums over
// the draws (below), update, exact norm, and the next block's θ̃_0 z_t.
//
// Statistics. Signal k of a draw is a_k θ̃ with a_k = v·s̃_k, so all second moments
// are sums of a_k a_l ‖θ̃‖² and no gradient is formed. A sum over draws of a_k θ̃
// is taken from θ̃_0 and the û_τ as they lie, with the draws' a_k c as coefficients;
// û_τ z_τᵀ is multiplied out when the sum is read (Sums.MeanTo), once and not per
// draw.
//
// History. The columns of a row may also be the steps instead of the features:
// θ̃ = c Σ_τ û_τ z_τᵀ over all τ, and θ̃ is never formed. Then y below is the Gram
// matrix instead of the features, the update is an append, and all else is the
// same. It is cheaper where the steps are few against the features. Rows are
// rescaled at every block, since c alone would leave the range of float64 after
// a thousand steps.

// Basis says what the columns of the engine's rows are.
type Basis string

const (
	BasisAuto     Basis = "auto"     // whichever takes fewer multiply-adds, group by group
	BasisFeatures Basis = "features" // θ̃ itself
	BasisHistory  Basis = "history"  // the steps
)

// Needs says what is kept at a measured step besides the second moments of the
// signals.
type Needs struct {
	Step       int   // 0-based index into the trajectory's steps
	Mean       []int // the signals whose sum over draws is kept
	Unit       bool  // second moments per hidden unit
	Coordinate bool  // second moments per coordinate
	// Dots are vectors of length P whose inner products with every draw's θ̃ are
	// told in the Reading.
	Dots [][]float64
}

// PlanOptions are the choices of a plan.
type PlanOptions struct {
	Options
	Basis    Basis   // "" is BasisAuto
	Measured []Needs // ascending steps
}

// Plan is a trajectory made ready for the engine: repacked features, Gram
// products, blocks. It is read-only and shared by all workers.
type Plan struct {
	layout   *cell.Layout
	options  Options
	basis    Basis
	signals  int
	groups   []planGroup
	steps    []planStep
	blocks   []planBlock
	measured []Needs
	coords   []int // per measured step, its place among those with coordinates; -1
	units    bool  // whether any step asks for units
	zeros    []float64
}

// planGroup is a group of rows.
type planGroup struct {
	*cell.Group
	history bool
	stride  int // columns of a row: coordinates or past steps, a block, padding
}

// planStep is one step as the engine reads it.
type planStep struct {
	f, scale []float64 // F as a packed matrix, and what its rows are multiplied by
	jacobian *cell.Jacobian
	gain, z  []float64
	pull     []float64   // what Advance takes the signals with
	asked    bool        // whether the signals are read; else pull is zero
	norms    []float64   // per group: ‖z‖²
	within   [][]float64 // per covariate: its unit blocks; nil where F̃ = 0
	before   int         // measured step read before the step (Pre), or -1
	after    int         // measured step read after it (Post), or -1
}

// planBlock is a run of up to kernel.Block steps.
type planBlock struct {
	start, len int
	groups     []blockGroup
	columns    []sumColumn       // by rising r
	seeing     [kernel.Block]int // the first column that sees step τ of the block
	width      int               // of one column's sums, all groups
	reads      int               // measured steps
	dots       []dotColumn
}

// blockGroup is what a block knows of a group.
type blockGroup struct {
	n       int       // columns in use at the block's start
	offset  int       // of the group in a column's sums, which are H rows
	span    int       // of so many numbers each, and behind them the sums of
	behind  int       // the block's û, Block×H
	y       []float64 // n×Block: features or Gram products of the block's steps
	dots    []float64 // the dot columns, packed, against the rows as they lie
	behinds []float64 // and against the block's û
	gram    [][kernel.Block]float64
}

// sumColumn is one sum over draws: signal k of measured step m, which sees the
// first r of the block's steps.
type sumColumn struct{ r, m, k int }

// dotColumn is one inner product per draw: vector i of measured step m, which
// sees the first r of the block's steps.
type dotColumn struct{ r, m, i int }

// NewPlan repacks tr. It refuses what the engine does not cover, so that the
// caller can fall back to the plain batch.
func NewPlan(tr *cell.Trajectory, o PlanOptions) (*Plan, error) {
	p := &Plan{
		layout: tr.Layout, options: o.Options, basis: o.Basis, measured: o.Measured,
		signals: 1 + len(o.Covariates), zeros: aligned(max(tr.Layout.S(), (tr.Layout.Z()+len(tr.Steps)+kernel.Block)*kernel.Block)),
	}
	if err := p.check(len(tr.Steps)); err != nil {
		return nil, err
	}
	if _, err := newEngineCovariates(tr.Layout, o.Options); err != nil {
		return nil, err
	}
	p.packSteps(tr)
	p.cut(len(tr.Steps))
	p.chooseBases()
	p.packBlocks(tr)
	return p, nil
}

func (p *Plan) check(steps int) error {
	if s := p.options.Schedule; p.options.Guard == GuardFixed && (s == nil || len(s.Rho0) < steps || len(s.Rho1) < steps) {
		return fmt.Errorf("engine: guard %q needs a schedule of %d steps", GuardFixed, steps)
	}
	if !slices.Contains([]Basis{"", BasisAuto, BasisFeatures, BasisHistory}, p.basis) {
		return fmt.Errorf("engine: unknown basis %q; allowed: %s, %s, %s", p.basis, BasisAuto, BasisFeatures, BasisHistory)
	}
	last := -1
	for m, n := range p.measured {
		if n.Step <= last || n.Step >= steps {
			return fmt.Errorf("engine: measured step %d has index %d; want ascending indices below %d", m, n.Step, steps)
		}
		if err := p.checkNeeds(&n); err != nil {
			return fmt.Errorf("engine: step index %d %w", n.Step, err)
		}
		p.units = p.units || n.Unit
		last = n.Step
	}
	return nil
}

func (p *Plan) checkNeeds(n *Needs) error {
	for _, k := range n.Mean {
		if k < 0 || k >= p.signals {
			return fmt.Errorf("asks for the mean of signal %d of %d", k, p.signals)
		}
	}
	for i, v := range n.Dots {
		if len(v) != p.layout.P() {
			return fmt.Errorf("has vector %d of %d numbers; want %d", i, len(v), p.layout.P())
		}
	}
	if n.Coordinate && p.basis == BasisHistory {
		return fmt.Errorf("asks for moments per coordinate, which the %q basis does not form", BasisHistory)
	}
	return nil
}

// Bases lists, per group of rows, the basis in use.
func (p *Plan) Bases() []Basis {
	bases := make([]Basis, len(p.groups))
	for g := range p.groups {
		bases[g] = BasisFeatures
		if p.groups[g].history {
			bases[g] = BasisHistory
		}
	}
	return bases
}

// Covers says whether the engine runs the named covariates: all that share θ̃.
// Whether one has a basis of its own does not depend on the network, so the
// smallest is asked.
func Covers(covariates []string) bool {
	c, err := cell.New("rnn", 1, 1)
	if err != nil {
		return false
	}
	_, err = newEngineCovariates(c.Layout(), Options{Covariates: covariates, Normals: func(string, []float64) {}})
	return err == nil
}

// newEngineCovariates makes the plain form of every covariate that has no kernel.
// Its arrays are those of the engine, so it runs as it is, at the speed of plain
// Go; its place is nil where withinUnit has the covariate.
func newEngineCovariates(l *cell.Layout, o Options) ([]Covariate, error) {
	specs, err := findCovariates(o.Covariates)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	made := make([]Covariate, len(specs))
	for k, s := range specs {
		if withinUnit[o.Covariates[k]] != nil {
			continue
		}
		if made[k] = s.New(l, o); made[k].Own() != nil {
			return nil, fmt.Errorf("engine: covariate %q has a basis of its own; the engine runs those that share θ̃", o.Covariates[k])
		}
	}
	return made, nil
}

// withinUnit lists the covariates that the kernels run: those whose surrogate F̃ is
// read off F_t and stays within a hidden unit. The function returns F̃ as UnitBlocks takes it, or
// nil where F̃ = 0.
var withinUnit = map[string]func(l *cell.Layout, j *cell.Jacobian) []float64{
	"snap1":   unitEntries,
	"instant": func(*cell.Layout, *cell.Jacobian) []float64 { return nil },
}

// unitEntries gathers f[(a·parts+b)·H+i] = F[a·H+i, b·H+i].
func unitEntries(l *cell.Layout, j *cell.Jacobian) []float64 {
	f := make([]float64, l.Parts*l.Parts*l.H)
	for a := range l.Parts {
		for b := range l.Parts {
			for i := range l.H {
				f[(a*l.Parts+b)*l.H+i] = j.F[(a*l.H+i)*l.S()+b*l.H+i]
			}
		}
	}
	return f
}
