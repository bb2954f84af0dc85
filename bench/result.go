package bench

import (
	"uorobench/bench/task"
	"uorobench/estimators"
	"uorobench/estimators/cell"
	"uorobench/stats"
)

// Result is what a run found: everything that goes into the datasets, and the
// timing, which goes into the manifest only.
type Result struct {
	Experiment *Experiment
	Cells      []*CellResult
	Timing     Timing
}

// CellResult is the part of one cell.
type CellResult struct {
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
	Layout      *cell.Layout
	Measured    []int       // 1-based measured steps
	Exact       [][]float64 // exact gradients at the measured steps, length P each
	// Schedule is what guard fixed took its scales from; nil under other guards.
	Schedule *estimators.Schedule
	Trained  []TrainedCovariate // in the order of the experiment
	Rows     []*EstimatorResult
}

// EstimatorResult is one estimator of one cell.
type EstimatorResult struct {
	estimators.Selection
	Convention string
	Cost       estimators.Cost // of this estimator alone, whatever shares its draws
	PilotDraws int64           // draws of the pilot stream behind λ; 0 where it needs none
	Steps      []StepResult    // one per measured step, in order
	Total      *StepResult     // Σ_t ĝ_t over the measured steps, with --detail total; Step is 0
	Pooled     StepResult      // all measured steps as one long vector; Step is 0
	// Deviations are told with --detail convergence: by group, step and N.
	Deviations []Deviation
	// Coordinates are told with --detail coordinates, one slice per measured
	// step, each of length P.
	Coordinates []Coordinates
}

// StepResult is one row.
type StepResult struct {
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
	Lambda                        stats.Interval   // λ used (the mean over units or coordinates), ± MCSE; with several covariates the first one's
	Lambdas                       []stats.Interval // of every covariate, in their order
}

// Values of StepResult.Sampling.
const (
	SamplingRandom     = "random"
	SamplingExhaustive = "exhaustive" // all sign patterns: no Monte Carlo error
	SamplingNone       = "none"       // the estimator draws nothing
)

// Coordinates are per-coordinate moments at one step. The slices have length P,
// in the order of cell.Layout.
type Coordinates struct {
	Step           int
	Mean, Variance []float64
}
