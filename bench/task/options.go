package task

import (
	"errors"

	"uorobench/bench/config"
)

// Choice is the table [task] of an experiment: a task by its name, and the options
// of all tasks. The chosen one looks at its own, the others have no meaning.
type Choice struct {
	Name string
	Options
}

// DefaultChoice is a^n b^n with the default options.
func DefaultChoice() Choice { return Choice{anbnName, Defaults()} }

// Defaults returns the default options: a^n \n b^n \n with n in 1..32; copying
// of 8 of 4 symbols after 8 blanks; a text by bytes from its start, no file;
// adding over 32 steps.
func Defaults() Options {
	var o Options
	for _, k := range o.kinds() {
		k.reset()
	}
	return o
}

// AddTo adds the fields of the table, bound to c, to an experiment's.
func (c *Choice) AddTo(fields *config.Config) {
	const group = "Task"
	fields.Add(group, config.Field{Key: "task.name", Flag: "task", Help: "what the network reads and predicts", Value: &c.Name, Rule: config.OneOf(Names()...)})
	for _, k := range c.kinds() {
		for _, f := range k.fields() {
			f.Key, f.Help = "task."+f.Key, k.name()+": "+f.Help
			f.Need = config.Need{Key: "task.name", Value: k.name()}
			fields.Add(group, f)
		}
	}
}

// Make makes the task. The error is a *config.FieldError with a key of the table
// for a wrong option, else it names the file that could not be read.
func (c *Choice) Make() (Task, error) {
	t, err := New(c.Name, c.Options)
	var wrong *config.FieldError
	if errors.As(err, &wrong) {
		wrong.Key = "task." + wrong.Key
	}
	return t, err
}

// checkOptions checks the options of one task.
func checkOptions(k kind) error {
	fields := config.Config{Fields: k.fields()}
	return fields.CheckValues()
}
