package reports

import (
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
)

// WriteSchema writes docs/schema.md: what every column of every dataset is.
func WriteSchema(w io.Writer) error {
	page := &schemaPage{w: w}
	page.print(schemaHead, SchemaVersion, SchemaVersion)
	describeDataset(page, Steps, "One row per estimator and measured step.")
	describeDataset(page, Summary, "One row per estimator, over all measured steps.")
	describeDataset(page, Coordinates, "One row per estimator, measured step and parameter, with `--detail coordinates`.")
	describeDataset(page, Draws, "One row per draw, estimator and measured step, with `--detail draws`.")
	describeDataset(page, Sequence, "One row per step of the symbol sequence. What a code stands for is in `symbols` of `manifest.json`. No rows for a task of real numbers, whose sequence follows from the seed.")
	describeDataset(page, Vectors, "One row per number of a sequence that has vectors in the place of symbols; `sequence` has no rows then. Only there for such a task.")
	describeDataset(page, Totals, "One row per estimator, with `--detail total`: the sum of the estimates over the measured steps, against the sum of the exact gradients. Its columns are those of `summary`; `exact_norm_sq`, `bias_sq`, `var_trace` and what follows from them are of the sum. Estimates of successive steps share their noise, so `var_trace` is not the sum over `steps`. NULL is what single steps or draws have: the cosines, along_exact, shared, correlation, kurtosis, top_share, max_norm_sq, and max_z_holm. Where the engine carries the estimator the row rests on at most `plain_draws` draws.")
	describeDataset(page, Lambdas, "One row per covariate of an estimator and measured step, and one for the mean over the steps. Only there where an estimator has a covariate.")
	describeDataset(page, Convergence, "One row per estimator, group, measured step and N = 1, 2, 4, …, with `--detail convergence`: means of N successive draws against the exact gradient. Every group is a repetition. The rows rest on at most `plain_draws` draws.")
	describeDataset(page, Scales, "One row per cell and step: the scales ρ0, ρ1 of guard fixed, which are the means of an adaptive pilot run. Only there under that guard.")
	describeDataset(page, CovariateTraining, "One row per covariate that was trained and update, and one after the last. Only there where a covariate was trained.")
	describeDataset(page, Networks, "One row per network of a user's own file (`--weights FILE.safetensors`): where in the file it was found, and how good it is on the task. Only there for such weights.")
	describeDataset(page, Data, "One row per network that was measured on a user's own data (`--task file`): which file and repetition, the loss, and where the weights come from. Only there for such data.")
	page.print(schemaTraining)
	describeDataset(page, Curves, "One row per method, seed and recorded step.")
	describeDataset(page, Trainings, "One row per method and seed.")
	describeDataset(page, Goals, goalsText)
	describeDerived(page)
	return page.err
}

// describeDerived tells the columns that are in reports only.
func describeDerived(p *schemaPage) {
	p.print("\n## In reports only\n\nThe first column of a CSV, `dataset`, says whether a row is of summary, total or steps. Columns that CSV and JSON of a report have beside those of steps and summary:\n\n")
	p.columns(columnsOf(reflect.TypeFor[Derived]()))
	p.print("\nAnd the list `break_even` of JSON, beside the columns that name the network and the estimator:\n\n")
	p.columns(columnsOf(reflect.TypeFor[BreakEven]())[len(columnsOf(reflect.TypeFor[Key]())):])
}

const schemaHead = "<!-- Made by go generate ./reports from the row types. Do not edit. -->\n\n" +
	"# Datasets of a run\n\n" +
	"Schema version %d. All datasets are Parquet with zstd, flat columns and dictionary-encoded text. A dataset\n" +
	"that is a folder holds `part-00000.parquet`, `part-00001.parquet`, …, which are one table. A column that is\n" +
	"nullable is NULL where the figure does not exist; there is no NaN and no infinity in any column, and a query\n" +
	"must expect NULL, not NaN. The unit `gradient` is that of the loss (nats) per unit of a parameter, `1` is a pure number.\n\n" +
	"The metadata of every file has the keys `dataset`, `schema_version` (`%d`) and `config_sha256`, the digest of\n" +
	"the resolved configuration in `config.toml`; the files of one run have the same digest.\n\n" +
	"```sql\n" +
	"SELECT step, var_ratio, var_ratio_lo, var_ratio_hi\n" +
	"FROM 'runs/NAME/steps/*.parquet'\n" +
	"WHERE cell = 'gru' AND covariate = 'snap1' ORDER BY step;\n" +
	"```\n"

const schemaTraining = "\n# Datasets of a training\n\n" +
	"`uorobench train` writes other datasets, under the same rules. `method` joins what a run keeps in `estimator`, `covariate` and `lambda_scope`.\n"

const goalsText = "One row per method and goal. A training that did not get to the goal is censored, not dropped. " +
	"So each number stands in two columns between which it is known to lie: they are equal where it is known exactly, " +
	"and the second is NULL where there is no upper bound (\"> x\")."

// schemaPage prints until the first error and keeps it.
type schemaPage struct {
	w   io.Writer
	err error
}

func (p *schemaPage) print(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func describeDataset[T any](p *schemaPage, d Dataset[T], text string) {
	p.print("\n## %s\n\n%s File: `%s`.\n\n", d.name, text, strings.Replace(d.File(0), "00000", "*", 1))
	p.columns(d.columns())
}

func (p *schemaPage) columns(columns []column) {
	g := &grid{header: []string{"column", "type", "nullable", "unit", "meaning"}}
	for _, c := range columns {
		g.rows = append(g.rows, []string{c.name, c.typeName(), yesNo(c.nullable), c.unit, c.doc})
	}
	if p.err == nil {
		p.err = g.writeList(p.w)
	}
}

// typeName is the SQL name of the type.
func (c *column) typeName() string {
	switch name := c.kind.String(); name {
	case "float64":
		return "DOUBLE"
	case "int64":
		return "BIGINT"
	case "int32":
		return "INTEGER"
	case "string":
		return "VARCHAR"
	default:
		panic("reports: column " + c.name + " of kind " + strconv.Quote(name))
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
