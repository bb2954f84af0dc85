package verify

import (
	"fmt"
	"os"
	"path/filepath"
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
	for _, f := range allFaults() {
		if !strings.Contains(string(page), "| "+f.name+" |") {
			t.Errorf("docs/verification.md does not have the fault %q", f.name)
		}
	}
}
