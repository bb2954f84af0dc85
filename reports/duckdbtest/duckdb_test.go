package duckdbtest

import (
	"database/sql"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	"uorobench/bench"
	"uorobench/reports"
)

const configDigest = "0f1e2d"

func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// one runs a query with one row of results.
func one(t *testing.T, db *sql.DB, query string, dst ...any) {
	t.Helper()
	if err := db.QueryRow(query).Scan(dst...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// list runs a query with one column of texts.
func list(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var texts []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		texts = append(texts, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return texts
}

// write writes a dataset into a new directory and returns what DuckDB reads.
func write[T any](t *testing.T, d reports.Dataset[T], rows []T) (from string) {
	t.Helper()
	dir, err := reports.CreateDir(filepath.Join(t.TempDir(), "run"))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.WriteAll(dir, configDigest, rows); err != nil {
		t.Fatal(err)
	}
	name := strings.Replace(d.File(0), "00000", "*", 1)
	return "read_parquet('" + filepath.Join(dir.Path(), name) + "')"
}

func key(estimator, covariate, scope string) reports.Key {
	return reports.Key{Task: "anbn", Cell: "gru", Hidden: 32, Seed: math.MaxInt64,
		Estimator: estimator, Covariate: covariate, LambdaScope: scope, Convention: "pre"}
}

func summary() []reports.SummaryRow {
	some := func(x float64) *float64 { return &x }
	return []reports.SummaryRow{
		{Key: key("rtrl", "", ""), NSteps: 3, Figures: reports.Figures{NDraws: 1 << 40, NGroups: 32, ExactNormSq: 0.1, BiasSq: some(0)}},
		{Key: key("cv-uoro", "snap1", "trace"), NSteps: 3, Figures: reports.Figures{NDraws: 4096, NGroups: 32, ExactNormSq: 0.1,
			BiasSq: some(-math.SmallestNonzeroFloat64), VarTrace: some(math.MaxFloat64), VarRatio: some(1.0 / 3), LambdaFit: "pilot", Warning: "über ‖ĝ‖²"}},
	}
}

func draws(n int) []reports.DrawRow {
	rows := make([]reports.DrawRow, n)
	for i := range rows {
		rows[i] = reports.DrawRow{Task: "anbn", Cell: "gru", Estimator: "uoro", Convention: "pre",
			Draw: int64(i), Step: int32(i%3) + 1, NormSq: float64(i) / 4, Dot: -float64(i % 7)}
		if i%5 == 0 {
			c := float64(i%9)/8 - 0.5
			rows[i].Cosine = &c
		}
	}
	return rows
}

func TestSummaryToTheBit(t *testing.T) {
	db := open(t)
	from := write(t, reports.Summary, summary())
	var rows, withCovariate, withRatio, draws, seed int64
	one(t, db, "SELECT count(*), count(covariate), count(var_ratio), max(n_draws), max(seed) FROM "+from,
		&rows, &withCovariate, &withRatio, &draws, &seed)
	if rows != 2 || withCovariate != 1 || withRatio != 1 || draws != 1<<40 || seed != math.MaxInt64 {
		t.Errorf("rows %d, with covariate %d, with ratio %d, draws %d, seed %d", rows, withCovariate, withRatio, draws, seed)
	}
	var bias, trace, ratio float64
	var warning string
	one(t, db, "SELECT bias_sq, var_trace, var_ratio, warning FROM "+from+" WHERE covariate = 'snap1'", &bias, &trace, &ratio, &warning)
	if bias != -math.SmallestNonzeroFloat64 || trace != math.MaxFloat64 || ratio != 1.0/3 || warning != "über ‖ĝ‖²" {
		t.Errorf("read %g, %g, %g, %q", bias, trace, ratio, warning)
	}
	var zero sql.NullFloat64
	one(t, db, "SELECT bias_sq FROM "+from+" WHERE estimator = 'rtrl'", &zero)
	if !zero.Valid || zero.Float64 != 0 {
		t.Errorf("an exact 0 is read as %v; it is not NULL", zero)
	}
}

// The sums of quarters and of small integers are exact in any order.
func checkDraws(t *testing.T, db *sql.DB, from string, rows []reports.DrawRow) {
	t.Helper()
	var normSq, dot float64
	var cosines, steps int64
	for _, r := range rows {
		normSq, dot, steps = normSq+r.NormSq, dot+r.Dot, steps+int64(r.Step)
		if r.Cosine != nil {
			cosines++
		}
	}
	var n, gotSteps, gotCosines int64
	var gotNormSq, gotDot float64
	one(t, db, "SELECT count(*), sum(step)::BIGINT, count(cosine), sum(norm_sq), sum(dot) FROM "+from, &n, &gotSteps, &gotCosines, &gotNormSq, &gotDot)
	if n != int64(len(rows)) || gotSteps != steps || gotCosines != cosines || gotNormSq != normSq || gotDot != dot {
		t.Errorf("DuckDB reads %d rows, Σstep %d, %d cosines, Σnorm_sq %v, Σdot %v; written %d, %d, %d, %v, %v",
			n, gotSteps, gotCosines, gotNormSq, gotDot, len(rows), steps, cosines, normSq, dot)
	}
}

func TestDraws(t *testing.T) {
	db := open(t)
	rows := draws(300_000) // three row groups
	from := write(t, reports.Draws, rows)
	checkDraws(t, db, from, rows)
	// Filters use the statistics of the row groups; a wrong minimum or maximum
	// would lose rows here.
	for _, c := range []struct {
		where string
		keep  func(r *reports.DrawRow) bool
	}{
		{"norm_sq >= 50000.25", func(r *reports.DrawRow) bool { return r.NormSq >= 50000.25 }},
		{"draw BETWEEN 131070 AND 131075", func(r *reports.DrawRow) bool { return r.Draw >= 131070 && r.Draw <= 131075 }},
		{"dot < -5", func(r *reports.DrawRow) bool { return r.Dot < -5 }},
		{"cosine > 0.3", func(r *reports.DrawRow) bool { return r.Cosine != nil && *r.Cosine > 0.3 }},
		{"cosine IS NULL", func(r *reports.DrawRow) bool { return r.Cosine == nil }},
		{"covariate IS NULL AND estimator = 'uoro'", func(*reports.DrawRow) bool { return true }},
		{"isnan(norm_sq) OR isnan(cosine)", func(*reports.DrawRow) bool { return false }},
	} {
		var want, got int64
		for i := range rows {
			if c.keep(&rows[i]) {
				want++
			}
		}
		one(t, db, "SELECT count(*) FROM "+from+" WHERE "+c.where, &got)
		if got != want {
			t.Errorf("WHERE %s: DuckDB finds %d rows, there are %d", c.where, got, want)
		}
	}
}

// More rows than a file takes: the parts are one table.
func TestParts(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 4 million rows")
	}
	db := open(t)
	rows := draws(32*128<<10 + 1000)
	from := write(t, reports.Draws, rows)
	checkDraws(t, db, from, rows)
	parts := list(t, db, "SELECT DISTINCT parse_filename(filename) AS f FROM "+strings.Replace(from, "')", "', filename = true)", 1)+" ORDER BY f")
	if !slices.Equal(parts, []string{"part-00000.parquet", "part-00001.parquet"}) {
		t.Errorf("parts %v", parts)
	}
}

func TestProfile(t *testing.T) {
	db := open(t)
	from := write(t, reports.Draws, draws(300_000))
	file := strings.TrimSuffix(strings.TrimPrefix(from, "read_parquet("), ")")
	var groups, largest int64
	one(t, db, "SELECT count(DISTINCT row_group_id), max(row_group_num_rows) FROM parquet_metadata("+file+")", &groups, &largest)
	if groups != 3 || largest > 1<<20 {
		t.Errorf("%d row groups, the largest of %d rows", groups, largest)
	}
	if got := list(t, db, "SELECT DISTINCT compression FROM parquet_metadata("+file+")"); !slices.Equal(got, []string{"ZSTD"}) {
		t.Errorf("compression %v", got)
	}
	plain := list(t, db, "SELECT path_in_schema FROM parquet_metadata("+file+") WHERE type = 'BYTE_ARRAY' AND encodings NOT LIKE '%RLE_DICTIONARY%'")
	if len(plain) > 0 {
		t.Errorf("text without a dictionary: %v", plain)
	}
	got := list(t, db, "SELECT key::VARCHAR || '=' || value::VARCHAR FROM parquet_kv_metadata("+file+") ORDER BY 1")
	want := []string{"config_sha256=" + configDigest, "dataset=draws", fmt.Sprint("schema_version=", reports.SchemaVersion)}
	if !slices.Equal(got, want) {
		t.Errorf("metadata %v, want %v", got, want)
	}
}

// No name needs quotes, by DuckDB's own list of words and by using them.
func TestNamesNeedNoQuotes(t *testing.T) {
	db := open(t)
	reserved := list(t, db, "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category IN ('reserved', 'type_function')")
	if !slices.Contains(reserved, "lambda") {
		t.Errorf("lambda is missing in the list of %d words; it is reserved", len(reserved))
	}
	for _, from := range []string{
		write(t, reports.Steps, nil), write(t, reports.Summary, nil), write(t, reports.Coordinates, nil),
		write(t, reports.Draws, nil), write(t, reports.Sequence, nil), write(t, reports.CovariateTraining, nil),
	} {
		names := list(t, db, "SELECT column_name FROM (DESCRIBE SELECT * FROM "+from+")")
		if len(names) < 3 {
			t.Fatalf("%s: columns %v", from, names)
		}
		for _, name := range names {
			if slices.Contains(reserved, name) {
				t.Errorf("%s: column %s is reserved", from, name)
			}
		}
		var n int64
		one(t, db, "SELECT count(*) FROM (SELECT "+strings.Join(names, ", ")+" FROM "+from+" ORDER BY "+strings.Join(names, ", ")+")", &n)
		if n != 0 {
			t.Errorf("%s: %d rows in an empty dataset", from, n)
		}
	}
}

// The types are those that docs/schema.md promises.
func TestTypes(t *testing.T) {
	db := open(t)
	got := list(t, db, "SELECT column_name || ' ' || column_type FROM (DESCRIBE SELECT * FROM "+write(t, reports.Coordinates, nil)+")")
	want := []string{"task VARCHAR", "cell VARCHAR", "estimator VARCHAR", "covariate VARCHAR", "lambda_scope VARCHAR", "convention VARCHAR",
		"step INTEGER", "tensor VARCHAR", "tensor_row INTEGER", "tensor_col INTEGER", "exact DOUBLE", "mean DOUBLE", "variance DOUBLE"}
	if !slices.Equal(got, want) {
		t.Errorf("columns %v\nwant %v", got, want)
	}
}

// The points of a sweep are partitions: the axes are columns, beside the rows' own
// hidden and seed.
func TestSweepPartitions(t *testing.T) {
	root := t.TempDir()
	for _, h := range []string{"4", "16"} {
		p := bench.Point{Settings: []bench.Setting{{Key: "hidden", Value: h}, {Key: "weights", Value: "a/b=c.safetensors"}}}
		dir, err := reports.CreateDir(filepath.Join(root, filepath.FromSlash(reports.PointDir(p))))
		if err != nil {
			t.Fatal(err)
		}
		if err := reports.Summary.WriteAll(dir, "", summary()); err != nil {
			t.Fatal(err)
		}
	}
	var rows, least, most int64
	var weights string
	one(t, open(t), "SELECT count(*), min(axis_hidden), max(axis_hidden), min(axis_weights) FROM read_parquet('"+
		root+"/**/summary.parquet', hive_partitioning = true)", &rows, &least, &most, &weights)
	if rows != 4 || least != 4 || most != 16 || weights != "a/b=c.safetensors" {
		t.Errorf("%d rows, axis_hidden %d to %d, axis_weights %q", rows, least, most, weights)
	}
}

// The curve of a covariate's training, with the rows that have no update or no
// held-out loss.
func TestCovariateTraining(t *testing.T) {
	db := open(t)
	some := func(x float64) *float64 { return &x }
	rows := make([]reports.CovariateTrainingRow, 11)
	for i := range rows {
		rows[i] = reports.CovariateTrainingRow{Task: "anbn", Cell: "gru", Hidden: 32, Seed: 1, Covariate: "linear-dense@bptt", Method: "bptt", Updates: int32(i)}
		if i < 10 {
			rows[i].Loss, rows[i].LossAtZero = some(4-float64(i)/4), some(2)
		}
		if i%5 == 0 {
			rows[i].HeldOut, rows[i].HeldOutAt0 = some(8-float64(i)/2), some(4)
		}
	}
	from := write(t, reports.CovariateTraining, rows)
	var n, losses, heldOut int64
	var sum, last float64
	one(t, db, "SELECT count(*), count(loss), count(held_out), sum(loss), arg_max(held_out / held_out_at_zero, updates) FROM "+from+" WHERE method = 'bptt'",
		&n, &losses, &heldOut, &sum, &last)
	if n != 11 || losses != 10 || heldOut != 3 || sum != 40-45.0/4 || last != 0.75 {
		t.Errorf("%d rows, %d losses of sum %v, %d held-out losses, the last %v of c = 0", n, losses, sum, heldOut, last)
	}
}
