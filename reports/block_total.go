package reports

const totalTitle = "Sum of the estimates over the measured steps, which share their noise"

// totals is the table of the sums; the last column says what sharing the noise
// does: 1 if successive estimates were independent.
func (b block) totals() *grid {
	g := &grid{header: b.header("draws", "rel_var", "bias²/‖g‖² [95 %]", "var_ratio [95 %]", "max|z| (p)", "var / Σ var of steps")}
	for _, r := range b.total {
		f := r.Figures
		g.rows = append(g.rows, b.line(r.Key,
			plural(f.NDraws, "draw"),
			withError(f.RelVar, perNorm(f.VarTraceMCSE, f)),
			withInterval(perNorm(f.BiasSq, f), perNorm(f.BiasSqLo, f), perNorm(f.BiasSqHi, f)),
			withInterval(f.VarRatio, f.VarRatioLo, f.VarRatioHi),
			withP(f.MaxZ, f.MaxZP),
			digits(b.ofSteps(r))))
	}
	return g
}

// ofSteps is the variance of a sum over the sum of the steps' variances.
func (b block) ofSteps(total SummaryRow) *float64 {
	for _, r := range b.summary {
		if r.Key == total.Key && r.VarTrace != nil && total.VarTrace != nil && *r.VarTrace > 0 {
			return Optional(*total.VarTrace / *r.VarTrace, true)
		}
	}
	return nil
}
