package training

import (
	"errors"
	"fmt"
	"slices"

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

// check refuses what cannot be trained.
func (c *Config) check() (estimators.Selection, error) {
	sel, err := estimators.Parse(c.Method)
	if err != nil {
		return sel, &keyError{"methods", fmt.Errorf("method: %w", err)}
	}
	if sel.Scope != "" && sel.Scope != scopeOne && sel.Scope != scopeTrace {
		return sel, &keyError{"methods", fmt.Errorf("method %q: λ scope %q has no online form; want %s or %s", c.Method, sel.Scope, scopeOne, scopeTrace)}
	}
	if !slices.Contains(estimators.Guards, c.Guard) {
		return sel, &keyError{"guard", fmt.Errorf("guard %q: want one of %v", c.Guard, estimators.Guards)}
	}
	if c.Task == nil || len(c.Task.Alphabet()) == 0 {
		return sel, &keyError{"task.name", errors.New("training is on tasks of symbols; the task has none")}
	}
	return sel, firstError(
		c.Optimizer.check(),
		inRange("hidden", c.Hidden, 1, maxHidden),
		within("scale", c.Scale, 0, 1e3),
		inRange("steps", c.Steps, 1, 1<<30),
		inRange("draws", c.Draws, 1, mostDraws(sel.Scope)),
		inRange("every", c.Every, 1, 1<<30),
		inRange("record", c.Record, 1, 1<<30),
		inRange("window", c.Window, 1, 1<<20),
		inRange("shadow", c.Shadow, 0, 1<<30),
	)
}

// mostDraws leaves half of the lanes to a λ that must be fitted.
func mostDraws(scope string) int {
	if scope == scopeTrace {
		return estimators.Lanes / 2
	}
	return estimators.Lanes
}

func inRange(field string, given, lo, hi int) error {
	if given >= lo && given <= hi {
		return nil
	}
	return &keyError{field, fmt.Errorf("%s = %d: want %d to %d", field, given, lo, hi)}
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
