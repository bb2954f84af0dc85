package training

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"uorobench/bench/config"
	"uorobench/bench/input"
	"uorobench/bench/task"
	"uorobench/estimators"
)

// Experiment is a plan as a file gives it. Keys left out have the values of
// DefaultExperiment; a key that is not one of Fields is refused.
type Experiment struct {
	Name string // a label
	// Config is what all trainings have in common, and the first seed; its Method,
	// Task and Convention are left to the fields here.
	Config
	Methods    []string
	Reference  string // the method that ratios are to, one of Methods
	Seeds      int    // so many: Seed, Seed+1, …
	Convention string // spelled as in a measurement's experiment
	Snapshots  []int  // steps, rising, after which the weights are kept

	BitsGoals    []float64 // bits per symbol
	EndingsGoals []float64 // fractions

	Task task.Choice

	places config.Places
}

//go:embed experiments/*.toml
var files embed.FS

var library = config.Library{Kind: "training", Files: files}

// BuiltIn lists the names of the embedded training experiments.
func BuiltIn() []string { return library.Names() }

// DefaultExperiment is what a key left out of a file falls back on.
func DefaultExperiment() *Experiment {
	c, t := Default(nil), task.DefaultChoice()
	t.Inputs = new(input.Files)
	return &Experiment{
		Name: "train", Config: c,
		Methods: []string{"rtrl", "uoro", "cv-uoro/snap1/trace", "residual", "snap1"}, Reference: "rtrl",
		Seeds: 5, Convention: c.Convention.String(),
		BitsGoals: []float64{0.20, 0.16}, EndingsGoals: []float64{0.9},
		Task: t,
	}
}

// maxSeeds bounds the trainings of a method.
const maxSeeds = 1000

// canonical is the order of the canonical form. It is frozen, as digests of
// finished trainings are made of it: a new field is a line of Fields, and no key
// here.
const canonical = `name cell hidden scale methods reference seed seeds steps draws convention guard
	every record window shadow snapshots bits_goals endings_goals
	optimizer.name optimizer.rate optimizer.decay optimizer.beta1 optimizer.beta2
	optimizer.epsilon optimizer.weight_decay optimizer.clip
	task.name task.lo task.hi task.layout task.symbols task.length task.delay
	task.episode task.file task.unit task.offset`

// Fields is the table of the experiment's fields, bound to e. A new field is a
// line here and one in Experiment.
func (e *Experiment) Fields() *config.Config {
	c := &config.Config{
		Canonical: canonical,
		Tables:    map[string]string{"task": `name = "anbn"`, "optimizer": `name = "adam"`},
		Places:    &e.places,
		Defaults:  func() *config.Config { return DefaultExperiment().Fields() },
	}
	e.Task.AddTo(c)
	c.Add("Training",
		config.Field{Key: "methods", Value: &e.Methods, Help: `list of name[/covariate[/scope]]; see "uorobench estimators"`, Rule: methodsRule},
		config.Field{Key: "reference", Value: &e.Reference, Help: "the method that ratios are to", Rule: config.Rule{Allowed: "must be one of the methods"}},
		config.Field{Key: "seeds", Value: &e.Seeds, Help: "trainings of each method, from seed on", Rule: config.Whole(1, maxSeeds)},
		config.Field{Key: "convention", Value: &e.Convention, Help: "form of UORO's estimate: pre or post", Rule: config.OneOf(estimators.Pre.String(), estimators.Post.String())},
	)
	e.Config.addTo(c)
	c.Add("What is recorded",
		config.Field{Key: "name", Value: &e.Name, Help: "label of the training", Rule: config.Rule{Allowed: "must be text"}},
		config.Field{Key: "snapshots", Value: &e.Snapshots, Help: "steps after which the weights are kept", Rule: config.Rising(1)},
		config.Field{Key: "bits_goals", Value: &e.BitsGoals, Help: "losses in bits per symbol, whose first steps are reported", Rule: config.ListBetween(0, 64)},
		config.Field{Key: "endings_goals", Value: &e.EndingsGoals, Help: "fractions of correct string endings, likewise", Rule: config.ListBetween(0, 1)},
	)
	return c
}

var methodsRule = config.List("must be a list of name[/covariate[/scope]]", func(method string) string {
	_, wrong := selection(method)
	return wrong
})

// Load reads a built-in experiment by its name, or else a file. It is not yet
// checked as a whole, so that flags can still replace some keys; Plan does that.
func Load(nameOrPath string) (*Experiment, error) {
	e := DefaultExperiment()
	return e, library.Load(nameOrPath, e.Fields())
}

// Encode writes e as TOML, from which Load makes it again: the canonical form to
// be kept with results, in which the options of other tasks have their defaults.
func (e *Experiment) Encode() []byte {
	c := *e
	c.Fields().Reset()
	return c.Fields().Encode()
}

// Plan is the experiment ready to run. The error is one line, and a
// *config.FieldError where a field is at fault.
func (e *Experiment) Plan() (*Plan, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	t, err := e.Task.Make()
	if err != nil {
		return nil, e.Fields().Locate(err)
	}
	p := &Plan{Base: e.Config, Methods: e.Methods, Snapshots: e.Snapshots}
	p.Base.Task = t
	if e.Convention == estimators.Post.String() {
		p.Base.Convention = estimators.Post
	}
	for i := range e.Seeds {
		p.Seeds = append(p.Seeds, e.Seed+uint64(i))
	}
	_, err = p.runs()
	return p, e.Fields().Locate(err)
}

// check is what the plan itself does not look at.
func (e *Experiment) check() error {
	c := e.Fields()
	if err := c.Check(); err != nil {
		return err
	}
	if !slices.Contains(e.Methods, e.Reference) {
		return c.Refuse(fmt.Sprintf("reference = %q must be one of the methods %s", e.Reference, strings.Join(e.Methods, ", ")), "reference", "methods")
	}
	if last := len(e.Snapshots) - 1; last >= 0 && e.Snapshots[last] > e.Steps {
		return c.Refuse(fmt.Sprintf("must be steps from 1 to steps = %d", e.Steps), "snapshots", "steps")
	}
	return nil
}

// Goals are the experiment's goals, bits first.
func (e *Experiment) Goals() []Goal {
	var goals []Goal
	for _, b := range e.BitsGoals {
		goals = append(goals, BitsGoal(b))
	}
	for _, f := range e.EndingsGoals {
		goals = append(goals, EndingsGoal(f))
	}
	return goals
}

// Levels are the task's reference losses, to be shown beside the curves; ok is
// false for a task that has none in closed form.
func (e *Experiment) Levels() (levels task.Levels, ok bool) {
	t, _ := e.Task.Make() // nil with an error, and has no levels then
	if known, ok := t.(interface{ Levels() task.Levels }); ok {
		return known.Levels(), true
	}
	return levels, false
}

// Summary compares the methods of the experiment's results.
func (e *Experiment) Summary(results []Result) ([]Summary, error) {
	sel, err := estimators.Parse(e.Reference)
	if err != nil {
		return nil, err
	}
	return Summarize(results, e.Goals(), e.Steps, sel.Label)
}
