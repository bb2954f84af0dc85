package training

import (
	"fmt"
	"math"
	"strings"

	"uorobench/bench/config"
	"uorobench/bench/task"
	"uorobench/estimators"
	"uorobench/estimators/cell"
)

// Config describes one training: one method, one seed. Two trainings of equal
// configs give the same weights and the same curve, bit for bit, on one build
// target. Start from Default.
type Config struct {
	Task   task.Task
	Cell   string  // a name of estimators/cell
	Hidden int     // H
	Scale  float64 // initial weights are uniform in ±Scale/√H
	Method string  // an estimator: name[/covariate[/scope]], scopes one and trace
	Seed   uint64  // of the weights, the data and the noise
	Steps  int     // parameter steps, at least 1

	Draws      int // the estimate is the mean of so many draws
	Convention estimators.Convention
	Guard      estimators.Guard

	Optimizer Optimizer
	// Every is the number of steps whose gradients are added up before an
	// update; 1 is online training. The influence is carried on at an update,
	// as online RTRL does, though it was made with the older weights.
	Every int

	Record int // steps from one point of the curve to the next
	Window int // points over which the recent figures are taken
	Shadow int // steps between comparisons with the exact gradient; 0 is never
}

// Default is online training of a GRU with 32 units by exact RTRL.
func Default(t task.Task) Config {
	return Config{
		Task: t, Cell: "gru", Hidden: 32, Scale: 1, Method: "rtrl", Seed: 1, Steps: 10000,
		Draws: 1, Convention: estimators.Pre, Guard: estimators.GuardCode,
		Optimizer: DefaultOptimizer(), Every: 1, Record: 1000, Window: 5,
	}
}

// maxHidden bounds H: RTRL keeps S·P numbers, 8 GB of them at this size.
const maxHidden = 512

// addTo adds the fields that a training has in common with its experiment's.
func (c *Config) addTo(fields *config.Config) {
	o := &c.Optimizer
	fields.Add("Network",
		config.Field{Key: "cell", Value: &c.Cell, Help: "cell: " + strings.Join(cell.Names(), ", "), Rule: config.OneOf(cell.Names()...)},
		config.Field{Key: "hidden", Value: &c.Hidden, Help: "hidden units H", Rule: config.Whole(1, maxHidden)},
		config.Field{Key: "scale", Value: &c.Scale, Help: "initial weights: uniform in ±scale/√H", Rule: config.Between(0, 1e3)},
	)
	fields.Add("Training",
		config.Field{Key: "seed", Value: &c.Seed, Help: "seed of the weights, the data and the noise; the first of seeds", Rule: config.Whole(0, math.MaxInt64)},
		config.Field{Key: "steps", Value: &c.Steps, Help: "parameter steps, one symbol each", Rule: config.Whole(1, 1<<30)},
		config.Field{Key: "draws", Value: &c.Draws, Help: "draws that an estimate is the mean of", Rule: config.Whole(1, estimators.Lanes)},
		config.Field{Key: "guard", Value: (*string)(&c.Guard), Help: "rule for UORO's scales: code, paper or none", Rule: config.OneOf(estimators.Guards...)},
		config.Field{Key: "every", Value: &c.Every, Help: "steps whose gradients are added up for one update; 1 is online", Rule: config.Whole(1, 1<<30)},
	)
	fields.Add("Optimizer",
		config.Field{Key: "optimizer.name", Flag: "optimizer", Value: &o.Name, Help: "adam or sgd", Rule: config.OneOf(Adam, SGD)},
		config.Field{Key: "optimizer.rate", Value: &o.Rate, Help: "rate of the first update; 0 freezes the weights", Rule: config.Between(0, 10)},
		config.Field{Key: "optimizer.decay", Value: &o.Decay, Help: "update t has rate/(1 + decay·√t)", Rule: config.Between(0, 1e6)},
		config.Field{Key: "optimizer.beta1", Value: &o.Beta1, Help: "adam: memory of the gradient", Rule: config.Between(0, 1-1e-9)},
		config.Field{Key: "optimizer.beta2", Value: &o.Beta2, Help: "adam: memory of its square", Rule: config.Between(0, 1-1e-9)},
		config.Field{Key: "optimizer.epsilon", Value: &o.Epsilon, Help: "adam: added to the root of the mean square", Rule: config.Between(1e-300, 1)},
		config.Field{Key: "optimizer.weight_decay", Value: &o.WeightDecay, Help: "w ← w − rate·decay·w, apart from the gradient", Rule: config.Between(0, 1)},
		config.Field{Key: "optimizer.clip", Value: &o.Clip, Help: "largest norm of the gradient; 0: no limit", Rule: config.Between(0, math.MaxFloat64)},
	)
	fields.Add("What is recorded",
		config.Field{Key: "record", Value: &c.Record, Help: "steps from one point of the curve to the next", Rule: config.Whole(1, 1<<30)},
		config.Field{Key: "window", Value: &c.Window, Help: "points that recent figures are taken over", Rule: config.Whole(1, 1<<20)},
		config.Field{Key: "shadow", Value: &c.Shadow, Help: "steps between comparisons with the exact gradient; 0: never", Rule: config.Whole(0, 1<<30)},
	)
}

// check refuses what cannot be trained. The error is a *config.FieldError.
func (c *Config) check() (estimators.Selection, error) {
	sel, wrong := selection(c.Method)
	if wrong != "" {
		return sel, config.Wrong("methods", c.Method, wrong)
	}
	if c.Task == nil || len(c.Task.Alphabet()) == 0 {
		return sel, config.Wrong("task.name", "", "training is on tasks of symbols; the task has none")
	}
	var fields config.Config
	c.addTo(&fields)
	if err := fields.CheckValues(); err != nil {
		return sel, err
	}
	// Half of the lanes are left to a λ that must be fitted.
	if most := estimators.Lanes / 2; sel.Scope == scopeTrace && c.Draws > most {
		return sel, config.Wrong("draws", c.Draws, fmt.Sprintf("must be a whole number from 1 to %d with method %s", most, c.Method), "methods")
	}
	return sel, nil
}

// selection parses a method and says what is wrong with it.
func selection(method string) (sel estimators.Selection, wrong string) {
	sel, err := estimators.Parse(method)
	switch {
	case err != nil:
		return sel, err.Error()
	case sel.Scope != "" && sel.Scope != scopeOne && sel.Scope != scopeTrace:
		return sel, fmt.Sprintf("method %q: λ scope %q has no online form; want %s or %s", method, sel.Scope, scopeOne, scopeTrace)
	}
	return sel, ""
}

// Check says why the config cannot be trained, or nil. It makes no memory of the
// training's size.
func (c *Config) Check() error {
	sel, err := c.check()
	if err != nil {
		return fmt.Errorf("training: %w", err)
	}
	unit, err := cell.New(c.Cell, len(c.Task.Alphabet()), c.Hidden)
	if err != nil {
		return fmt.Errorf("training: %w", err)
	}
	if _, err := sel.Spec.New(unit.Layout(), c.options(sel)); err != nil {
		return fmt.Errorf("training: %w", err)
	}
	return nil
}

// options are the choices that the method leaves open.
func (c *Config) options(sel estimators.Selection) estimators.Options {
	o := estimators.Options{
		Convention: c.Convention, Guard: c.Guard, Covariates: sel.Covariates, Normals: normals(c.Seed),
	}
	if sel.Spec.Convention != nil {
		o.Convention = *sel.Spec.Convention
	}
	return o
}

// network makes the cell and its initial weights.
func (c *Config) network() (cell.Cell, *cell.Params, error) {
	symbols := len(c.Task.Alphabet())
	unit, err := cell.New(c.Cell, symbols, c.Hidden)
	if err != nil {
		return nil, nil, err
	}
	p := cell.NewParams(unit.Layout(), symbols)
	p.Init(unit.Layout(), c.Scale, data(c.Seed).Uniforms(tagWeights).Next)
	return unit, p, nil
}
