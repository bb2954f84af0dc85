package main

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"uorobench/bench"
	"uorobench/bench/config"
	"uorobench/bench/training"
)

// fieldFlags are the flags that set an experiment's fields, made from its table of
// fields: what a flag means, allows and defaults to is said there and nowhere
// else. The struct that kong wants is built to match; a hand-written one was left,
// since thirty names and help texts kept twice drift apart.
type fieldFlags struct {
	kong.Plugins
	Set []string `group:"Output" sep:"none" placeholder:"KEY=VALUE" help:"give a key of the file a value, as its flag would: --set task.hi=8 --set estimators=uoro,rtrl"`
}

func newFieldFlags(table *config.Config) fieldFlags {
	var fields []reflect.StructField
	for _, f := range table.Fields {
		if f.Group != "" {
			fields = append(fields, reflect.StructField{Name: "F" + strconv.Itoa(len(fields)), Type: reflect.TypeFor[*string](), Tag: flagTag(f)})
		}
	}
	return fieldFlags{Plugins: kong.Plugins{reflect.New(reflect.StructOf(fields)).Interface()}}
}

func flagTag(f config.Field) reflect.StructTag {
	return reflect.StructTag(fmt.Sprintf("name:%q help:%q placeholder:%q group:%q",
		f.Flag, f.Help, placeholder(f), f.Group))
}

// maxPlaceholder keeps the column of flags narrow.
const maxPlaceholder = 12

// placeholder shows a flag's default, or what kind of value it takes.
func placeholder(f config.Field) string {
	d := f.Argument()
	switch {
	case d == "":
		return strings.ToUpper(f.Flag)
	case len(d) > maxPlaceholder:
		return "LIST"
	}
	return d
}

// apply sets the fields whose flags were given, and those of --set.
func (f fieldFlags) apply(table *config.Config) error {
	given := reflect.ValueOf(f.Plugins[0]).Elem()
	at := 0
	for _, field := range table.Fields {
		if field.Group == "" {
			continue
		}
		if value := given.Field(at).Interface().(*string); value != nil {
			if err := table.Set(field.Key, *value); err != nil {
				return err
			}
		}
		at++
	}
	for _, assignment := range f.Set {
		if err := table.Assign(assignment); err != nil {
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
		if title != "" && !slices.ContainsFunc(groups, func(g kong.Group) bool { return g.Key == title }) {
			groups = append(groups, kong.Group{Key: title, Title: title + ":"})
		}
	}
	for _, f := range append(bench.Default().Fields().Fields, training.DefaultExperiment().Fields().Fields...) {
		add(f.Group)
	}
	add(groupOutput)
	add(groupProfile)
	return groups
}
