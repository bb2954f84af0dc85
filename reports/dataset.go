package reports

import (
	"fmt"
	"reflect"
)

// Dataset names one kind of rows and where it lies in a run directory: in one
// file NAME.parquet, or in a folder NAME of parts part-00000.parquet,
// part-00001.parquet, … that readers take as one table.
type Dataset[T any] struct {
	name  string
	parts bool
}

// The datasets of a run.
var (
	Steps       = Dataset[StepRow]{name: "steps", parts: true}
	Summary     = Dataset[SummaryRow]{name: "summary"}
	Coordinates = Dataset[CoordinateRow]{name: "coordinates", parts: true}
	Draws       = Dataset[DrawRow]{name: "draws", parts: true}
	Sequence    = Dataset[SequenceRow]{name: "sequence"}
	Totals      = Dataset[SummaryRow]{name: "total"}
	Lambdas     = Dataset[LambdaRow]{name: "lambdas"}
	Convergence = Dataset[ConvergenceRow]{name: "convergence"}
	Scales      = Dataset[ScaleRow]{name: "scales"}
)

// Name is the dataset's name, such as "steps".
func (d Dataset[T]) Name() string { return d.name }

// File is where part number part of the dataset lies in a run directory, with
// forward slashes. A dataset of one file has the part 0 only.
func (d Dataset[T]) File(part int) string {
	if !d.parts {
		return d.name + ".parquet"
	}
	return d.name + "/" + partName(part)
}

func partName(part int) string { return fmt.Sprintf("part-%05d.parquet", part) }

func (d Dataset[T]) columns() []column { return columnsOf(reflect.TypeFor[T]()) }

// Keys of the metadata in every file.
const (
	keyDataset       = "dataset"
	keySchemaVersion = "schema_version"
	keyConfigSHA256  = "config_sha256"
)
