package bench

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"uorobench/bench/task"
	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// Field describes one key of an experiment file and its flag, which mean the
// same.
type Field struct {
	Key   string // in a file: "draws", "task.lo"
	Flag  string // without dashes
	Group string // what it is about; fields of a group stand together
	Help  string // one line, without the default
	// Needs, when set, is the key that must be Value for this field to have a
	// meaning.
	Needs string
	Value string

	rule rule
	// need, when set, says in the place of Needs whether the field has a meaning,
	// and what gives it one.
	need func(e *Experiment) (met bool, want string)
}

// rule says what a value must be, and what is wrong with one: check returns ""
// for a good value of the field's type. A nil check takes all.
type rule struct {
	allowed string
	check   func(v any) string
}

// Limits of the numbers of an experiment, far above what a machine can do in a
// day; memory has a check of its own.
const (
	maxHidden = 4096
	maxSteps  = 1 << 20
	maxDraws  = 1 << 40
	maxGroups = 1 << 12
	maxScale  = 1e6
)

// Groups of fields, in the order of the help text.
const (
	groupTask       = "Task"
	groupNetwork    = "Network"
	groupWindow     = "Window and draws"
	groupEstimators = "Estimators"
	groupTraining   = "Training of covariates"
	groupRows       = "What is recorded"
)

// Fields lists the fields of an experiment, in the order of the help text. A new
// field is one line here and one in Experiment.
var Fields = []Field{
	{Key: "task.name", Flag: "task", Group: groupTask, Help: "what the network reads", rule: oneOf(task.Names()...)},
	{Key: "task.lo", Flag: "lo", Group: groupTask, Help: "anbn: least n", Needs: "task.name", Value: "anbn", rule: whole(1, task.MaxN)},
	{Key: "task.hi", Flag: "hi", Group: groupTask, Help: "anbn: largest n", Needs: "task.name", Value: "anbn", rule: whole(1, task.MaxN)},
	{Key: "task.layout", Flag: "layout", Group: groupTask, Help: "anbn: newline (with separators) or run (without)", Needs: "task.name", Value: "anbn", rule: oneOf(task.LayoutNewline, task.LayoutRun)},
	{Key: "task.symbols", Flag: "symbols", Group: groupTask, Help: "copy: size of the alphabet", Needs: "task.name", Value: "copy", rule: whole(2, task.MaxCopySymbols)},
	{Key: "task.length", Flag: "length", Group: groupTask, Help: "copy: symbols of an episode", Needs: "task.name", Value: "copy", rule: whole(1, task.MaxCopyLength)},
	{Key: "task.delay", Flag: "delay", Group: groupTask, Help: "copy: blanks before the recall", Needs: "task.name", Value: "copy", rule: whole(0, task.MaxCopyLength)},
	{Key: "task.file", Flag: "file", Group: groupTask, Help: "text: file to read", Needs: "task.name", Value: "text", rule: rule{allowed: "must be the path of a text file"}},
	{Key: "task.unit", Flag: "unit", Group: groupTask, Help: "text: a symbol is a byte or a rune", Needs: "task.name", Value: "text", rule: oneOf(task.UnitByte, task.UnitRune)},
	{Key: "task.offset", Flag: "offset", Group: groupTask, Help: "text: symbols to skip", Needs: "task.name", Value: "text", rule: whole(0, task.MaxTextBytes)},
	{Key: "task.episode", Flag: "episode", Group: groupTask, Help: "adding: steps of an episode", Needs: "task.name", Value: "adding", rule: whole(2, task.MaxEpisode)},

	{Key: "cell", Flag: "cell", Group: groupNetwork, Help: "cells: " + strings.Join(cell.Names(), ", "), rule: listOf(cell.Names()...)},
	{Key: "hidden", Flag: "hidden", Group: groupNetwork, Help: "hidden units H", rule: whole(1, maxHidden)},
	{Key: "weights", Flag: "weights", Group: groupNetwork, Help: "random, a trained stage (early, mid, late), balancing or FILE.safetensors", rule: weightsRule},
	{Key: "layer", Flag: "layer", Group: groupNetwork, Help: "a file of weights with several recurrent layers: the prefix of the one that is meant", need: hasOwnWeights, rule: rule{allowed: "must be the prefix of a tensor's name"}},
	{Key: "readout", Flag: "readout", Group: groupNetwork, Help: "a file of weights with several linear layers: the name of the one that is meant", need: hasOwnWeights, rule: rule{allowed: "must be the name of a tensor"}},
	{Key: "weight_seed", Flag: "weight-seed", Group: groupNetwork, Help: "random weights: their seed", Needs: "weights", Value: WeightsRandom, rule: whole(0, math.MaxInt64)},
	{Key: "scale", Flag: "scale", Group: groupNetwork, Help: "random weights: uniform in ±scale/√H", Needs: "weights", Value: WeightsRandom, rule: number(0, maxScale)},

	{Key: "steps", Flag: "steps", Group: groupWindow, Help: "length T of the window", rule: whole(1, maxSteps)},
	{Key: "warm_up", Flag: "warm-up", Group: groupWindow, Help: "steps before the window, of which it keeps the state they leave", rule: whole(0, maxSteps)},
	{Key: "stride", Flag: "stride", Group: groupWindow, Help: "measure steps k, 2k, … up to T", rule: whole(1, maxSteps)},
	{Key: "draws", Flag: "draws", Group: groupWindow, Help: "draws N that are reported, or exhaustive: every sign pattern once", rule: drawsRule},
	{Key: "precision", Flag: "precision", Group: groupWindow, Help: "go on until the relative half-width of the interval is under it at every step; 0: off", rule: precisionRule},
	{Key: "precision_of", Flag: "precision-of", Group: groupWindow, Help: "precision: figure that is meant: var_trace, var_ratio or bias_sq (over ‖g‖²)", rule: oneOf(PrecisionVar, PrecisionRatio, PrecisionBias)},
	{Key: "max_draws", Flag: "max-draws", Group: groupWindow, Help: "precision: draw no more than this", rule: whole(1, maxDraws)},
	{Key: "plain_draws", Flag: "plain-draws", Group: groupWindow, Help: "at most so many draws for estimators that the engine does not cover", rule: whole(1, maxDraws)},
	{Key: "groups", Flag: "groups", Group: groupWindow, Help: "groups of draws, for standard errors", rule: whole(2, maxGroups)},
	{Key: "seed", Flag: "seed", Group: groupWindow, Help: "seed of the noise", rule: whole(0, math.MaxInt64)},
	{Key: "sequence_seed", Flag: "sequence-seed", Group: groupWindow, Help: "seed of the task's sequence; 0: that of the noise", rule: whole(0, math.MaxInt64)},
	{Key: "noise", Flag: "noise", Group: groupWindow, Help: "law of the noise: rademacher, gaussian, or exhaustive (no draws but all sign patterns)", rule: oneOf(NoiseRademacher, NoiseGaussian, NoiseExhaustive)},

	{Key: "estimators", Flag: "estimators", Group: groupEstimators, Help: "list of name[/covariate[/scope]]; see \"uorobench estimators\"", rule: estimatorsRule},
	{Key: "guard", Flag: "guard", Group: groupEstimators, Help: "rule for UORO's scales: code, paper, none or fixed (mean scales of guard code)", rule: oneOf(guardNames()...)},
	{Key: "convention", Flag: "convention", Group: groupEstimators, Help: "form of UORO's estimate: pre or post", rule: oneOf(estimators.Pre.String(), estimators.Post.String())},
	{Key: "lambda_fit", Flag: "lambda-fit", Group: groupEstimators, Help: "draws that λ is fitted on: pilot, cross or in-sample", rule: oneOf(FitPilot, FitCross, FitInSample)},
	{Key: "pilot_draws", Flag: "pilot-draws", Group: groupEstimators, Help: "pilot: their number; 0 for a quarter of the draws, at least 512", Needs: "lambda_fit", Value: FitPilot, rule: whole(0, maxDraws)},
	{Key: "folds", Flag: "folds", Group: groupEstimators, Help: "cross: number of folds", Needs: "lambda_fit", Value: FitCross, rule: whole(2, maxGroups)},

	{Key: "covariate_training.method", Flag: "covariate-training", Group: groupTraining, Help: "train the covariates that can be: none, bptt, rtrl or uoro; a covariate's own is written as linear-dense@bptt", rule: oneOf(trainingChoices()...)},
	{Key: "covariate_training.updates", Flag: "covariate-updates", Group: groupTraining, Help: "updates of the weights, each from 16 draws", need: trainsCovariates, rule: whole(1, maxUpdates)},
	{Key: "covariate_training.rate", Flag: "covariate-rate", Group: groupTraining, Help: "rate of Adam at the start; it falls to zero", need: trainsCovariates, rule: number(0, maxScale)},

	{Key: "name", Flag: "name", Group: groupRows, Help: "label of the run", rule: nameRule},
	{Key: "detail", Flag: "detail", Group: groupRows, Help: "datasets: steps (always), coordinates, draws, total (of the sum over the measured steps), convergence (of means of N draws)", rule: listOf(DetailSteps, DetailCoordinates, DetailDraws, DetailTotal, DetailConvergence)},
	{Key: "nonfinite", Flag: "nonfinite", Group: groupRows, Help: "a draw that is not finite: stop, or count and go on", rule: oneOf(NonFiniteStop, NonFiniteCount)},
}

// drawsRule is that of a number of draws; the word is taken by set.
var drawsRule = rule{
	allowed: whole(1, maxDraws).allowed + ", or exhaustive",
	check: func(v any) string {
		if wrong := whole(1, maxDraws).check(v); wrong != "" {
			return wrong + ", or exhaustive"
		}
		return ""
	},
}

var precisionRule = rule{
	allowed: "must be a number from 0 to 1",
	check: func(v any) string {
		if x := v.(float64); x >= 0 && x <= 1 {
			return ""
		}
		return "must be a number from 0 to 1"
	},
}

// fieldOf returns the field of a key, or nil.
func fieldOf(key string) *Field {
	at := slices.IndexFunc(Fields, func(f Field) bool { return f.Key == key })
	if at < 0 {
		return nil
	}
	return &Fields[at]
}

func guardNames() []string {
	var names []string
	for _, g := range estimators.Guards {
		names = append(names, string(g))
	}
	return append(names, string(estimators.GuardFixed))
}

// pointer returns the field's place in e, by the struct's toml tags.
func (f *Field) pointer(e *Experiment) any {
	v := reflect.ValueOf(e).Elem()
	for key := range strings.SplitSeq(f.Key, ".") {
		v = taggedField(v, key)
	}
	return v.Addr().Interface()
}

func taggedField(v reflect.Value, tag string) reflect.Value {
	for i := range v.NumField() {
		if name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("toml"), ","); name == tag {
			return v.Field(i)
		}
	}
	panic("bench: no field of Experiment has the key " + tag)
}

func (f *Field) value(e *Experiment) any {
	return reflect.ValueOf(f.pointer(e)).Elem().Interface()
}

// Default is the value of a key that is left out, as a flag would give it.
func (f *Field) Default() string { return flagText(f.value(Default())) }

// flagText writes a value as a flag's argument.
func flagText(v any) string {
	switch v := v.(type) {
	case []string:
		return strings.Join(v, ",")
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}

// fileText writes a value as a file would give it.
func fileText(v any) string {
	switch v := v.(type) {
	case string:
		return strconv.Quote(v)
	case []string:
		return fmt.Sprintf("%q", v)
	}
	return flagText(v)
}
