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

func newCosines(_ *Selection, views set) observer { return &cosines{set: views} }

func (c *cosines) start(p *Pass) { c.sums = grid[stats.Cosine](c.set, p) }

func (c *cosines) recorder(*Pass) recorder { return c }

func (c *cosines) step(s *observation) {
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
	c.eachRow(d, rows, func(row *result.Step, i int, steps []int) {
		groups := make([]stats.Cosine, len(c.sums[i]))
		var all stats.Cosine
		for g := range groups {
			for _, m := range steps {
				groups[g].Merge(&c.sums[i][g][m])
			}
			all.Merge(&groups[g])
		}
		row.Cosine = d.Sampling.Figure(stats.MeanCosine(groups))
		row.CosineLow, row.CosineMedian, row.CosineHigh = all.Quantile(0.05), all.Quantile(0.5), all.Quantile(0.95)
	})
	return nil
}
