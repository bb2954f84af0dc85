package bench

import (
	"strings"

	"uorobench/bench/draw"
)

// details are the values of Experiment.Detail, in the order of the canonical form:
// rows, which are formed without observers, and what observers look at.
func details() []string {
	names, _ := draw.Details()
	return append([]string{DetailSteps, DetailCoordinates}, names...)
}

func detailsHelp() string {
	names, help := draw.Details()
	for i, h := range help {
		if h != "" {
			names[i] += " (" + h + ")"
		}
	}
	return DetailSteps + " (always), " + DetailCoordinates + ", " + strings.Join(names, ", ")
}
