package estimators

// Scaler is a Batch that tells the scales of its last step, Lanes of each: what
// a schedule for GuardFixed is averaged from. The slices belong to the batch.
type Scaler interface {
	Scales() (rho0, rho1 []float64)
}

var _ Scaler = (*vectorUORO)(nil)
