package draw

import (
	"uorobench/bench/result"
	"uorobench/stats"
)

// cosines of single draws with the exact gradient.
type cosines struct {
	set
	sums [][][]stats.Cosine // views × groups × measured
}

func newCosines(_ *Selection, views []*View) observer { return &cosines{set: views} }

func (c *cosines) start(p *Pass) {
	c.sums = make([][][]stats.Cosine, len(c.set))
	for i := range c.sums {
		for range p.Groups {
			c.sums[i] = append(c.sums[i], make([]stats.Cosine, len(p.Problem.Measured)))
		}
	}
}

func (c *cosines) recorder(*Pass) recorder { return c }

func (c *cosines) step(s *Step) {
	if !s.Angles {
		return
	}
	for i, v := range c.set {
		sum := &c.sums[i][s.Group][s.Measured]
		for lane := range Lanes {
			if cosine, ok := s.cosine(v, lane); ok && s.valid(lane) {
				sum.Add(cosine)
			}
		}
	}
}

func (c *cosines) report(d *result.Draws, rows []*result.Estimator) error {
	for i, v := range c.set {
		if row := rows[v.index]; row != nil {
			row.EachRow(d.Workers, func(row *result.Step, steps []int) { c.setCosines(row, i, steps, d.Sampling) })
		}
	}
	return nil
}

// setCosines sets the columns of view i's row over the given measured steps.
func (c *cosines) setCosines(row *result.Step, i int, steps []int, sampling stats.Sampling) {
	groups := make([]stats.Cosine, len(c.sums[i]))
	var all stats.Cosine
	for g := range groups {
		for _, m := range steps {
			groups[g].Merge(&c.sums[i][g][m])
		}
		all.Merge(&groups[g])
	}
	row.Cosine = sampling.Figure(stats.MeanCosine(groups))
	row.CosineLow, row.CosineMedian, row.CosineHigh = all.Quantile(0.05), all.Quantile(0.5), all.Quantile(0.95)
}
