package bench

import (
	"fmt"
	"reflect"
	"strconv"
)

// place is where a key was set. A later source outranks an earlier one.
type place struct {
	file string // of an experiment file
	line int    // 1-based
	flag string // "--draws" instead
	text string // the value as it was written, cut to a line
}

func (p place) isFlag() bool { return p.flag != "" }

func (p place) String() string {
	if p.isFlag() || p.file == "" {
		return p.flag
	}
	return p.file + ":" + strconv.Itoa(p.line)
}

// Differences tells in which fields e is not what was, a line per field. Fields of
// the sweep's axes, which are no part of e, are the caller's.
func (e *Experiment) Differences(was *Experiment) []string {
	var lines []string
	for i := range Fields {
		f := &Fields[i]
		if now, then := f.value(e), f.value(was); !reflect.DeepEqual(now, then) {
			lines = append(lines, fmt.Sprintf("%s was %s, is %s", f.Key, fileText(then), fileText(now)))
		}
	}
	return lines
}

// FieldError is a refused value: one line that says where it stands, what was
// given and what is allowed.
type FieldError struct {
	Place   string // "my.toml:7", "--draws", or "" for an experiment built in code
	Key     string // as in an experiment file: "draws", "task.lo"
	Given   string // as it was written; "" where only Allowed says what is wrong
	Allowed string // what it must be
	flag    bool
}

// Error implements error: "my.toml:7: draws = 0: must be …" or "--draws 0: must be …".
func (e *FieldError) Error() string {
	switch {
	case e.flag:
		return fmt.Sprintf("%s %s: %s", e.Place, e.Given, e.Allowed)
	case e.Place == "":
		return fmt.Sprintf("%s = %s: %s", e.Key, e.Given, e.Allowed)
	}
	return fmt.Sprintf("%s: %s = %s: %s", e.Place, e.Key, e.Given, e.Allowed)
}
