// Command asm writes the kernels' assembly. Every kernel is written once, in
// terms of an instruction set whose registers hold eight or four draws; the Go
// twins in the parent package say what it computes.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64,!noasm")
	for _, s := range isas {
		for _, write := range []func(isa){
			mulLanes, updateRows, historyRows, scaleLanes, columns,
			factors, advance, unitBlocks, normPair, rho, carry, unitCarry, record, signs, peak,
			mix, dot, accumulate, weigh, decay, squares,
		} {
			write(s)
		}
	}
	Generate()
}
