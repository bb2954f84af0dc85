// Package reports turns the results of a run into files and tables, and reads
// the files back.
//
// # Contract
//
// A file appears under its final name only when it is whole and on the disk:
// it is written beside its place, synced, renamed, and the folder is synced. A
// dataset of several parts appears all at once, by renaming its folder.
//
// The same rows give the same bytes. Nothing that differs between machines or
// moments (clock, host, speed) goes into a dataset; it goes into manifest.json,
// and there only from arguments.
//
// No NaN and no infinity is ever written. A figure that does not exist is NULL
// (a nil pointer in the row); a number that is not finite is a fault of the
// caller and is refused with its column and row. The reason is measured: DuckDB
// leaves a NaN out of a file's min and max, and then loses rows in a filter
// without a word.
//
// Columns are flat, no column name is a reserved word of DuckDB, PostgreSQL,
// Spark, SQLite or of the SQL standard (but for method, which only the standard
// reserves), and no folder name repeats a column
// (hive partition folders whose key is also a column make pyarrow fail; tried
// and left). The columns are described in docs/schema.md, which is generated
// from the row types of this package:
//
//	go generate ./reports
package reports

//go:generate go test -run ^TestSchemaPage$ . -update
