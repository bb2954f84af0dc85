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
	ours := e.Fields()
	for _, d := range config.Differences(ours, base.Fields()) {
		line += " --set " + quoted(d.Key+"="+ours.Lookup(d.Key).Argument())
	}
	return line + " --out DIR", nil
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
