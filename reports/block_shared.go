package reports

import "fmt"

const sharedTitle = "Derivative by the one parameter of all weights, summed over the measured steps"

// sharedTable tells what an estimator makes of the derivative that matters where
// all weights come from one parameter, and whether it has the right sign.
func (b block) sharedTable() *grid {
	g := &grid{header: b.header("exact", "mean estimate", "sign", "steps of wrong sign", "surely wrong", "along g")}
	for _, r := range b.summary {
		if r.SharedExact == nil || r.Shared == nil {
			continue
		}
		wrong, surely, steps := b.wrongSigns(r.Key)
		g.rows = append(g.rows, b.line(r.Key,
			digits4(r.SharedExact), withError(r.Shared, r.SharedMCSE), signOf(*r.Shared, *r.SharedExact),
			fmt.Sprintf("%d of %d", wrong, steps), fmt.Sprintf("%d of %d", surely, steps),
			withError(r.AlongExact, r.AlongMCSE)))
	}
	return g
}

func signOf(x, exact float64) string {
	if x*exact < 0 {
		return "wrong"
	}
	return "right"
}

// surely is how many standard errors from zero a derivative must be for its sign
// not to be taken for chance: over a hundred steps, one in three hundred tables
// would have such a step by chance.
const surely = 4

// wrongSigns counts the steps whose derivative has not the sign of the exact one,
// and those where that is no chance.
func (b block) wrongSigns(k Key) (wrong, sure, steps int) {
	for _, s := range b.stepsOf(k) {
		if s.Shared == nil || s.SharedExact == nil {
			continue
		}
		steps++
		if *s.Shared**s.SharedExact >= 0 {
			continue
		}
		wrong++
		if s.SharedMCSE == nil || *s.Shared**s.Shared > surely*surely**s.SharedMCSE**s.SharedMCSE {
			sure++
		}
	}
	return wrong, sure, steps
}

// sharedLegend explains the table where there is one.
func (r Report) sharedLegend() []string {
	for _, s := range r.Summary {
		if s.SharedExact != nil {
			return []string{fmt.Sprintf("sign: that of the mean estimate, beside the exact one. surely wrong: and more than %d standard errors from zero, so that it is no chance. along g: mean estimate·g / ‖g‖², 1 without bias, over all parameters.", surely)}
		}
	}
	return nil
}
