// Package task makes the sequences that a cell is run on: at every step one
// input symbol and one symbol to predict, or a vector of each for the tasks of
// real numbers.
//
// A sequence depends on the task's options and on the random numbers that are
// passed in, on nothing else. To add a task, write one file with the task and its
// options, and one line in Options: the options are then keys of a file and flags
// of every command that takes a task.
package task

import (
	"fmt"
	"reflect"
	"slices"

	"uorobench/bench/config"
	"uorobench/bench/input"
	"uorobench/bench/noise"
)

// NoTarget marks a step without a loss.
const NoTarget = -1

// Sequence is what a cell is run on: T steps of symbol codes, or of real vectors.
// The receiver owns the slices.
type Sequence struct {
	X, Y   int   // number of input and of target codes
	Input  []int // length T: code 0..X-1 of the symbol read at each step
	Target []int // length T: code 0..Y-1 to predict at each step, or NoTarget
	// Symbols is what the codes mean: Symbols[c] is a printable name of code c.
	Symbols []string
	// Real, when not nil, has vectors in the place of Input, of Target, or of both,
	// which are nil then; X and Y are the lengths of the vectors.
	Real *Real
}

// Steps is T.
func (s *Sequence) Steps() int {
	if s.Real != nil && s.Real.Input != nil {
		return len(s.Real.Input)
	}
	return len(s.Input)
}

// Split cuts the sequence after its first t steps, 0 ≤ t ≤ T. Both parts share the
// slices of s and are not to be written into.
func (s *Sequence) Split(t int) (before, after Sequence) {
	before, after = *s, *s
	if r := s.Real; r != nil {
		before.Real, after.Real = new(Real), new(Real)
		before.Real.Input, after.Real.Input = cut(r.Input, t)
		before.Real.Target, after.Real.Target = cut(r.Target, t)
	}
	before.Input, after.Input = cut(s.Input, t)
	before.Target, after.Target = cut(s.Target, t)
	return before, after
}

// cut splits a slice that may be nil.
func cut[T any](s []T, t int) (before, after []T) {
	if s == nil {
		return nil, nil
	}
	return s[:t], s[t:]
}

// Squared says whether the loss is the squared error of vectors; else it is
// cross-entropy.
func (s *Sequence) Squared() bool { return s.Real != nil && s.Real.Target != nil }

// HasLoss reports whether step t (0-based) has a target.
func (s *Sequence) HasLoss(t int) bool {
	if s.Squared() {
		return s.Real.Target[t] != nil
	}
	return s.Target[t] != NoTarget
}

// Task makes sequences. A Task is immutable and may be used from several
// goroutines.
type Task interface {
	// Name is the name in the list, as the user writes it.
	Name() string
	// Alphabet is the meaning of the codes, nil where there are none; the caller
	// must not change it.
	Alphabet() []string
	// Sequence makes a sequence of the given number of steps (at least 1) from
	// the random numbers of u. The error says why the task cannot fill so many
	// steps, or none of them would have a loss.
	Sequence(u *noise.Uniforms, steps int) (Sequence, error)
}

// Options are the options of all tasks, and the list of tasks in the order in which
// they are shown: an entry is a task, and holds the options that it looks at. Start
// from Defaults: 0 is a value like any other and not "use the default".
type Options struct {
	ANBNOptions
	CopyOptions
	TextOptions
	AddingOptions
	InfluenceBalancingOptions
	SinesOptions
	FileOptions

	// Inputs is where files are read, so that each is read once; nil reads them
	// every time.
	Inputs *input.Files
}

// kind is what an entry of Options says of its task.
type kind interface {
	// name is the name in the list.
	name() string
	// reset gives the options their defaults.
	reset()
	// fields declares the options; keys are without the table, groups and needs
	// are left to Choice.
	fields() []config.Field
	// build makes the task from its part of the options.
	build(Options) (Task, error)
}

// kinds are the entries of the list, bound to o.
func (o *Options) kinds() []kind {
	var kinds []kind
	entries := reflect.ValueOf(o).Elem()
	for i := range entries.NumField() {
		if k, ok := entries.Field(i).Addr().Interface().(kind); ok {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// Names returns the names of all tasks.
func Names() []string {
	var names []string
	for _, k := range new(Options).kinds() {
		names = append(names, k.name())
	}
	return names
}

// New makes the task of a name. Only the options that the task uses are looked
// at. The error is a *config.FieldError where an option (or the name, key "task")
// is at fault, else it names the file that could not be read.
func New(name string, o Options) (Task, error) {
	for _, k := range o.kinds() {
		if k.name() != name {
			continue
		}
		// Not returned as it is: a failed build holds a nil pointer, which in
		// the interface would not be equal to nil.
		t, err := k.build(o)
		if err != nil {
			return nil, err
		}
		return t, nil
	}
	return nil, config.Wrong("task", name, config.OneOf(Names()...).Allowed)
}

// nextSymbol makes the sequence of predicting each symbol from those before it:
// symbols has one more entry than the sequence has steps.
func nextSymbol(symbols []int, alphabet []string) Sequence {
	last := len(symbols) - 1
	return Sequence{
		X:       len(alphabet),
		Y:       len(alphabet),
		Input:   slices.Clone(symbols[:last]),
		Target:  slices.Clone(symbols[1:]),
		Symbols: slices.Clone(alphabet),
	}
}

// checkSteps refuses a sequence without a step.
func checkSteps(name string, steps int) error {
	if steps < 1 {
		return fmt.Errorf("task %s: %d steps: want at least 1", name, steps)
	}
	return nil
}

// needSteps says that a sequence ends before its first loss.
func needSteps(name string, steps, least int) error {
	return fmt.Errorf("task %s: %d steps have no step with a loss: want at least %d", name, steps, least)
}
