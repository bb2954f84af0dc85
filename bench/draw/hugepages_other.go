//go:build !linux

package draw

// hugePages does nothing here; see hugepages_linux.go.
func hugePages([]float64) {}
