package training

import (
	"slices"
	"strings"

	"uorobench/bench/config"
)

// Command is the command line that trains e: its built-in experiment by name and
// the keys that differ from it, or else the config.toml that a training leaves.
// It is a function of the experiment alone. DIR stands for the directory, which
// like the workers has no part in the results.
//
// Rejected: the arguments as they were typed. The same experiment from a file
// and by --set would then leave different bytes.
func (e *Experiment) Command() (string, error) {
	if !slices.Contains(BuiltIn(), e.Name) {
		return "uorobench train config.toml --out DIR", nil
	}
	base, err := Load(e.Name)
	if err != nil {
		return "", err
	}
	line := "uorobench train " + e.Name
	for _, d := range config.Differences(e.Fields(), base.Fields()) {
		line += " --set " + quoted(d.Key+"="+doubled(d.A))
	}
	return line + " --out DIR", nil
}

// doubled writes the texts of a value in double quotes, which a shell's argument
// in single quotes can hold, where that does not change them.
func doubled(value string) string {
	if strings.ContainsAny(value, `"\`) {
		return value
	}
	return strings.ReplaceAll(value, "'", `"`)
}

// quoted is an argument for a POSIX shell.
func quoted(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("=._-+/,", r)
	}
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
