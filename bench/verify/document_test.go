package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// checkTable is the table of checks in docs/verification.md.
func checkTable() string {
	var b strings.Builder
	for _, c := range Checks() {
		fmt.Fprintf(&b, "| %s | %s | %s | %.0g |\n", c.Name, c.Against, strings.ReplaceAll(c.Claim, "|", `\|`), c.Tolerance)
	}
	return b.String()
}

// The page tells the checks as they are; the mutation test writes it.
func TestChecksAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "verification.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), checkTable()) {
		t.Errorf("docs/verification.md does not have the table of checks:\n%s", checkTable())
	}
}

// TestFaultsAreDocumented: the page's second table has a line for every fault and no
// other, in order, and no fault stands there that was not seen to turn a check red.
func TestFaultsAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "verification.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| fault | in |")
	lines := strings.Split(strings.TrimSpace(table), "\n")[2:]
	if all := allFaults(); len(lines) != len(all) {
		t.Fatalf("docs/verification.md has %d faults; the list has %d", len(lines), len(all))
	}
	checks, named := append(checkNames(nil), written[1]), map[string]bool{}
	for i, f := range allFaults() {
		cells := strings.Split(strings.Trim(lines[i], "| "), " | ")
		if len(cells) != 4 || cells[0] != f.name || cells[1] != "`"+f.file+"`" || !slices.Contains(checks, cells[2]) || cells[3] != f.named() {
			t.Errorf("%q has the line %q; TestMutations writes it", f.name, lines[i])
		}
		if named[f.name] {
			t.Errorf("two faults are called %q", f.name)
		}
		named[f.name] = true
	}
}
