//go:build !amd64 || noasm

package kernel

func available() []*table { return []*table{twins} }
