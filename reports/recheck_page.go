package reports

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"uorobench/bench/verify"
)

// rewritten is the case of a page that is written again from the Parquet beside it
// and compared byte for byte. Nothing is parsed: that the page shows the right
// numbers is the writer's to hold, in its tests; that this page is what the writer
// makes of these rows is told here. A page that another version of the program
// wrote may differ; its failure names the line, so that it is seen whether the
// wording differs or a number.
func rewritten(check *verify.Check, path, name string, write func(io.Writer) error) verify.Case {
	c := verify.Case{Check: check}
	kept, err := os.ReadFile(filepath.Join(path, name))
	if err != nil {
		c.Failure = err.Error()
		return c
	}
	var again bytes.Buffer
	if err := write(&again); err != nil {
		c.Failure = fmt.Sprintf("%s: %v", name, err)
	} else if there, made, differ := differingLine(string(kept), again.String()); differ {
		c.Failure = fmt.Sprintf("%s has %q, and this program writes %q from the Parquet", name, there, made)
	}
	return c
}

// differingLine finds the first line in which two texts differ.
func differingLine(a, b string) (lineA, lineB string, differ bool) {
	linesA, linesB := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(linesA), len(linesB)) {
		lineA, lineB = "", ""
		if i < len(linesA) {
			lineA = linesA[i]
		}
		if i < len(linesB) {
			lineB = linesB[i]
		}
		if lineA != lineB {
			return lineA, lineB, true
		}
	}
	return "", "", false
}
