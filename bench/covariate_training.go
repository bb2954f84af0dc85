package bench

import (
	"context"
	"fmt"
	"sync"

	"uorobench/bench/noise"
	"uorobench/estimators"
)

// The draws of the training stream. Update u of a covariate's training reads
// UORO's noise from draws u·Lanes to u·Lanes + Lanes − 1 and, for method uoro,
// the signs of the covariate's own estimator from as many draws after signDraws;
// held-out chunk c reads Lanes draws from heldOutDraws + c·Lanes on. All
// covariates, methods and cells read the same noise, so that their losses can be
// compared. The initial weights are other sequences of this stream, under
// hashes of their names: these ranges are too short to be met by chance.
const (
	heldOutDraws = 1 << 40
	signDraws    = 1 << 41
)

// heldOutChunks are the draws that the losses of a training are compared on: 128.
// The loss is a ratio of sums over the same draws, and so needs few.
const heldOutChunks = 8

// heldOutPoints is how often in a training that is done.
const heldOutPoints = 10

// train trains the cell's covariates on its trajectory, by the UORO of the
// experiment's convention and guard whatever chains read them, and puts their
// weights where the chains find them. A training belongs to one goroutine, so its
// result does not depend on the workers.
//
// It comes when all cells have been planned, so that what is wrong with the
// experiment is said at once.
func train(ctx context.Context, e *Experiment, workers int, progress *progress, c *cellPlan) ([]TrainedCovariate, error) {
	names := e.trainings()
	out, errs := make([]TrainedCovariate, len(names)), make([]error, len(names))
	slots := make(chan struct{}, workers)
	var wait sync.WaitGroup
	for i, name := range names {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			progress.tell(c.problem.Cell.Name(), "training "+name, 0)
			out[i], errs[i] = trainOne(ctx, e, c, name)
		})
	}
	wait.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("cell %s: %w", c.problem.Cell.Name(), err)
		}
		c.trained[names[i]] = out[i].Weights
	}
	return out, nil
}

func trainOne(ctx context.Context, e *Experiment, c *cellPlan, name string) (TrainedCovariate, error) {
	out := TrainedCovariate{Name: name}
	out.Covariate, out.Method = estimators.TrainedName(name)
	o := chainOptions(e, c.schedule)
	plan := estimators.Training{
		Method: out.Method, Updates: e.CovariateTraining.Updates, Rate: e.CovariateTraining.Rate,
		Measured: c.problem.Measured, HeldOutChunks: heldOutChunks,
		Every: max(1, e.CovariateTraining.Updates/heldOutPoints),
	}
	setNoise(&plan, e, c.problem.Trajectory.Layout.S())
	var err error
	out.Trained, err = estimators.Train(ctx, c.problem.Trajectory, o, out.Covariate, plan)
	return out, err
}

// setNoise gives a training its draws.
func setNoise(t *estimators.Training, e *Experiment, states int) {
	stream := noise.New(e.Seed, noise.CovariateTraining)
	source := lawOf(e).Filler(stream, states)
	at := ^uint64(0) // no chunk begins there
	chunk := func(first uint64, step int, dst []float64) {
		if first != at {
			source.Seek(first)
			at = first
		}
		source.Fill(dst, step)
	}
	t.Noise = func(update, step int, dst []float64) { chunk(uint64(update)*Lanes, step, dst) }
	t.HeldOut = func(c, step int, dst []float64) { chunk(heldOutDraws+uint64(c)*Lanes, step, dst) }
	t.Signs = newTrainingSigns(stream).fill
}

// trainingSigns fills the signs of one draw at a time, from sources that fill
// chunks.
type trainingSigns struct {
	stream noise.Stream
	source *noise.Signs // for as many entries as were last asked for
	chunk  []float64
	update int
}

func newTrainingSigns(s noise.Stream) *trainingSigns { return &trainingSigns{stream: s} }

func (s *trainingSigns) fill(update, lane, step int, dst []float64) {
	if len(s.chunk) != len(dst)*Lanes {
		s.source, s.chunk = s.stream.Rademacher(len(dst)), make([]float64, len(dst)*Lanes)
		s.update = -1
	}
	if update != s.update {
		s.source.Seek(signDraws + uint64(update)*Lanes)
		s.update = update
	}
	s.source.Fill(s.chunk, step)
	for i := range dst {
		dst[i] = s.chunk[i*Lanes+lane]
	}
}
