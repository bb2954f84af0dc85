package cell

import "math"

// SmoothTwin is the cell lif or alif whose spikes are the fast sigmoid, of which
// the surrogate is the true derivative. All other code is the cell's own.
func SmoothTwin(name string, inputs, hidden int) Cell {
	fire := func(u float64) float64 { return (1 + u/(1+math.Abs(u))) / 2 }
	return makeLIF(name, inputs, hidden, name == "alif", fire)
}
