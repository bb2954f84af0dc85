package main

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"uorobench/bench"
)

// experimentFlags are the flags that mirror an experiment's fields, made from
// bench's list of fields: what a flag means, allows and defaults to is said
// there and nowhere else. The struct that kong wants is built to match; a
// hand-written one was left, since thirty names and help texts kept twice drift
// apart.
type experimentFlags struct{ values reflect.Value } // pointer to a struct of *string

func newExperimentFlags() experimentFlags {
	fields := make([]reflect.StructField, len(bench.Fields))
	for i, f := range bench.Fields {
		fields[i] = reflect.StructField{
			Name: "F" + strconv.Itoa(i),
			Type: reflect.TypeFor[*string](),
			Tag:  flagTag(f),
		}
	}
	return experimentFlags{reflect.New(reflect.StructOf(fields))}
}

func flagTag(f bench.Field) reflect.StructTag {
	return reflect.StructTag(fmt.Sprintf("name:%q help:%q placeholder:%q group:%q",
		f.Flag, f.Help, placeholder(f), f.Group))
}

// maxPlaceholder keeps the column of flags narrow.
const maxPlaceholder = 12

// placeholder shows a flag's default, or what kind of value it takes.
func placeholder(f bench.Field) string {
	d := f.Default()
	switch {
	case d == "":
		return strings.ToUpper(f.Flag)
	case len(d) > maxPlaceholder:
		return "LIST"
	}
	return d
}

// apply sets the fields whose flags were given.
func (f experimentFlags) apply(e *bench.Experiment) error {
	for i := range bench.Fields {
		value := f.values.Elem().Field(i).Interface().(*string)
		if value == nil {
			continue
		}
		if err := e.Set(bench.Fields[i].Key, *value); err != nil {
			return err
		}
	}
	return nil
}

// Groups of the flags that are no part of an experiment.
const (
	groupOutput  = "Output"
	groupProfile = "Profiling"
)

// helpGroups are the headings of the help text, in order.
func helpGroups() []kong.Group {
	var groups []kong.Group
	add := func(title string) {
		if !slices.ContainsFunc(groups, func(g kong.Group) bool { return g.Key == title }) {
			groups = append(groups, kong.Group{Key: title, Title: title + ":"})
		}
	}
	for _, f := range bench.Fields {
		add(f.Group)
	}
	add(groupOutput)
	add(groupProfile)
	return groups
}
