package reports

import (
	"math"

	"uorobench/bench/task"
	"uorobench/bench/training"
	"uorobench/estimators"
)

// The datasets of a training directory. Its columns say method where those of a
// run say estimator, covariate and lambda_scope: a method is all three in one
// name, and names no measurement.
var (
	Curves    = Dataset[CurveRow]{name: "curves", parts: true}
	Trainings = Dataset[TrainingRow]{name: "trainings"}
	Goals     = Dataset[GoalRow]{name: "goals"}
)

// Training says which network a row of a training directory speaks of.
type Training struct {
	Task   string `parquet:"task,dict" unit:"name" doc:"task of the training, such as anbn"`
	Cell   string `parquet:"cell,dict" unit:"name" doc:"recurrent cell: rnn, gru or lstm"`
	Hidden int32  `parquet:"hidden" unit:"units" doc:"hidden units H"`
	Method string `parquet:"method,dict" unit:"name" doc:"estimator that the training used: name[/covariate[/scope]]"`
}

// CurveRow is one point of one training's learning curve.
type CurveRow struct {
	Training
	Seed         int64    `parquet:"seed" unit:"-" doc:"seed of the weights, the data and the noise; methods of one seed start with the same weights and see the same symbols"`
	Step         int32    `parquet:"step" unit:"1-based" doc:"training steps done; one step reads one symbol"`
	Bits         *float64 `parquet:"bits" unit:"bits per symbol" doc:"recent loss of predictions made before the update; NULL where no symbol carried a loss"`
	BitsMean     *float64 `parquet:"bits_mean" unit:"bits per symbol" doc:"the same over all steps so far"`
	Endings      *float64 `parquet:"endings" unit:"1" doc:"recent fraction of strings whose end was predicted; NULL where none ended, or the task has no such strings"`
	GradientNorm *float64 `parquet:"gradient_norm" unit:"gradient" doc:"√ of the mean of ‖ĝ‖² over the steps since the last point"`
	Cosine       *float64 `parquet:"cosine" unit:"1" doc:"mean cosine of ĝ and the exact gradient at the same weights, since the last point; NULL without shadow"`
}

// TrainingRow is one training as a whole.
type TrainingRow struct {
	Training
	Seed         int64    `parquet:"seed" unit:"-" doc:"as in curves"`
	StepsDone    int32    `parquet:"steps_done" unit:"steps" doc:"steps done: all of them unless it diverged"`
	StepsPlanned int32    `parquet:"steps_planned" unit:"steps" doc:"steps of every training of the plan"`
	FinalBits    *float64 `parquet:"final_bits" unit:"bits per symbol" doc:"bits at the last point of the curve; NULL if it diverged"`
	FinalEndings *float64 `parquet:"final_endings" unit:"1" doc:"endings at the last point of the curve; NULL if it diverged, or where there is none"`
	UsedCost     int64    `parquet:"used_cost" unit:"multiply-adds" doc:"counted multiply-adds of one step that the estimate needs"`
	SpentCost    int64    `parquet:"spent_cost" unit:"multiply-adds" doc:"counted multiply-adds of one step that were done: a batch advances sixteen draws, used or not"`
	PerfectBits  *float64 `parquet:"perfect_bits" unit:"bits per symbol" doc:"loss of a perfect model of the task; NULL where it has no closed form"`
	BigramBits   *float64 `parquet:"bigram_bits" unit:"bits per symbol" doc:"least loss of a model that sees one symbol back"`
	UnigramBits  *float64 `parquet:"unigram_bits" unit:"bits per symbol" doc:"least loss of a model that sees nothing"`
	Diverged     string   `parquet:"diverged,dict,optional" unit:"text" doc:"why the training stopped before its end; NULL if it did not"`
}

// GoalRow is one method's way to one goal. A training that does not get there is
// censored, not dropped: all that is known of its time is that it is longer.
// So every number of steps, and every ratio, is known to lie between two
// columns: both are equal where it is known exactly, and the upper one is NULL
// where it has no upper bound.
type GoalRow struct {
	Training
	Goal       string   `parquet:"goal,dict" unit:"name" doc:"what is to be reached, such as 0.20 bits or 90 % endings"`
	Reference  string   `parquet:"reference,dict" unit:"name" doc:"method that the ratios are to"`
	NSeeds     int32    `parquet:"n_seeds" unit:"trainings" doc:"trainings of the method"`
	NReached   int32    `parquet:"n_reached" unit:"trainings" doc:"those that got there"`
	StepsMin   float64  `parquet:"steps_min" unit:"steps" doc:"median over the seeds of the steps to the goal: at least this"`
	StepsMax   *float64 `parquet:"steps_max" unit:"steps" doc:"and at most this"`
	StepsLoMin float64  `parquet:"steps_lo_min" unit:"steps" doc:"lower end of its 95 % bootstrap interval over the seeds: at least this"`
	StepsLoMax *float64 `parquet:"steps_lo_max" unit:"steps" doc:"and at most this"`
	StepsHiMin float64  `parquet:"steps_hi_min" unit:"steps" doc:"upper end of that interval: at least this"`
	StepsHiMax *float64 `parquet:"steps_hi_max" unit:"steps" doc:"and at most this"`
	RatioMin   float64  `parquet:"ratio_min" unit:"1" doc:"that median over the reference method's: at least this"`
	RatioMax   *float64 `parquet:"ratio_max" unit:"1" doc:"and at most this"`
	RatioLoMin float64  `parquet:"ratio_lo_min" unit:"1" doc:"lower end of the ratio's 95 % bootstrap interval, by seed: at least this"`
	RatioLoMax *float64 `parquet:"ratio_lo_max" unit:"1" doc:"and at most this"`
	RatioHiMin float64  `parquet:"ratio_hi_min" unit:"1" doc:"upper end of that interval: at least this"`
	RatioHiMax *float64 `parquet:"ratio_hi_max" unit:"1" doc:"and at most this"`
}

// trainingOf is what all rows of a method share.
func trainingOf(e *training.Experiment, method string) Training {
	return Training{Task: e.Task.Name, Cell: e.Cell, Hidden: int32(e.Hidden), Method: method}
}

func curveRows(e *training.Experiment, results []training.Result) []CurveRow {
	var rows []CurveRow
	for _, r := range results {
		for _, p := range r.Points {
			rows = append(rows, CurveRow{
				Training: trainingOf(e, r.Method), Seed: int64(r.Seed), Step: int32(p.Step),
				Bits: known(p.Bits), BitsMean: known(p.BitsMean), Endings: known(p.Endings),
				GradientNorm: known(p.GradientNorm), Cosine: known(p.Cosine),
			})
		}
	}
	return rows
}

// known is a figure as a nullable column: NULL where it is not finite.
func known(x float64) *float64 { return Optional(x, finite(x)) }

func trainingRows(e *training.Experiment, results []training.Result) []TrainingRow {
	levels, ok := e.Levels()
	rows := make([]TrainingRow, len(results))
	for i, r := range results {
		rows[i] = TrainingRow{
			Training: trainingOf(e, r.Method), Seed: int64(r.Seed),
			StepsDone: int32(r.Steps), StepsPlanned: int32(e.Steps),
			UsedCost: r.Cost.Used, SpentCost: r.Cost.Spent,
		}
		rows[i].setLevels(levels, ok)
		rows[i].setEnd(&r)
	}
	return rows
}

func (t *TrainingRow) setLevels(l task.Levels, ok bool) {
	t.PerfectBits, t.BigramBits, t.UnigramBits = Optional(l.Perfect, ok), Optional(l.Bigram, ok), Optional(l.Unigram, ok)
}

func (t *TrainingRow) setEnd(r *training.Result) {
	if r.Diverged != nil {
		t.Diverged = r.Diverged.Error()
	} else if n := len(r.Points); n > 0 {
		t.FinalBits, t.FinalEndings = known(r.Points[n-1].Bits), known(r.Points[n-1].Endings)
	}
}

func goalRows(e *training.Experiment, results []training.Result) ([]GoalRow, error) {
	summaries, err := e.Summary(results)
	if err != nil {
		return nil, err
	}
	reference, err := estimators.Parse(e.Reference)
	if err != nil {
		return nil, err
	}
	rows := make([]GoalRow, len(summaries))
	for i, s := range summaries {
		r := GoalRow{
			Training: trainingOf(e, s.Method), Goal: s.Goal, Reference: reference.Label,
			NSeeds: int32(s.Runs), NReached: int32(s.Reached),
		}
		r.StepsMin, r.StepsMax = ends(s.Steps.Estimate)
		r.StepsLoMin, r.StepsLoMax = ends(s.Steps.Lo)
		r.StepsHiMin, r.StepsHiMax = ends(s.Steps.Hi)
		r.RatioMin, r.RatioMax = ends(s.Ratio.Estimate)
		r.RatioLoMin, r.RatioLoMax = ends(s.Ratio.Lo)
		r.RatioHiMin, r.RatioHiMax = ends(s.Ratio.Hi)
		rows[i] = r
	}
	return rows, nil
}

// ends are the two columns of a number.
func ends(b training.Bounds) (lo float64, hi *float64) { return b.Lo, known(b.Hi) }

// bounds is the number of two columns.
func bounds(lo float64, hi *float64) training.Bounds {
	if hi == nil {
		return training.Bounds{Lo: lo, Hi: math.Inf(1)}
	}
	return training.Bounds{Lo: lo, Hi: *hi}
}
