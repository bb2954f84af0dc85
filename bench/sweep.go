package bench

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"uorobench/bench/config"
)

// Axis is a field of an experiment and the values that a sweep gives it.
type Axis struct {
	Key    string   // as in an experiment file: "hidden", "task.hi"
	Values []string // as a flag would give them, at least two
}

// Setting is one value of an axis.
type Setting struct{ Key, Value string }

// Point is one experiment of a sweep.
type Point struct {
	Settings   []Setting // in the order of the axes
	Experiment *Experiment
}

// ParseAxis reads FIELD=VALUE,VALUE,… or FIELD=FROM..TO: see config.Config.Axis.
func ParseAxis(text string) (Axis, error) {
	key, values, err := Default().Fields().Axis(text)
	return Axis{key, values}, err
}

// axes are the value of the key over.
type axes []Axis

// Parse implements config.Parser.
func (a *axes) Parse(items []string) error {
	*a = nil
	for _, text := range items {
		axis, err := ParseAxis(text)
		if err != nil {
			return err
		}
		*a = append(*a, axis)
	}
	return nil
}

func axisNames(axes []Axis) string {
	var names []string
	for _, a := range axes {
		names = append(names, a.Key)
	}
	return strings.Join(names, " and ")
}

// Sweep returns the points of all combinations of the axes' values, the last
// axis fastest, every one resolved: what is wrong with any of them is said before
// the first is measured. base is not changed.
func Sweep(base *Experiment, axes []Axis) ([]Point, error) {
	if err := checkAxes(axes); err != nil {
		return nil, err
	}
	points := []Point{{}}
	for _, axis := range axes {
		var next []Point
		for _, p := range points {
			for _, value := range axis.Values {
				next = append(next, Point{Settings: append(slices.Clone(p.Settings), Setting{axis.Key, value})})
			}
		}
		points = next
	}
	for i := range points {
		var err error
		if points[i].Experiment, err = points[i].set(base); err != nil {
			return nil, fmt.Errorf("sweep at %s: %w", points[i].Name(), err)
		}
	}
	return points, nil
}

func checkAxes(axes []Axis) error {
	if len(axes) == 0 {
		return errors.New("sweep: no axis: want --over FIELD=VALUE,VALUE,…, or the key over in the experiment's file")
	}
	points := 1
	for i, a := range axes {
		if slices.ContainsFunc(axes[:i], func(b Axis) bool { return a.Key == b.Key }) {
			return fmt.Errorf("sweep: two axes of %s", a.Key)
		}
		if points *= len(a.Values); points > config.MaxValues {
			return fmt.Errorf("sweep: more than %d points", config.MaxValues)
		}
	}
	return nil
}

// set is a copy of base with the point's settings, resolved.
func (p Point) set(base *Experiment) (*Experiment, error) {
	e := *base
	e.Over = nil
	e.places = nil // a message names the setting, not the line of the file
	for _, s := range p.Settings {
		if err := e.Set(s.Key, s.Value); err != nil {
			return nil, err
		}
	}
	return e.Resolve()
}

// Name is the point's settings in one word: "hidden=8 weights=mid".
func (p Point) Name() string {
	var parts []string
	for _, s := range p.Settings {
		parts = append(parts, s.Key+"="+s.Value)
	}
	return strings.Join(parts, " ")
}

// Replicates says whether values of the field are repetitions of one measurement
// (other noise, other random weights, another sequence), not conditions of it.
func Replicates(key string) bool {
	return slices.Contains([]string{"seed", "weight_seed", "sequence_seed"}, key)
}

// Numbers are the axis' values as numbers; ok is false where one is not a
// positive number, or where they are repetitions, or no number of the field is.
func (a Axis) Numbers() (numbers []float64, ok bool) {
	if Replicates(a.Key) {
		return nil, false
	}
	for _, value := range a.Values {
		x, err := strconv.ParseFloat(strings.ReplaceAll(value, "_", ""), 64)
		if err != nil || !(x > 0) || math.IsInf(x, 0) {
			return nil, false
		}
		numbers = append(numbers, x)
	}
	return numbers, true
}
