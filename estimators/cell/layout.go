package cell

// Group is a block of parameter rows, one row per hidden unit, that share one
// feature range. Row (group, i) reaches the state through one pre-activation
// a = θ_row · z[Lo:Hi], and a touches only unit i's state entries. That is why
// the immediate influence I_t needs no S×P storage: it is a gain per (group,
// state part, unit) times a feature vector.
type Group struct {
	Name string // for people: "reset", "candidate hidden part", …
	Gate int    // which block of H rows of PyTorch's weight_ih_l0 and weight_hh_l0
	Lo   int    // first feature column
	Hi   int    // one past the last feature column
	// Offset is the first coordinate of the group in θ. The rows follow each
	// other, unit by unit, Hi-Lo coordinates each.
	Offset int
}

// Width is the number of parameters of one row of the group.
func (g *Group) Width() int { return g.Hi - g.Lo }

// Layout is the shape of a cell: the order of the coordinates of θ and the
// sparsity of the immediate influence.
//
// The feature vector is z_t = [x_t; 1; h_{t-1}; 1], of length X+H+2: both of
// PyTorch's bias vectors keep their own coordinate.
type Layout struct {
	X      int // inputs
	H      int // hidden units
	Parts  int // state entries per unit
	Gates  int // blocks of H rows in PyTorch's matrices
	Groups []Group
	// Leaky says whether the state reaches the next one past the features, by a
	// gate or a decay: whether Jacobian.Leak is anything but zero.
	Leaky bool
}

// leaky marks a layout.
func (l *Layout) leaky() *Layout {
	l.Leaky = true
	return l
}

// newLayout fills in the groups' offsets.
func newLayout(x, h, parts, gates int, groups []Group) *Layout {
	off := 0
	for i := range groups {
		groups[i].Offset = off
		off += h * groups[i].Width()
	}
	return &Layout{X: x, H: h, Parts: parts, Gates: gates, Groups: groups}
}

// S is the length of the state. Entry part*H+i is part `part` of unit i.
func (l *Layout) S() int { return l.Parts * l.H }

// Z is the length of the feature vector.
func (l *Layout) Z() int { return l.X + l.H + 2 }

// P is the number of recurrent parameters.
func (l *Layout) P() int {
	last := l.Groups[len(l.Groups)-1]
	return last.Offset + l.H*last.Width()
}

// Row returns the half-open coordinate range of row (group, unit) in θ.
func (l *Layout) Row(group, unit int) (lo, hi int) {
	g := &l.Groups[group]
	lo = g.Offset + unit*g.Width()
	return lo, lo + g.Width()
}

// UnitOf returns, for every coordinate of θ, the hidden unit that its row
// belongs to. The caller owns the slice.
func (l *Layout) UnitOf() []int32 {
	of := make([]int32, l.P())
	for g := range l.Groups {
		for i := 0; i < l.H; i++ {
			lo, hi := l.Row(g, i)
			for j := lo; j < hi; j++ {
				of[j] = int32(i)
			}
		}
	}
	return of
}

// all and the two halves are the feature ranges that the cells use.
func allFeatures(x, h int) (int, int)    { return 0, x + h + 2 }
func inputFeatures(x int) (int, int)     { return 0, x + 1 }
func hiddenFeatures(x, h int) (int, int) { return x + 1, x + h + 2 }

// features writes z = [x; 1; h; 1].
func (l *Layout) features(z, x, h []float64) {
	copy(z[:l.X], x)
	z[l.X] = 1
	copy(z[l.X+1:l.X+1+l.H], h)
	z[l.X+1+l.H] = 1
}

// hiddenWeights is the part of row (group, unit) that multiplies h_{t-1}; nil
// for a group that does not see it.
func (l *Layout) hiddenWeights(theta []float64, group, unit int) []float64 {
	g := &l.Groups[group]
	if g.Hi <= l.X+1 {
		return nil
	}
	lo, _ := l.Row(group, unit)
	start := lo + l.X + 1 - g.Lo
	return theta[start : start+l.H]
}

// preactivations writes a[group*H+i] = θ_row(group,i) · z[Lo:Hi].
func (l *Layout) preactivations(a, theta, z []float64) {
	for g := range l.Groups {
		feat := z[l.Groups[g].Lo:l.Groups[g].Hi]
		for i := 0; i < l.H; i++ {
			lo, hi := l.Row(g, i)
			a[g*l.H+i] = dot(theta[lo:hi], feat)
		}
	}
}

// dot is the inner product with four independent accumulators.
func dot(x, y []float64) float64 {
	y = y[:len(x)]
	var a, b, c, d float64
	i := 0
	for ; i+4 <= len(x); i += 4 {
		a += x[i] * y[i]
		b += x[i+1] * y[i+1]
		c += x[i+2] * y[i+2]
		d += x[i+3] * y[i+3]
	}
	for ; i < len(x); i++ {
		a += x[i] * y[i]
	}
	return (a + b) + (c + d)
}
