package bench

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"uorobench/bench/config"
	"uorobench/bench/weights"
	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// Limits of the numbers of an experiment, far above what a machine can do in a
// day; memory has a check of its own.
const (
	maxHidden = 4096
	maxSteps  = 1 << 20
	maxDraws  = 1 << 40
	maxGroups = 1 << 12
	maxScale  = 1e6
)

// canonical is the order of the canonical form. It is frozen, as the hashes of
// published runs are made of it: a new field is a line of Fields, and no key here.
const canonical = `name cell hidden weights weight_seed scale steps warm_up? stride seed sequence_seed
	draws precision precision_of max_draws plain_draws pilot_draws groups lambda_fit folds
	noise guard convention estimators detail nonfinite
	covariate_training.method covariate_training.updates covariate_training.rate
	task.name task.lo task.hi task.layout task.symbols task.length task.delay
	task.file task.unit task.offset task.episode`

// Fields is the table of the experiment's fields, bound to e. A new field is a
// line here and one in Experiment.
func (e *Experiment) Fields() *config.Config {
	c := &config.Config{
		Canonical: canonical,
		Tables:    map[string]string{"task": `name = "anbn"`, "covariate_training": `method = "bptt"`},
		Places:    &e.places,
		Defaults:  func() *config.Config { return Default().Fields() },
	}
	e.Task.AddTo(c)
	train := &e.CovariateTraining
	random := config.Need{Key: "weights", Value: WeightsRandom}
	own := config.Need{Met: func() bool { return isWeightsFile(e.Weights) }, Want: `with a file of weights (weights = "FILE.safetensors")`}
	trains := config.Need{Met: func() bool { return len(e.trainings()) > 0 },
		Want: "where a covariate is trained: give covariate_training.method, or a name such as cv-uoro/linear-dense@bptt"}

	c.Add("Network",
		config.Field{Key: "cell", Value: &e.Cells, Help: "cells: " + strings.Join(cell.Names(), ", "), Rule: config.ListOf(cell.Names()...)},
		config.Field{Key: "hidden", Value: &e.Hidden, Help: "hidden units H", Rule: config.Whole(1, maxHidden)},
		config.Field{Key: "weights", Value: &e.Weights, Help: "random, a trained stage (early, mid, late, copy), balancing or FILE.safetensors", Rule: weightsRule},
		config.Field{Key: "layer", Value: &e.Layer, Help: "file of weights with several recurrent layers: prefix of the one to measure", Need: own, Rule: config.Rule{Allowed: "must be the prefix of a tensor's name"}},
		config.Field{Key: "readout", Value: &e.Readout, Help: "file of weights with several linear layers: name of the readout", Need: own, Rule: config.Rule{Allowed: "must be the name of a tensor"}},
		config.Field{Key: "weight_seed", Value: &e.WeightSeed, Help: "random weights: their seed", Need: random, Rule: config.Whole(0, math.MaxInt64)},
		config.Field{Key: "scale", Value: &e.Scale, Help: "random weights: uniform in ±scale/√H", Need: random, Rule: config.Above(0, maxScale)},
	)
	c.Add("Window and draws",
		config.Field{Key: "steps", Value: &e.Steps, Help: "length T of the window", Rule: config.Whole(1, maxSteps)},
		config.Field{Key: "warm_up", Value: &e.WarmUp, Help: "steps before the window; only their last state is kept", Rule: config.Whole(0, maxSteps)},
		config.Field{Key: "stride", Value: &e.Stride, Help: "measure steps k, 2k, … up to T", Rule: config.Whole(1, maxSteps)},
		config.Field{Key: "draws", Value: &e.Draws, Help: "draws N that are reported, or exhaustive: every sign pattern once",
			Rule: config.Whole(1, maxDraws).Or(NoiseExhaustive), Words: map[string]string{NoiseExhaustive: "noise"}},
		config.Field{Key: "precision", Value: &e.Precision, Help: "draw until the relative half-width of the 95 % interval is below this at every measured step; 0: off", Rule: config.Between(0, 1)},
		config.Field{Key: "precision_of", Value: &e.PrecisionOf, Help: "precision: the figure whose interval counts: var_trace, var_ratio or bias_sq (over ‖g‖²)", Rule: config.OneOf(PrecisionVar, PrecisionRatio, PrecisionBias)},
		config.Field{Key: "max_draws", Value: &e.MaxDraws, Help: "precision: at most so many draws", Rule: config.Whole(1, maxDraws)},
		config.Field{Key: "plain_draws", Value: &e.PlainDraws, Help: "at most so many draws for estimators that the engine does not cover", Rule: config.Whole(1, maxDraws)},
		config.Field{Key: "groups", Value: &e.Groups, Help: "groups of draws, for standard errors", Rule: config.Whole(2, maxGroups)},
		config.Field{Key: "seed", Value: &e.Seed, Help: "seed of the noise", Rule: config.Whole(0, math.MaxInt64)},
		config.Field{Key: "sequence_seed", Value: &e.SequenceSeed, Help: "seed of the task's sequence; 0: that of the noise", Rule: config.Whole(0, math.MaxInt64)},
		config.Field{Key: "noise", Value: &e.Noise, Help: "law of the noise: rademacher, gaussian, or exhaustive (no draws but all sign patterns)", Rule: config.OneOf(NoiseRademacher, NoiseGaussian, NoiseExhaustive)},
	)
	c.Add("Estimators",
		config.Field{Key: "estimators", Value: &e.Estimators, Help: `list of name[/covariate[/scope]]; see "uorobench estimators"`, Rule: estimatorsRule},
		config.Field{Key: "guard", Value: &e.Guard, Help: "rule for UORO's scales: code, paper, none or fixed (mean scales of guard code)", Rule: config.OneOf(append(slices.Clone(estimators.Guards), estimators.GuardFixed)...)},
		config.Field{Key: "convention", Value: &e.Convention, Help: "form of UORO's estimate: pre or post", Rule: config.OneOf(estimators.Pre.String(), estimators.Post.String())},
		config.Field{Key: "lambda_fit", Value: &e.LambdaFit, Help: "draws that λ is fitted on: pilot, cross or in-sample", Rule: config.OneOf(FitPilot, FitCross, FitInSample)},
		config.Field{Key: "pilot_draws", Value: &e.Pilot, Help: "pilot: their number; 0 for a quarter of the draws, at least 512", Need: config.Need{Key: "lambda_fit", Value: FitPilot}, Rule: config.Whole(0, maxDraws)},
		config.Field{Key: "folds", Value: &e.Folds, Help: "cross: number of folds", Need: config.Need{Key: "lambda_fit", Value: FitCross}, Rule: config.Whole(2, maxGroups)},
	)
	c.Add("Training of covariates",
		config.Field{Key: "covariate_training.method", Flag: "covariate-training", Value: &train.Method, Rule: config.OneOf(trainingChoices()...),
			Help: "train the covariates that can be: none, bptt, rtrl or uoro; a covariate's own is written as linear-dense@bptt"},
		config.Field{Key: "covariate_training.updates", Flag: "covariate-updates", Value: &train.Updates, Help: "updates of the weights, each from 16 draws", Need: trains, Rule: config.Whole(1, maxUpdates)},
		config.Field{Key: "covariate_training.rate", Flag: "covariate-rate", Value: &train.Rate, Help: "rate of Adam at the start; it falls to zero", Need: trains, Rule: config.Above(0, maxScale)},
	)
	c.Add("What is recorded",
		config.Field{Key: "name", Value: &e.Name, Help: "label of the run", Rule: config.Name},
		config.Field{Key: "detail", Value: &e.Detail, Rule: config.ListOf(details()...), Help: "datasets: " + detailsHelp()},
		config.Field{Key: "nonfinite", Value: &e.NonFinite, Help: "a draw that is not finite: stop, or count and go on", Rule: config.OneOf(NonFiniteStop, NonFiniteCount)},
	)
	c.Add("", config.Field{Key: "over", Value: (*axes)(&e.Over), Rule: config.Rule{Allowed: `must be a list of axes such as "hidden=8,16,32" or "weight_seed=1..6"`}})
	return c
}

//go:embed experiments/*.toml
var files embed.FS

var library = config.Library{Kind: "experiment", Files: files}

// BuiltIn lists the names of the embedded experiments.
func BuiltIn() []string { return library.Names() }

// Load reads a built-in experiment by its name, or else a file. It is not yet
// validated as a whole.
func Load(nameOrPath string) (*Experiment, error) {
	e := Default()
	return e, library.Load(nameOrPath, e.Fields())
}

// Parse reads an experiment file; keys left out have the values of Default. name
// is what messages call the file. Errors are one line: "name:7: …". Combinations
// of keys are left to Validate, so that flags can still replace some.
func Parse(data []byte, name string) (*Experiment, error) {
	e := Default()
	return e, e.Fields().Read(data, name)
}

// Set gives a field the value that its flag has. The error is a *config.FieldError
// whose place is the flag.
func (e *Experiment) Set(key, text string) error { return e.Fields().Set(key, text) }

// Encode writes the experiment as TOML. Of a resolved experiment it is the
// canonical form.
func (e *Experiment) Encode() []byte { return e.Fields().Encode() }

// Hash is the SHA-256 of Encode in hexadecimal: the config hash that datasets
// and the manifest carry. Take it of a resolved experiment, so that two ways to
// write the same one have one hash.
func (e *Experiment) Hash() string {
	sum := sha256.Sum256(e.Encode())
	return hex.EncodeToString(sum[:])
}

// estimatorsRule refuses two spellings of one estimator as well: their rows would
// be the same in every column.
var estimatorsRule = config.Rule{
	Allowed: "must be a list of name[/covariate[/scope]]",
	Check: func(v any) string {
		items := v.([]string)
		if wrong := config.List("", checkEstimator).Check(items); wrong != "" {
			return wrong
		}
		seen := map[string]string{}
		for _, label := range items {
			full := canonicalLabel(label)
			if before, ok := seen[full]; ok {
				return fmt.Sprintf("%q and %q are the same estimator", before, label)
			}
			seen[full] = label
		}
		return ""
	},
}

func checkEstimator(label string) string {
	sel, err := estimators.Parse(label)
	if err != nil {
		return err.Error()
	}
	for i, c := range sel.Covariates {
		if slices.Contains(sel.Covariates[:i], c) {
			return fmt.Sprintf("estimator %q has covariate %q twice", label, c)
		}
	}
	return ""
}

// canonicalLabel is the estimator's name with the scope spelled out. It is as
// given where the name is not valid.
func canonicalLabel(label string) string {
	sel, err := estimators.Parse(label)
	if err != nil {
		return label
	}
	return sel.Label
}

const weightsSuffix = ".safetensors"

var weightsRule = config.Where(func(w string) bool {
	return w == WeightsRandom || w == WeightsBalancing || weights.IsStage(w) || isWeightsFile(w)
}, "must be random, early, mid, late, copy, balancing or a file that ends in %s", weightsSuffix)

func isWeightsFile(w string) bool { return strings.HasSuffix(w, weightsSuffix) }
