package draw

import "uorobench/estimators"

// Value is one draw of one estimator at one measured step, of --detail draws.
type Value struct {
	Cell       string
	Estimator  estimators.Selection
	Convention estimators.Convention
	Draw       int64 // 0-based, as in the noise stream
	Step       int   // 1-based
	NormSq     float64
	Dot        float64 // with the exact gradient
	// Cosine with the exact gradient; absent where either norm is zero.
	Cosine   float64
	HasAngle bool
}

// values hands every draw to a sink.
type values struct {
	set
	sink     func([]Value) error
	template []Value     // by view
	rows     [][][]Value // groups × views, of the round
}

func newValues(s *Selection, views set) observer { return &values{set: views.reported(), sink: s.sink} }

func (o *values) start(p *Pass) {
	o.rows = make([][][]Value, p.Groups)
	for g := range o.rows {
		o.rows[g] = make([][]Value, len(o.set))
	}
	for _, v := range o.set {
		o.template = append(o.template, Value{Cell: p.Problem.Cell.Name(), Estimator: v.variant.Selection, Convention: p.Chain.Convention})
	}
}

func (o *values) recorder(*Pass) recorder { return o }

func (o *values) step(s *observation) {
	for i, v := range o.set {
		lengths := &s.lengths[v.index]
		for lane := range Lanes {
			if !s.valid(lane) {
				continue
			}
			row := o.template[i]
			row.Draw, row.Step = s.First+int64(lane), v.problem.Measured[s.Measured]
			row.NormSq, row.Dot = lengths.NormSq[lane], lengths.Dot[lane]
			row.Cosine, row.HasAngle = s.cosine(v, lane)
			o.rows[s.Group][i] = append(o.rows[s.Group][i], row)
		}
	}
}

// flush hands a round's draws to the sink in draw order.
func (o *values) flush() error {
	for g := range o.rows {
		for i, rows := range o.rows[g] {
			if len(rows) == 0 {
				continue
			}
			if err := o.sink(rows); err != nil {
				return err
			}
			o.rows[g][i] = rows[:0]
		}
	}
	return nil
}
