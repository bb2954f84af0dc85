package main

import (
	"context"
	"fmt"
	"strings"

	"uorobench/bench"
	"uorobench/bench/statedict"
)

// inspectCommand tells what a file of weights holds and what run takes it for.
type inspectCommand struct {
	File    string `arg:"" help:"A .safetensors file."`
	Layer   string `placeholder:"PREFIX" help:"the recurrent layer, where there are several"`
	Readout string `placeholder:"NAME" help:"the linear readout, where there are several"`
}

// Help is the text between the command's usage and its flags.
func (c *inspectCommand) Help() string {
	return `The names of the tensors, their gates and shapes are those of docs/weights.md. The exit status is 2 if run would refuse the file.`
}

func (c *inspectCommand) execute(_ context.Context, out output) error {
	found, err := bench.Inspect(c.File, c.Layer, c.Readout)
	if err != nil {
		return asUsage(err)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %d tensors\n\n", c.File, len(found.Tensors))
	for _, t := range found.Tensors {
		fmt.Fprintf(&text, "  %-4s %-12s %s\n", t.DType, fmt.Sprint(t.Shape), t.Name)
	}
	for i, l := range found.Layers {
		text.WriteString("\n" + layerLine(&l, found.Cells[i], found.Readouts[i]))
	}
	if own := found.Own; own != nil {
		fmt.Fprintf(&text, "\ntaken: layer %s for a %s of %d units and %d inputs, readout %s with %d outputs\n",
			own.Layer.Prefix, found.Cell, own.Layer.Hidden, own.Layer.Inputs, own.Readout.Name, own.Readout.Outputs)
		if own.Assumed != "" {
			fmt.Fprintf(&text, "the file cannot tell, assumed: %s\n", own.Assumed)
		}
		if len(own.Ignored) > 0 {
			fmt.Fprintf(&text, "ignored: %s\n", strings.Join(own.Ignored, ", "))
		}
	}
	if _, err := out.stdout.Write([]byte(text.String())); err != nil {
		return err
	}
	return asUsage(found.Refused)
}

// layerLine tells a recurrent layer and the readouts behind it.
func layerLine(l *statedict.Layer, cell string, readouts []statedict.Readout) string {
	if l.Wrong != nil {
		return fmt.Sprintf("%v\n", l.Wrong)
	}
	var names []string
	for _, r := range readouts {
		names = append(names, fmt.Sprintf("%s (%d outputs, %s)", r.Name, r.Outputs, biasWord(r.Bias)))
	}
	if len(names) == 0 {
		names = []string{"none"}
	}
	return fmt.Sprintf("layer %s: %s, %d hidden units, %d inputs, %s, %s; readouts: %s\n",
		l.Prefix, cell, l.Hidden, l.Inputs, l.DType, biasWord(l.Bias), strings.Join(names, ", "))
}

func biasWord(there bool) string {
	if there {
		return "bias"
	}
	return "no bias"
}
