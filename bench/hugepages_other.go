//go:build !linux

package bench

// hugePages does nothing here; see hugepages_linux.go.
func hugePages([]float64) {}
