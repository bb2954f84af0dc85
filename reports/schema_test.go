package reports

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// The page must be that of the row types as they are.
func TestSchemaPage(t *testing.T) {
	var page bytes.Buffer
	if err := WriteSchema(&page); err != nil {
		t.Fatal(err)
	}
	golden(t, "../docs/schema.md", page.Bytes())
	for limit := 0; limit < page.Len(); limit += 1013 {
		if err := WriteSchema(&brokenWriter{limit}); !errors.Is(err, errBroken) {
			t.Errorf("writer broken after %d bytes: error %v", limit, err)
		}
	}
}

func allColumns() map[string][]column {
	return map[string][]column{
		"steps": Steps.columns(), "summary": Summary.columns(), "coordinates": Coordinates.columns(),
		"draws": Draws.columns(), "sequence": Sequence.columns(), "scales": Scales.columns(), "total": Totals.columns(),
		"covariate_training": CovariateTraining.columns(),
		"curves":             Curves.columns(), "trainings": Trainings.columns(), "goals": Goals.columns(),
	}
}

// Reserved words, from each system's own list:
//   - DuckDB 1.5: SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'
//     (lambda came with 1.3: the reason why the column is lambda_used);
//   - PostgreSQL 18, appendix C, "reserved" and "reserved (can be function or type)";
//   - Spark 4, "ANSI compliance", reserved under ANSI mode;
//   - SQLite, the keywords that cannot be column names without quotes;
//   - further reserved words of SQL:2023 that a statistics table could want.
const reservedWords = `
all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
default deferrable desc describe distinct do else end except false fetch for foreign from group having in
initially intersect into lambda lateral leading limit not null offset on only or order pivot pivot_longer
pivot_wider placing primary qualify references returning select show some summarize symmetric table then to
trailing true union unique unpivot using variadic when where window with

authorization binary collation concurrently cross current_catalog current_date current_role current_schema
current_time current_timestamp current_user freeze full grant ilike inner is isnull join left like localtime
localtimestamp natural notnull outer overlaps right session_user similar system_user tablesample user verbose

alter anti between by delete drop escape exists extract filter function insert interval minus overlay position
range rollup row rows semi set start timestamp truncate update values unknown within without year

abort add autoincrement begin commit conflict database index transaction trigger view temp

abs avg cardinality ceil coefficient corr cosh count covar_pop covar_samp cube cume_dist date day dec decimal double
element equals every exp float floor int integer lag lead listagg ln log lower max match measures method min mod
module month new nth_value ntile number numeric old one open out over parameter partition per percent percentile_cont
percent_rank period power precision procedure rank real result return round row_number scope second skip smallint
sql sqrt static stddev_pop stddev_samp sum system time trim upper value var_pop var_samp variant versioning width_bucket
`

func TestNoColumnIsAReservedWord(t *testing.T) {
	reserved := make(map[string]bool)
	for word := range strings.FieldsSeq(reservedWords) {
		reserved[word] = true
	}
	for _, word := range []string{"row", "order", "lambda", "group"} { // the test can fail
		if !reserved[word] {
			t.Errorf("the list lacks %q", word)
		}
	}
	for dataset, columns := range allColumns() {
		for _, c := range columns {
			// "method" is reserved by the standard (for user-defined types) and by none
			// of the systems; no other word says it.
			if reserved[c.name] && c.name != "method" {
				t.Errorf("%s: column %s is a reserved word", dataset, c.name)
			}
		}
	}
}

// Names are plain SQL identifiers, occur once, and are none of the folders'
// (which a reader may take for partitions); every column is described.
func TestColumnNames(t *testing.T) {
	const letters = "abcdefghijklmnopqrstuvwxyz_0123456789"
	for dataset, columns := range allColumns() {
		seen := make(map[string]bool)
		for _, c := range columns {
			if strings.Trim(c.name, letters) != "" || strings.ContainsAny(c.name[:1], "_0123456789") {
				t.Errorf("%s: %q is no plain lower-case name", dataset, c.name)
			}
			if seen[c.name] {
				t.Errorf("%s: %s stands twice", dataset, c.name)
			}
			if _, folder := allColumns()[c.name]; folder {
				t.Errorf("%s: column %s has the name of a dataset", dataset, c.name)
			}
			if c.unit == "" || c.doc == "" {
				t.Errorf("%s: column %s has no unit or no description", dataset, c.name)
			}
			seen[c.name] = true
		}
	}
}
