package training

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"uorobench/bench/input"
	"uorobench/bench/task"
	"uorobench/estimators"
)

// Experiment is a plan as a file gives it. Keys left out have the values of
// DefaultExperiment; a key that is not one of these is refused.
type Experiment struct {
	Name      string   `toml:"name"` // a label
	Cell      string   `toml:"cell"`
	Hidden    int      `toml:"hidden"`
	Scale     float64  `toml:"scale"`
	Methods   []string `toml:"methods"`
	Reference string   `toml:"reference"` // the method that ratios are to, one of Methods
	Seed      uint64   `toml:"seed"`      // the first of
	Seeds     int      `toml:"seeds"`     // so many: Seed, Seed+1, …
	Steps     int      `toml:"steps"`
	Draws     int      `toml:"draws"`
	// Convention and Guard are spelled as in a measurement's experiment.
	Convention string `toml:"convention"`
	Guard      string `toml:"guard"`
	Every      int    `toml:"every"`
	Record     int    `toml:"record"`
	Window     int    `toml:"window"`
	Shadow     int    `toml:"shadow"`
	Snapshots  []int  `toml:"snapshots"`

	BitsGoals    []float64 `toml:"bits_goals"`    // bits per symbol
	EndingsGoals []float64 `toml:"endings_goals"` // fractions

	Optimizer Optimizer `toml:"optimizer"`
	Task      TaskFile  `toml:"task"`
}

// TaskFile is the table [task]: the task's name and the options of all tasks.
type TaskFile struct {
	Name string `toml:"name"`
	task.Options
}

//go:embed experiments/*.toml
var builtIn embed.FS

// BuiltIn lists the names of the embedded training experiments.
func BuiltIn() []string {
	files, err := fs.Glob(builtIn, "experiments/*.toml")
	if err != nil {
		panic("training: " + err.Error()) // the pattern is a constant
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(path.Base(f), ".toml")
	}
	return files
}

// DefaultExperiment is what a key left out of a file falls back on.
func DefaultExperiment() *Experiment {
	c, options := Default(nil), task.Defaults()
	options.Inputs = new(input.Files)
	return &Experiment{
		Name: "train", Cell: c.Cell, Hidden: c.Hidden, Scale: c.Scale,
		Methods: []string{"rtrl", "uoro", "cv-uoro/snap1/trace", "residual", "snap1"}, Reference: "rtrl",
		Seed: 1, Seeds: 5, Steps: c.Steps, Draws: c.Draws,
		Convention: c.Convention.String(), Guard: string(c.Guard),
		Every: c.Every, Record: c.Record, Window: c.Window, Shadow: c.Shadow,
		BitsGoals: []float64{0.20, 0.16}, EndingsGoals: []float64{0.9},
		Optimizer: c.Optimizer, Task: TaskFile{"anbn", options},
	}
}

// maxFile bounds an experiment file: a larger one is something else.
const maxFile = 64 << 10

// Load reads a built-in experiment by its name, or else a file, and checks it.
func Load(nameOrPath string) (*Experiment, error) {
	data, err := builtIn.ReadFile("experiments/" + nameOrPath + ".toml")
	if err != nil {
		data, err = input.Read(nameOrPath, maxFile)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("training %q: no such file, and not one of the built-in experiments %s",
			nameOrPath, strings.Join(BuiltIn(), ", "))
	case errors.Is(err, input.ErrTooLarge):
		return nil, fmt.Errorf("training: %w: not an experiment file", err)
	case err != nil:
		return nil, fmt.Errorf("training: %w", err)
	}
	e := DefaultExperiment()
	return e, e.Apply(data, nameOrPath)
}

// Apply sets the keys of a TOML document over those of e, and checks the whole.
// name is what messages call the document; they give its line where they can.
// It serves a file, and a command line's "steps = 1000" after it.
func (e *Experiment) Apply(data []byte, name string) error {
	data, err := input.Text(data)
	if err != nil {
		return fmt.Errorf("%s:1: %w", name, err)
	}
	d := toml.NewDecoder(strings.NewReader(string(data))).DisallowUnknownFields()
	if err := d.Decode(e); err != nil {
		return tomlError(err, name)
	}
	if _, err := e.Plan(); err != nil {
		return located(err, data, name)
	}
	return nil
}

// tomlError says what is wrong in one line.
func tomlError(err error, name string) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) {
		first := &unknown.Errors[0]
		line, _ := first.Position()
		return fmt.Errorf("%s:%d: unknown key %q; allowed: %s", name, line, strings.Join(first.Key(), "."), strings.Join(keys(), ", "))
	}
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		line, _ := decode.Position()
		return fmt.Errorf("%s:%d: %s", name, line, strings.TrimPrefix(decode.Error(), "toml: "))
	}
	return fmt.Errorf("%s: %w", name, err)
}

// keys lists the keys of the file, by writing one.
func keys() []string {
	text, err := DefaultExperiment().Encode()
	if err != nil {
		panic("training: " + err.Error()) // constants
	}
	var names []string
	eachKey(text, func(key string, _ int) { names = append(names, key) })
	return names
}

// eachKey calls visit with the keys of a document that parses, and their lines.
func eachKey(data []byte, visit func(key string, line int)) {
	var p unstable.Parser
	p.Reset(data)
	table := ""
	for p.NextExpression() {
		var parts []string
		line := 0
		n := p.Expression()
		for it := n.Key(); it.Next(); {
			parts = append(parts, string(it.Node().Data))
			line = p.Shape(it.Node().Raw).Start.Line
		}
		switch name := strings.Join(parts, "."); n.Kind {
		case unstable.Table:
			table = name + "."
		case unstable.KeyValue:
			visit(table+name, line)
		}
	}
}

// keyError is a refused value of a key.
type keyError struct {
	key string
	err error
}

func (e *keyError) Error() string { return e.err.Error() }
func (e *keyError) Unwrap() error { return e.err }

// located adds the line of the key that is at fault, where the document has it.
func located(err error, data []byte, name string) error {
	var at *keyError
	line := 0
	if errors.As(err, &at) {
		eachKey(data, func(key string, l int) {
			if key == at.key || strings.HasSuffix(key, "."+at.key) {
				line = l
			}
		})
	}
	if line > 0 {
		return fmt.Errorf("%s:%d: %w", name, line, err)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// Encode writes e with all keys, from which Load makes it again: the canonical
// form to be kept with results.
func (e *Experiment) Encode() ([]byte, error) { return toml.Marshal(e) }

// Plan is the experiment ready to run. The error names the key at fault.
func (e *Experiment) Plan() (*Plan, error) {
	t, err := task.New(e.Task.Name, e.Task.Options)
	if option := (*task.OptionError)(nil); errors.As(err, &option) {
		return nil, &keyError{"task." + option.Field, err}
	} else if err != nil {
		return nil, err
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	p := &Plan{Base: e.base(t), Methods: e.Methods, Snapshots: e.Snapshots}
	for i := range e.Seeds {
		p.Seeds = append(p.Seeds, e.Seed+uint64(i))
	}
	_, err = p.runs()
	return p, err
}

// base is what all runs have in common.
func (e *Experiment) base(t task.Task) Config {
	c := Config{
		Task: t, Cell: e.Cell, Hidden: e.Hidden, Scale: e.Scale, Steps: e.Steps, Draws: e.Draws,
		Guard: estimators.Guard(e.Guard), Optimizer: e.Optimizer,
		Every: e.Every, Record: e.Record, Window: e.Window, Shadow: e.Shadow,
	}
	if e.Convention == estimators.Post.String() {
		c.Convention = estimators.Post
	}
	return c
}

// maxSeeds bounds the trainings of a method.
const maxSeeds = 1000

// check is what the plan itself does not look at.
func (e *Experiment) check() error {
	if err := inRange("seeds", e.Seeds, 1, maxSeeds); err != nil {
		return err
	}
	if e.Convention != estimators.Pre.String() && e.Convention != estimators.Post.String() {
		return &keyError{"convention", fmt.Errorf("convention = %q: want pre or post", e.Convention)}
	}
	if !slices.Contains(e.Methods, e.Reference) {
		return &keyError{"reference", fmt.Errorf("reference = %q: want one of the methods %s", e.Reference, strings.Join(e.Methods, ", "))}
	}
	for i, m := range e.Methods {
		if slices.Contains(e.Methods[:i], m) {
			return &keyError{"methods", fmt.Errorf("method %q is listed twice", m)}
		}
	}
	for _, b := range e.BitsGoals {
		if err := within("bits_goals", b, 0, 64); err != nil {
			return err
		}
	}
	for _, f := range e.EndingsGoals {
		if err := within("endings_goals", f, 0, 1); err != nil {
			return err
		}
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
	t, err := task.New(e.Task.Name, e.Task.Options)
	if err != nil {
		return levels, false
	}
	known, ok := t.(interface{ Levels() task.Levels })
	if !ok {
		return levels, false
	}
	return known.Levels(), true
}

// Summary compares the methods of the experiment's results.
func (e *Experiment) Summary(results []Result) ([]Summary, error) {
	sel, err := estimators.Parse(e.Reference)
	if err != nil {
		return nil, err
	}
	return Summarize(results, e.Goals(), e.Steps, sel.Label)
}
