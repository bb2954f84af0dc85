package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/vbauerster/mpb/v8"

	"uorobench/bench"
)

// Nothing but a terminal gets a bar.
func TestNoBarOffTheTerminal(t *testing.T) {
	var stderr bytes.Buffer
	p := newProgress(&stderr, false)
	if p.callback() != nil {
		t.Error("a buffer got a bar")
	}
	p.close()
	if stderr.Len() > 0 {
		t.Errorf("wrote %q", stderr.String())
	}
}

func TestBarSaysWhereTheRunIs(t *testing.T) {
	var screen bytes.Buffer
	p := &progress{unit: "draws", bars: mpb.New(mpb.WithOutput(&screen), mpb.WithWidth(120), mpb.WithAutoRefresh())}
	tell := p.callback()
	tell(bench.Progress{Cell: "gru", Phase: "trajectory"})
	tell(bench.Progress{Cell: "gru", Phase: "draws uoro", Done: 256, Total: 1024})
	p.close()
	for _, want := range []string{"gru draws uoro", "256 / 1024 draws"} {
		if !strings.Contains(screen.String(), want) {
			t.Errorf("no %q on the screen: %q", want, screen.String())
		}
	}
}

// A run that fails before its total is known has no bar to take away.
func TestCloseWithoutABar(t *testing.T) {
	var screen bytes.Buffer
	p := &progress{bars: mpb.New(mpb.WithOutput(&screen), mpb.WithAutoRefresh())}
	p.callback()(bench.Progress{Cell: "gru", Phase: "trajectory"})
	p.close()
}
