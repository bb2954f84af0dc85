package task

// Real is a sequence of vectors in the place of symbols. Where the targets are vectors
// the loss is the squared error ½‖y − target‖². The receiver owns the slices.
type Real struct {
	// Input are T vectors of length X; nil where the network reads symbols.
	Input [][]float64
	// Target are T vectors of length Y, a nil one where the step has no loss; all nil
	// where symbols are to be predicted, by cross-entropy.
	Target [][]float64
}

// Vectors is the input of every step as the network reads it, T vectors of
// length X: the real input, or the one-hot code of the symbol. Equal symbols
// share one vector, so the caller must not write into them.
func (s *Sequence) Vectors() [][]float64 {
	if s.Real != nil && s.Real.Input != nil {
		return s.Real.Input
	}
	code := make([][]float64, s.X)
	for i := range code {
		code[i] = make([]float64, s.X)
		code[i][i] = 1
	}
	out := make([][]float64, len(s.Input))
	for t, symbol := range s.Input {
		out[t] = code[symbol]
	}
	return out
}
