package main

import (
	"io"
	"os"
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"uorobench/bench"
)

// progress is a bar on a terminal, or nothing.
type progress struct {
	bars  *mpb.Progress // nil: nothing is shown
	bar   *mpb.Bar      // made when the total is known
	label atomic.Pointer[string]
	unit  string // of the counts
}

// newProgress shows a bar if stderr is a terminal and quiet is not asked for.
func newProgress(stderr io.Writer, quiet bool) *progress {
	p := &progress{unit: "draws"}
	if file, ok := stderr.(*os.File); ok && !quiet && term.IsTerminal(int(file.Fd())) {
		p.bars = mpb.New(mpb.WithOutput(stderr), mpb.WithAutoRefresh())
	}
	return p
}

// callback is what the run reports to; nil where nothing is shown.
func (p *progress) callback() func(bench.Progress) {
	if p.bars == nil {
		return nil
	}
	return p.update
}

func (p *progress) update(now bench.Progress) {
	label := now.Cell + " " + now.Phase
	p.label.Store(&label)
	if now.Total == 0 {
		return
	}
	if p.bar == nil {
		p.bar = p.newBar(now.Total)
	}
	p.bar.SetTotal(now.Total, false) // it grows while the cells are planned
	p.bar.SetCurrent(now.Done)
}

func (p *progress) newBar(total int64) *mpb.Bar {
	return p.bars.AddBar(total,
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(
			decor.Any(func(decor.Statistics) string { return *p.label.Load() }, decor.WCSyncSpaceR),
			decor.CountersNoUnit("%d / %d "+p.unit, decor.WCSyncSpace),
		),
		mpb.AppendDecorators(
			decor.AverageSpeed(0, "%.0f/s", decor.WCSyncSpace),
			decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncSpace),
		),
	)
}

// close takes the bar off the screen, so that what is printed next starts on a
// clean line.
func (p *progress) close() {
	if p.bars == nil {
		return
	}
	if p.bar != nil {
		p.bar.Abort(true)
	}
	p.bars.Wait()
}
