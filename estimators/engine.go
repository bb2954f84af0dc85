package estimators

import (
	"fmt"
	"slices"

	"uorobench/estimators/cell"
	"uorobench/estimators/kernel"
)

// The engine runs UORO and the covariates that share its θ̃ along a frozen
// trajectory, Lanes draws at a time. It computes what the batch of
// uoro_vector.go computes, in another order of operations:
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
// signals. Those per unit and per coordinate are of the signals on θ̃ alone.
type Needs struct {
	Step       int   // 0-based index into the trajectory's steps
	Mean       []int // the signals whose sum over draws is kept
	Unit       bool  // second moments per hidden unit
	Coordinate bool  // second moments per coordinate
	// Dots are vectors of length P whose inner products with every draw's θ̃ and
	// linear covariates are told in the Reading.
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
	layout     *cell.Layout
	options    Options
	basis      Basis
	covariates []CovariateSpec
	signals    int   // K
	shared     int   // those on θ̃
	place      []int // per signal: among those on θ̃, or ^ of its place among the linear ones
	linears    []*planLinear
	groups     []planGroup
	steps      []planStep
	blocks     []planBlock
	measured   []Needs
	coords     []int // per measured step, its place among those with coordinates; -1
	units      bool  // whether any step asks for units
	zeros      []float64
	ones       []float64
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
		signals: 1 + len(o.Covariates), zeros: aligned(max(tr.Layout.S()*Lanes, (tr.Layout.Z()+len(tr.Steps)+kernel.Block)*kernel.Block)),
	}
	if err := p.check(len(tr.Steps)); err != nil {
		return nil, err
	}
	var err error
	if p.covariates, err = engineCovariates(tr.Layout, o.Options); err != nil {
		return nil, err
	}
	p.placeSignals()
	p.packSteps(tr)
	p.packLinears(tr)
	p.cut(len(tr.Steps))
	p.chooseBases()
	p.packBlocks(tr)
	p.makeOnes()
	return p, nil
}

// placeSignals gives every signal its place on θ̃ or among the linear ones.
func (p *Plan) placeSignals() {
	p.place, p.shared = []int{0}, 1
	for _, s := range p.covariates {
		if s.linear == nil {
			p.place = append(p.place, p.shared)
			p.shared++
		} else {
			p.place = append(p.place, ^(len(p.place) - p.shared))
		}
	}
}

// makeOnes makes the row scales of products that have none.
func (p *Plan) makeOnes() {
	n := 0
	for _, b := range p.blocks {
		n = max(n, len(b.dots))
	}
	for _, l := range p.linears {
		n = max(n, l.states())
	}
	p.ones = aligned(kernel.Padded(n))
	fill(p.ones, 1)
}

// Place says where signal k stands: on θ̃, and then which of those, or else which
// of the linear covariates.
func (p *Plan) Place(k int) (at int, onTheta bool) {
	if at = p.place[k]; at < 0 {
		return ^at, false
	}
	return at, true
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

// Covers says whether the engine runs the named covariates: all that share θ̃, and
// the linear ones. The second answer is whether all of them share θ̃, which moments
// per unit and per coordinate need. Neither depends on the network, so the
// smallest is asked.
func Covers(covariates []string) (all, onTheta bool) {
	c, err := cell.New("rnn", 1, 1)
	if err != nil {
		return false, false
	}
	specs, err := engineCovariates(c.Layout(), Options{Covariates: covariates, Normals: func(string, []float64) {}})
	linear := slices.ContainsFunc(specs, func(s CovariateSpec) bool { return s.linear != nil })
	return err == nil, err == nil && !linear
}

// engineCovariates finds the covariates, which must be linear or share θ̃.
func engineCovariates(l *cell.Layout, o Options) ([]CovariateSpec, error) {
	specs, err := findCovariates(o.Covariates)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	for _, s := range specs {
		if s.linear == nil && s.New(l, o).Own() != nil {
			return nil, fmt.Errorf("engine: covariate %q has a basis of its own that the engine does not know", s.Name)
		}
	}
	return specs, nil
}

// plainForms makes, as batches have them, the covariates on θ̃ that withinUnit does
// not list. Their arrays are those of the engine, so they run as they are; the
// place of the other covariates is nil.
func (p *Plan) plainForms() []Covariate {
	made := make([]Covariate, len(p.covariates))
	for k, s := range p.covariates {
		if s.linear == nil && withinUnit[s.Name] == nil {
			made[k] = s.New(p.layout, p.options)
		}
	}
	return made
}

// withinUnit lists the covariates that the engine steps by itself: those whose
// surrogate F̃ is read off F_t and stays within a hidden unit. The function returns
// F̃ as UnitBlocks takes it, or nil where F̃ = 0.
var withinUnit = map[string]func(l *cell.Layout, j *cell.Jacobian) []float64{
	"snap1":   unitEntries,
	"instant": func(*cell.Layout, *cell.Jacobian) []float64 { return nil },
}

// unitEntries is the F̃ of snap1.
func unitEntries(l *cell.Layout, j *cell.Jacobian) []float64 {
	f := make([]float64, l.Parts*l.Parts*l.H)
	unitEntriesTo(f, l, j)
	return f
}
