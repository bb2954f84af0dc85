package reports

// The order of the fields is the order of the columns. A new column goes to
// the end of its group and raises SchemaVersion.
//
// The tags: `parquet` is the name and the encoding, `unit` and `doc` go into
// docs/schema.md. A pointer is a column that may be NULL.

// SchemaVersion is written into every dataset file and checked when reading.
// It is raised when a column is added, renamed, removed or given another
// meaning.
const SchemaVersion = 1

// Key says which estimator of which network a row speaks of.
type Key struct {
	Task        string `parquet:"task,dict" unit:"name" doc:"task of the run, such as anbn"`
	Cell        string `parquet:"cell,dict" unit:"name" doc:"recurrent cell: rnn, gru or lstm"`
	Hidden      int32  `parquet:"hidden" unit:"units" doc:"hidden units H"`
	Seed        int64  `parquet:"seed" unit:"-" doc:"seed of the noise stream"`
	Estimator   string `parquet:"estimator,dict" unit:"name" doc:"estimator without covariate and scope, such as uoro or cv-uoro"`
	Covariate   string `parquet:"covariate,dict,optional" unit:"name" doc:"covariate of the control variate; NULL where the estimator has none"`
	LambdaScope string `parquet:"lambda_scope,dict,optional" unit:"name" doc:"what shares one coefficient: one (it is 1), trace (a step), pooled (all steps), unit, coordinate; NULL without a covariate"`
	Convention  string `parquet:"convention,dict" unit:"name" doc:"pre or post: which of the two published UORO estimates"`
}

// Name is the estimator as it is written in flags and tables:
// name[/covariate[/scope]].
func (k Key) Name() string {
	name := k.Estimator
	for _, part := range []string{k.Covariate, k.LambdaScope} {
		if part != "" {
			name += "/" + part
		}
	}
	return name
}

// Figures are the statistics of an estimator, at one step or over all. A nil
// pointer means that the figure does not exist: an interval with fewer than
// two groups, a ratio to an exact gradient of zero, a coefficient of an
// estimator without covariate.
type Figures struct {
	NDraws     int64  `parquet:"n_draws" unit:"draws" doc:"draws in the figures of this row"`
	Sampling   string `parquet:"sampling,dict" unit:"name" doc:"random: draws of the noise stream; exhaustive: all sign patterns once, so that all figures are exact and every standard error is 0; none: the estimator draws nothing"`
	NGroups    int32  `parquet:"n_groups" unit:"groups" doc:"groups of draws that the standard errors rest on"`
	NNonfinite int64  `parquet:"n_nonfinite" unit:"draws" doc:"draws left out because a value was not finite"`
	NUndefined int32  `parquet:"n_nonfinite_figures" unit:"figures" doc:"figures of this row that were not finite numbers and are NULL for it; warning names them"`

	ExactNormSq  float64  `parquet:"exact_norm_sq" unit:"gradient²" doc:"‖g‖², g the exact gradient"`
	BiasSq       *float64 `parquet:"bias_sq" unit:"gradient²" doc:"unbiased estimate of ‖E ĝ − g‖²; may be negative. NULL with fewer than two draws and, as all that is told of the bias, where their tail was not drawn (warning)"`
	BiasSqMCSE   *float64 `parquet:"bias_sq_mcse" unit:"gradient²" doc:"Monte Carlo standard error of bias_sq"`
	BiasSqLo     *float64 `parquet:"bias_sq_lo" unit:"gradient²" doc:"lower end of the 95 % interval of bias_sq, by inversion of its score test: bias_sq lies nearer to one end than the other"`
	BiasSqHi     *float64 `parquet:"bias_sq_hi" unit:"gradient²" doc:"upper end of the 95 % interval of bias_sq"`
	BiasP        *float64 `parquet:"bias_p" unit:"probability" doc:"p of the test that bias_sq is zero"`
	VarTrace     *float64 `parquet:"var_trace" unit:"gradient²" doc:"sum over the coordinates of the variance of one draw (n − 1)"`
	VarTraceMCSE *float64 `parquet:"var_trace_mcse" unit:"gradient²" doc:"Monte Carlo standard error of var_trace"`
	VarTraceLo   *float64 `parquet:"var_trace_lo" unit:"gradient²" doc:"lower end of the 95 % interval of var_trace"`
	VarTraceHi   *float64 `parquet:"var_trace_hi" unit:"gradient²" doc:"upper end of the 95 % interval of var_trace"`
	RelVar       *float64 `parquet:"rel_var" unit:"1" doc:"var_trace / exact_norm_sq; NULL where the exact gradient is zero"`
	MSE          *float64 `parquet:"mse" unit:"gradient²" doc:"bias_sq + var_trace: mean squared error of one draw"`
	Cosine       *float64 `parquet:"cosine" unit:"1" doc:"mean over the draws of the cosine between ĝ and g; where the engine carries the draws, over the first 16 of each group"`
	CosineMCSE   *float64 `parquet:"cosine_mcse" unit:"1" doc:"Monte Carlo standard error of cosine"`
	CosineQ05    *float64 `parquet:"cosine_q05" unit:"1" doc:"5 % quantile of that cosine over the draws"`
	CosineQ50    *float64 `parquet:"cosine_q50" unit:"1" doc:"median of that cosine over the draws"`
	CosineQ95    *float64 `parquet:"cosine_q95" unit:"1" doc:"95 % quantile of that cosine over the draws"`
	AlongExact   *float64 `parquet:"along_exact" unit:"1" doc:"ḡ·g / ‖g‖² of the mean estimate ḡ: 1 without bias, negative where it points against the exact gradient; NULL where that is zero"`
	AlongMCSE    *float64 `parquet:"along_exact_mcse" unit:"1" doc:"Monte Carlo standard error of along_exact"`
	SharedExact  *float64 `parquet:"shared_exact" unit:"gradient" doc:"exact derivative by the one parameter that all weights come from; in summary its sum over the measured steps. NULL but for weights balancing"`
	Shared       *float64 `parquet:"shared" unit:"gradient" doc:"the same derivative of the mean estimate"`
	SharedMCSE   *float64 `parquet:"shared_mcse" unit:"gradient" doc:"Monte Carlo standard error of shared"`

	LambdaUsed  *float64 `parquet:"lambda_used" unit:"1" doc:"coefficient of the control variate; where it differs by unit or coordinate its mean over those in which the covariate varies"`
	LambdaMCSE  *float64 `parquet:"lambda_mcse" unit:"1" doc:"Monte Carlo standard error of lambda_used; NULL for a coefficient that is given, not fitted"`
	LambdaFit   string   `parquet:"lambda_fit,dict,optional" unit:"name" doc:"draws that the coefficient was fitted on: pilot (other draws), cross (other folds), in-sample (the same draws: biased in order 1/N), exact (all sign patterns); NULL where nothing was fitted"`
	Correlation *float64 `parquet:"correlation" unit:"1" doc:"correlation of estimator and covariate: ΣCov / √(ΣVar ΣVar) over the coordinates"`
	VarRatio    *float64 `parquet:"var_ratio" unit:"1" doc:"var_trace / var_trace of plain UORO of the same convention on the same draws"`
	VarRatioLo  *float64 `parquet:"var_ratio_lo" unit:"1" doc:"lower end of the 95 % interval of var_ratio"`
	VarRatioHi  *float64 `parquet:"var_ratio_hi" unit:"1" doc:"upper end of the 95 % interval of var_ratio"`

	MaxZ           *float64 `parquet:"max_z" unit:"1" doc:"largest |z| of the test for bias, along g and along fixed random directions; NULL with fewer than 6 groups"`
	MaxZP          *float64 `parquet:"max_z_p" unit:"probability" doc:"p of max_z, adjusted for the number of directions"`
	MaxZHolm       *float64 `parquet:"max_z_holm" unit:"probability" doc:"max_z_p adjusted (Holm) for all rows of this dataset: the chance of any false rejection in the run stays below the level"`
	BiasBound      *float64 `parquet:"bias_bound" unit:"1" doc:"upper 95 % bound of ‖bias‖ / ‖g‖"`
	BiasDetectable *float64 `parquet:"bias_detectable" unit:"1" doc:"smallest ‖bias‖ / ‖g‖ that this many draws find with 80 % power"`

	VarTraceExact    *float64 `parquet:"var_trace_exact" unit:"gradient²" doc:"exact var_trace in closed form, at the coefficient used; of uoro, residual and split-uoro, guards none and fixed only, and covariates that share UORO's second factor"`
	VarTraceZ        *float64 `parquet:"var_trace_z" unit:"1" doc:"(log var_trace − log var_trace_exact) over its standard error"`
	VarExactSpatial  *float64 `parquet:"var_exact_spatial" unit:"gradient²" doc:"part of var_trace_exact in which both factors take their noise from one time"`
	VarExactTemporal *float64 `parquet:"var_exact_temporal" unit:"gradient²" doc:"the rest of var_trace_exact"`
	VarExactK1       *float64 `parquet:"var_exact_k1" unit:"gradient²" doc:"var_trace_exact under noise of kurtosis 1 (signs)"`
	VarExactK3       *float64 `parquet:"var_exact_k3" unit:"gradient²" doc:"var_trace_exact under noise of kurtosis 3 (Gaussian)"`
	LambdaExact      *float64 `parquet:"lambda_exact" unit:"1" doc:"coefficient of least variance in the row's scope, its mean where it differs by unit or coordinate; for scope one that of scope trace"`
	VarRatioExact    *float64 `parquet:"var_ratio_exact" unit:"1" doc:"exact var_ratio at the coefficient used"`
	VarRatioBest     *float64 `parquet:"var_ratio_best" unit:"1" doc:"exact var_ratio at the coefficient of least variance"`
	YardstickTime    *float64 `parquet:"yardstick_time" unit:"gradient²" doc:"least leading term of plain UORO's var_trace by one deterministic scale per time: (Σ ‖b‖‖I‖)²"`
	YardstickUnit    *float64 `parquet:"yardstick_unit" unit:"gradient²" doc:"the same with one scale per time and hidden unit"`

	Kurtosis   *float64 `parquet:"kurtosis" unit:"1" doc:"E x² / (E x)² of x = ‖ĝ − c‖², c being what no draw changes (direct term, known means); large where the variance rests on few draws"`
	TopShare   *float64 `parquet:"top_share" unit:"1" doc:"share of Σ‖ĝ − c‖² that the largest 1 % of the draws carry"`
	MaxNormSq  *float64 `parquet:"max_norm_sq" unit:"gradient²" doc:"largest ‖ĝ − c‖² of a draw"`
	DrawCost   *int64   `parquet:"draw_cost" unit:"multiply-adds" doc:"counted multiply-adds of one draw for one step, covariates and the forming of its estimate as P numbers included, the trajectory not"`
	KnownCost  *int64   `parquet:"known_cost" unit:"multiply-adds" doc:"counted multiply-adds of one step that all draws share: direct term, exact influences and means of the covariates; all the work of a deterministic estimator"`
	PilotDraws *int64   `parquet:"pilot_draws" unit:"draws" doc:"draws of the pilot stream that the coefficient was fitted on; NULL where there were none"`
	Warning    string   `parquet:"warning,dict,optional" unit:"text" doc:"why the row is doubtful and what to do; NULL where nothing was seen"`
	Doubt      string   `parquet:"network_warning,dict,optional" unit:"text" doc:"why the network is a poor subject for any estimator: it is silent, untrained, or its gradient is zero; NULL where nothing was seen"`
}

// StepRow is one estimator at one measured step.
type StepRow struct {
	Key
	Step int32 `parquet:"step" unit:"1-based" doc:"step of the window, counted from 1"`
	Figures
}

// SummaryRow is one estimator over all measured steps: the figures of the
// estimates of all steps as one long vector.
type SummaryRow struct {
	Key
	NSteps int32 `parquet:"n_steps" unit:"steps" doc:"measured steps in the row"`
	Figures
}

// CoordinateRow is one estimator at one step in one coordinate of the
// parameters.
type CoordinateRow struct {
	Task        string   `parquet:"task,dict" unit:"name" doc:"as in steps"`
	Cell        string   `parquet:"cell,dict" unit:"name" doc:"as in steps"`
	Estimator   string   `parquet:"estimator,dict" unit:"name" doc:"as in steps"`
	Covariate   string   `parquet:"covariate,dict,optional" unit:"name" doc:"as in steps"`
	LambdaScope string   `parquet:"lambda_scope,dict,optional" unit:"name" doc:"as in steps"`
	Convention  string   `parquet:"convention,dict" unit:"name" doc:"as in steps"`
	Step        int32    `parquet:"step" unit:"1-based" doc:"step of the sequence, counted from 1"`
	Tensor      string   `parquet:"tensor,dict" unit:"name" doc:"parameter tensor by its PyTorch name, such as weight_hh_l0"`
	TensorRow   int32    `parquet:"tensor_row" unit:"0-based" doc:"row in the tensor"`
	TensorCol   int32    `parquet:"tensor_col" unit:"0-based" doc:"column in the tensor; 0 for a bias"`
	Exact       float64  `parquet:"exact" unit:"gradient" doc:"exact gradient in this coordinate"`
	Mean        float64  `parquet:"mean" unit:"gradient" doc:"mean over the draws"`
	Variance    *float64 `parquet:"variance" unit:"gradient²" doc:"variance of one draw (n − 1); NULL with fewer than two draws"`
}

// DrawRow is one draw of one estimator at one measured step.
type DrawRow struct {
	Task        string   `parquet:"task,dict" unit:"name" doc:"as in steps"`
	Cell        string   `parquet:"cell,dict" unit:"name" doc:"as in steps"`
	Estimator   string   `parquet:"estimator,dict" unit:"name" doc:"as in steps"`
	Covariate   string   `parquet:"covariate,dict,optional" unit:"name" doc:"as in steps"`
	LambdaScope string   `parquet:"lambda_scope,dict,optional" unit:"name" doc:"as in steps"`
	Convention  string   `parquet:"convention,dict" unit:"name" doc:"as in steps"`
	Draw        int64    `parquet:"draw" unit:"0-based" doc:"number of the draw in the noise stream"`
	Step        int32    `parquet:"step" unit:"1-based" doc:"step of the sequence, counted from 1"`
	NormSq      float64  `parquet:"norm_sq" unit:"gradient²" doc:"‖ĝ‖² of the draw"`
	Dot         float64  `parquet:"dot" unit:"gradient²" doc:"ĝ·g, g the exact gradient"`
	Cosine      *float64 `parquet:"cosine" unit:"1" doc:"ĝ·g / (‖ĝ‖ ‖g‖); NULL where either is zero"`
}

// SequenceRow is one step of the symbol sequence that was measured on, or of the
// warm-up before it. The meaning of the codes stands in the manifest.
type SequenceRow struct {
	Step   int32  `parquet:"step" unit:"1-based" doc:"step of the window, counted from 1; the steps of a warm-up, before it, end at 0"`
	Input  int32  `parquet:"input" unit:"symbol code" doc:"symbol that the network reads"`
	Target *int32 `parquet:"target" unit:"symbol code" doc:"symbol that it should predict; NULL where the step has no loss"`
}

// ScaleRow is one step of the schedule that guard fixed took its scales from.
type ScaleRow struct {
	Cell string  `parquet:"cell,dict" unit:"name" doc:"as in steps"`
	Step int32   `parquet:"step" unit:"1-based" doc:"step of the sequence, counted from 1"`
	Rho0 float64 `parquet:"rho0" unit:"1" doc:"scale of the carried state"`
	Rho1 float64 `parquet:"rho1" unit:"1" doc:"scale of the new noise"`
}
