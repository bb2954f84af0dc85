// Package duckdbtest holds tests that open the datasets of package reports
// with DuckDB, a reader that shares no code with the writer.
//
// It is a module of its own, so that the 60 MB of DuckDB's prebuilt library
// reach only those who want them; it needs cgo and a C++ linker. From the root
// of the repository:
//
//	GOFLAGS=-mod=mod go -C reports/duckdbtest test ./...
//
// (-mod=mod, because go.mod here lists what the main module needs too, and
// would otherwise have to be changed with it. DuckDB needs newer versions of
// some of it, zstd among them, so the bytes of the files may differ from those
// of the main module's build; their content does not.)
package duckdbtest
