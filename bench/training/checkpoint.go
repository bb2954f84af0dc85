package training

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"

	"uorobench/bench/weights"
)

// checkpointFormat names the layout of a checkpoint. It changes with whatever a
// training carries, so that an older file is refused and not misread.
const checkpointFormat = "uorobench-training-2"

// Checkpoint writes all that the training carries: weights, the optimiser's
// moments, the estimator's state, λ, the curve so far, and the place in the
// data and the noise. From it Resume goes on to the very bits that an
// uninterrupted training reaches. The file is safetensors; a build of another
// version may refuse it.
func (t *Trainer) Checkpoint(w io.Writer) error {
	numbers, err := takeNumbers(t.carried()...)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	err = weights.Write(w,
		[]weights.Tensor{{Name: "carried", Shape: []int{len(numbers)}, Data: numbers}},
		map[string]string{"format": checkpointFormat, "steps": strconv.Itoa(t.step), "digest": t.digest(t.step)},
		weights.F64)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// Resume makes the training of config c and puts it where the checkpoint left
// off. c must be the config of the checkpoint, but for Steps, which may be any
// number from the checkpoint's place on. The error says what does not fit.
func Resume(c Config, checkpoint []byte) (*Trainer, error) {
	t, err := New(c)
	if err != nil {
		return nil, err
	}
	tensors, metadata, err := weights.Read(checkpoint)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	steps, err := strconv.Atoi(metadata["steps"])
	switch {
	case metadata["format"] != checkpointFormat || err != nil || len(tensors) != 1:
		return nil, fmt.Errorf("checkpoint: format %q: want %q", metadata["format"], checkpointFormat)
	case steps < 0 || steps > c.Steps:
		return nil, fmt.Errorf("checkpoint: it is of step %d, and the training has %d steps", steps, c.Steps)
	case metadata["digest"] != t.digest(steps):
		return nil, fmt.Errorf("checkpoint: it is of a training with another config or other data")
	}
	if err := putNumbers(tensors[0].Data, t.carried()...); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if t.gradient.noise != nil {
		t.gradient.noise.Seek(0)
	}
	return t, nil
}

// carried is everything that changes with a step. The data and the noise have
// no state beyond the number of steps.
func (t *Trainer) carried() []any {
	return []any{&t.step, t.params, &t.prev, &t.next, t.gradient, &t.shadow, &t.sums, t.updater, t.curve, &t.kept}
}

// digest is a hash of all that makes a training what it is, and of its first
// symbols; Steps is left out, so that a training can be made longer.
func (t *Trainer) digest(steps int) string {
	c := t.config
	c.Steps, c.Task = 0, nil
	h := sha256.New()
	fmt.Fprintf(h, "%#v\n%s\n", c, t.config.Task.Name())
	var code [8]byte
	for i := range steps {
		for _, x := range [2]int{t.symbols.Input[i], t.symbols.Target[i]} {
			binary.LittleEndian.PutUint64(code[:], uint64(x))
			h.Write(code[:]) // never fails
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Store keeps the checkpoints of a plan's runs; package training touches no
// files of its own. It is called by several goroutines, for different runs.
type Store interface {
	// Load returns the latest checkpoint of a run, nil where there is none.
	Load(run int, c Config) ([]byte, error)
	// Save replaces the run's checkpoint.
	Save(run int, c Config, checkpoint []byte) error
}

// save hands a training's checkpoint to the plan's store.
func (p *Plan) save(i int, t *Trainer) error {
	if p.Store == nil {
		return nil
	}
	var file bytes.Buffer
	if err := t.Checkpoint(&file); err != nil {
		return err
	}
	return p.Store.Save(i, t.config, file.Bytes())
}

// trainer is the run's training: resumed, or new.
func (p *Plan) trainer(i int, c Config) (*Trainer, error) {
	if p.Store == nil {
		return New(c)
	}
	file, err := p.Store.Load(i, c)
	if err != nil {
		return nil, err
	}
	if file == nil {
		return New(c)
	}
	return Resume(c, file)
}
