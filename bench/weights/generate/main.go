// Command generate makes the embedded weights: it trains one cell online and
// writes its weights at the named steps.
//
//	go run ./bench/weights/generate -cell gru -stages early=4000,mid=15000 -out DIR
//
// The same arguments give the same bytes on one build target.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"

	"uorobench/bench/task"
	"uorobench/bench/training"
	"uorobench/bench/weights"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// stage is a name for the weights after some steps.
type stage struct {
	name  string
	steps int
}

func run(ctx context.Context, args []string, progress io.Writer) error {
	anbn, err := task.NewANBN(task.Defaults())
	if err != nil {
		return err
	}
	c := training.Default(anbn)
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	flags.StringVar(&c.Cell, "cell", c.Cell, "cell")
	flags.IntVar(&c.Hidden, "hidden", c.Hidden, "hidden units")
	flags.StringVar(&c.Method, "method", c.Method, "gradient estimator")
	flags.Uint64Var(&c.Seed, "seed", c.Seed, "seed")
	flags.Float64Var(&c.Optimizer.Rate, "rate", c.Optimizer.Rate, "learning rate")
	flags.Float64Var(&c.Optimizer.Decay, "decay", c.Optimizer.Decay, "rate/(1+decay·√t)")
	flags.Float64Var(&c.Optimizer.Clip, "clip", c.Optimizer.Clip, "largest gradient norm; 0 for none")
	list := flags.String("stages", "early=4000,mid=15000,late=60000", "name=steps, in rising order")
	out := flags.String("out", ".", "folder for CELL-NAME.safetensors")
	if err := flags.Parse(args); err != nil {
		return err
	}
	stages, err := parseStages(*list)
	if err != nil {
		return err
	}
	return generate(ctx, c, stages, *out, progress)
}

func parseStages(list string) ([]stage, error) {
	var stages []stage
	for _, field := range strings.Split(list, ",") {
		name, steps, ok := strings.Cut(field, "=")
		n, err := strconv.Atoi(steps)
		if !ok || err != nil || n < 1 || (len(stages) > 0 && n <= stages[len(stages)-1].steps) {
			return nil, fmt.Errorf("-stages %q: at %q: want name=steps with rising steps of at least 1", list, field)
		}
		stages = append(stages, stage{name, n})
	}
	return stages, nil
}

// generate trains to the last stage and writes a file at each.
func generate(ctx context.Context, c training.Config, stages []stage, out string, progress io.Writer) error {
	c.Steps = stages[len(stages)-1].steps
	t, err := training.New(c)
	if err != nil {
		return err
	}
	for _, s := range stages {
		if err := t.Train(ctx, s.steps); err != nil {
			return err
		}
		snapshot, err := t.Snapshot()
		if err != nil {
			return err
		}
		metadata := snapshot.Metadata
		metadata["stage"], metadata["command"] = s.name, command(&c, stages)
		path := filepath.Join(out, c.Cell+"-"+s.name+".safetensors")
		if err := write(path, snapshot.Tensors, metadata); err != nil {
			return err
		}
		fmt.Fprintf(progress, "%s: %s steps, %s bits, endings %s\n", path, metadata["steps"], metadata["bits"], metadata["endings"])
	}
	return nil
}

// command is the line that makes the file again.
func command(c *training.Config, stages []stage) string {
	list := ""
	for i, s := range stages {
		if i > 0 {
			list += ","
		}
		list += fmt.Sprintf("%s=%d", s.name, s.steps)
	}
	o := &c.Optimizer
	return fmt.Sprintf("go run ./bench/weights/generate -cell %s -hidden %d -method %s -seed %d -rate %g -decay %g -clip %g -stages %s -out bench/weights/data",
		c.Cell, c.Hidden, c.Method, c.Seed, o.Rate, o.Decay, o.Clip, list)
}

func write(path string, tensors []weights.Tensor, metadata map[string]string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	return weights.Write(f, tensors, metadata, weights.F64)
}
