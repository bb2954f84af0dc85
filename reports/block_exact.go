package reports

const exactTitle = "Exact, from the closed form of the variance: no Monte Carlo"

// exact is the table of the closed form, over all measured steps; only the rows
// that have one stand in it.
func (b block) exact() *grid {
	g := &grid{header: b.header("rel_var", "z of draws", "temporal", "var_ratio", "λ*", "var_ratio at λ*", "best scales: time", "unit")}
	for _, r := range b.summary {
		if r.VarTraceExact == nil {
			continue
		}
		g.rows = append(g.rows, b.line(r.Key,
			digits(perNorm(r.VarTraceExact, r.Figures)),
			fixed(r.VarTraceZ, 2),
			share(r.VarExactTemporal, r.VarTraceExact),
			fixed(r.VarRatioExact, 4),
			fixed(r.LambdaExact, 4),
			fixed(r.VarRatioBest, 4),
			digits(perNorm(r.YardstickTime, r.Figures)),
			digits(perNorm(r.YardstickUnit, r.Figures))))
	}
	return g
}

func digits(x *float64) string {
	if x == nil {
		return absent
	}
	return digits3(*x)
}

// share prints a part of a whole that is not zero.
func share(part, whole *float64) string {
	if part == nil || whole == nil || *whole == 0 {
		return absent
	}
	return rounded(100**part / *whole, 1) + " %"
}

// exactLegend explains the table where there is one.
func (r Report) exactLegend() []string {
	for _, s := range r.Summary {
		if s.VarTraceExact != nil {
			return []string{"z of draws: how far log var_trace lies from the exact one, in standard errors. temporal: part of the variance in which the two factors take their noise from different times. var_ratio: at the λ used. best scales: least leading term of plain UORO's variance / ‖g‖² by one scale per time, or per time and unit."}
		}
	}
	return nil
}
