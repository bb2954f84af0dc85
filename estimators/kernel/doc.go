// Package kernel holds the few loops that all the time goes into, over Lanes
// draws at once.
//
// Layout: a lane-minor array keeps entry i of draw w at [i*Lanes+w], so that
// the draws lie in the lanes of a vector register. A number of the trajectory
// is the same for all draws and is broadcast; there is no horizontal sum except
// the one over draws in Columns.
//
// Bits: every kernel fixes, for each lane, one chain of fused multiply-adds.
// The width of the registers decides how many chains run side by side and never
// what a chain does, so AVX-512, AVX2 and plain Go (math.FMA) give the same
// bits. The twins in plain Go are the definition; tests hold the assembly to it.
//
// Memory: a kernel touches no byte outside of what its comment asks for, before
// or behind, and needs no buffer aligned; tests put every buffer against a page
// that faults. Rounding up to Block, where a comment tells it, is the caller's.
//
// The assembly is written by asm, a nested module that only go generate needs.
// Tried and left: simd/archsimd (experimental, and dropped silently without its
// GOEXPERIMENT), gonum's Gemm (goroutines and allocations from four 64×64
// blocks up, and no kernel for sixteen columns).
package kernel

//go:generate sh -c "cd asm && go run . -pkg kernel -out ../new.s && mv ../new.s ../kernel_amd64.s"

// Lanes is the number of draws in a chunk: two AVX-512 registers of float64.
const Lanes = 16

// Block is the number of steps that are taken before the rows of θ̃ are
// touched, and so the number of columns of a block's feature arrays.
const Block = 8

// Row is one entry over all draws of a chunk.
type Row = [Lanes]float64

// Scales are the per-draw numbers of a step, which Rho, Carry and Record turn
// over. Squared norms are of the draw's true vectors, not of scaled ones.
type Scales struct {
	Rho0, Rho1 Row // ρ0, ρ1
	Inv0, Inv1 Row // 1/ρ0, 1/ρ1
	ThetaSq    Row // ‖θ̃‖²
	CarriedSq  Row // ‖F s̃‖²
	NoiseSq    Row // ‖ε‖²
	FactorSq   Row // ‖εᵀI‖²
	FactorDot  Row // Σ_rows u·(θ̂z), in the block's factored scale
	Factor     Row // c: θ̃ = c·θ̂ within a block
	Before     Row // c before the last Carry
	Column     Row // 1/(ρ1 c), what a raw factor u is stored with
}
