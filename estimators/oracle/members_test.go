package oracle_test

import (
	"slices"
	"testing"

	"uorobench/estimators/oracle"
)

func TestMembers(t *testing.T) {
	got := oracle.Members([]string{"uoro", "block-B", "linear-dense", "", "X"})
	want := []string{"uoro", "block-1", "block-2", "block-3", "linear-dense", "", "X"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
