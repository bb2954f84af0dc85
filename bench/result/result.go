// Package result holds the rows that a run reports, and forms them: from the
// moments of a chain's draws, from its closed form, and, for an estimator that
// draws nothing, from its estimate. Observers of package draw add their columns.
package result

import (
	"uorobench/bench/parallel"
	"uorobench/bench/statedict"
	"uorobench/bench/task"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/stats"
)

// Cell is what a run found of one cell.
type Cell struct {
	Cell     string
	Hidden   int
	Params   int           // P, recurrent parameters
	Tensors  []cell.Tensor // the weights that were measured, PyTorch names
	WarmUp   task.Sequence // read before the window; without steps where there is none
	Sequence task.Sequence // of the window
	// MeanLoss is the loss of the frozen network over the steps that have one: nats
	// per symbol, or ½‖y − target‖² for a task of real numbers. BitsPerSymbol is the
	// same in bits; 0 where there are no symbols.
	MeanLoss, BitsPerSymbol float64
	// Own tells where the weights of a user's own file were found in it; nil for
	// others.
	Own *OwnNetwork
	// OracleError is the largest relative difference of the exact gradients
	// from BPTT at the measured steps.
	OracleError float64
	// Doubts say what makes the network a poor subject, whatever the estimator.
	Doubts   []error
	Layout   *cell.Layout
	Measured []int       // 1-based measured steps
	Exact    [][]float64 // exact gradients at the measured steps, length P each
	// Schedule is what guard fixed took its scales from; nil under other guards.
	Schedule *estimators.Schedule
	Trained  []TrainedCovariate // in the order of the experiment
	Rows     []*Estimator
}

// OwnNetwork tells what was found in a user's own file of weights.
type OwnNetwork struct {
	statedict.Network
	File, SHA256 string
	// Assumed is what the file cannot tell and was taken for granted: the
	// nonlinearity of a plain network. Empty where nothing was.
	Assumed string
}

// TrainedCovariate is a covariate as it was trained on a cell's trajectory.
type TrainedCovariate struct {
	Name      string // in the experiment, such as "linear-dense@bptt"
	Covariate string
	Method    string
	*estimators.Trained
}

// Estimator is one estimator of one cell.
type Estimator struct {
	estimators.Selection
	Convention string
	Cost       estimators.Cost // of this estimator alone, whatever shares its draws
	PilotDraws int64           // draws of the pilot stream behind λ; 0 where it needs none
	Steps      []Step          // one per measured step, in order
	Pooled     Step            // all measured steps as one long vector; Step is 0
	Total      *Step           // Σ_t ĝ_t over the measured steps, with --detail total; Step is 0
	// Coordinates are there with --detail coordinates, one per measured step.
	Coordinates []Coordinates

	details []any // what observers found that is no column of a row; see Detail
}

// Add keeps what an observer found, of a type of its own.
func (e *Estimator) Add(detail any) { e.details = append(e.details, detail) }

// Detail is what an observer whose type it is has found of the estimator; the zero
// value where none was asked for.
func Detail[T any](e *Estimator) (found T) {
	for _, d := range e.details {
		if d, ok := d.(T); ok {
			return d
		}
	}
	return found
}

// Step is one row.
type Step struct {
	Step      int   // 1-based; 0 where pooled
	NonFinite int64 // draws left out
	stats.Row
	Cosine stats.Interval // mean cosine of one draw with g
	// AlongExact is ḡ·g/‖g‖² of the mean estimate ḡ: 1 without bias, below 0 where
	// it points against the gradient.
	AlongExact stats.Interval
	// SharedExact is the exact derivative by the one parameter that the weights
	// share, Shared that of the mean estimate; absent where there is none.
	SharedExact, Shared stats.Interval
	// Quantiles of that cosine: 5 %, median, 95 %.
	CosineLow, CosineMedian, CosineHigh stats.Interval
	// Tails of x = ‖ĝ − c‖² over draws, c being what no draw changes.
	Kurtosis, TopShare, MaxNormSq stats.Interval
	MaxZHolm                      stats.Interval   // MaxZP adjusted over all rows of the run
	Sampling                      string           // SamplingRandom, SamplingExhaustive or SamplingNone
	Exact                         *ExactFigures    // nil where there is no closed form
	Warnings                      []error          // why the row is doubtful, and what to do
	Withheld                      bool             // the tail was not drawn: figures of the bias are absent
	Lambda                        stats.Interval   // λ used (the mean over units or coordinates), ± MCSE; with several covariates the first one's
	Lambdas                       []stats.Interval // of every covariate, in their order
}

// Values of Step.Sampling.
const (
	SamplingRandom     = "random"
	SamplingExhaustive = "exhaustive" // all sign patterns: no Monte Carlo error
	SamplingNone       = "none"       // the estimator draws nothing
)

var samplingNames = [...]string{stats.Sample: SamplingRandom, stats.Population: SamplingExhaustive}

// Coordinates are per-coordinate moments at one step. The slices have length P,
// in the order of cell.Layout.
type Coordinates struct {
	Step           int
	Mean, Variance []float64
}

// EachRow calls set for the rows of all steps, on so many workers, and then for the
// pooled row: with the row and the measured steps, 0-based, that it is of.
func (e *Estimator) EachRow(workers int, set func(row *Step, steps []int)) {
	steps := make([]int, len(e.Steps))
	for m := range steps {
		steps[m] = m
	}
	parallel.For(len(steps), workers, func(m int) { set(&e.Steps[m], steps[m:m+1]) })
	set(&e.Pooled, steps)
}

// Holm adjusts the p of max |z| over all estimators, cells and steps of a run;
// the rows over all steps are a family of their own.
func Holm(cells []*Cell) {
	var steps, pooled []*Step
	for _, c := range cells {
		for _, est := range c.Rows {
			for m := range est.Steps {
				steps = append(steps, &est.Steps[m])
			}
			pooled = append(pooled, &est.Pooled)
		}
	}
	adjust(steps)
	adjust(pooled)
}

func adjust(rows []*Step) {
	var tested []*Step
	var p []float64
	for _, row := range rows {
		if row.MaxZP.OK {
			tested, p = append(tested, row), append(p, row.MaxZP.Value)
		}
	}
	for i, adjusted := range stats.Holm(p) {
		tested[i].MaxZHolm = stats.Interval{Value: adjusted, OK: true}
	}
}
