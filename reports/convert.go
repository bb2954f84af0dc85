package reports

import (
	"strings"

	"uorobench/bench"
	"uorobench/bench/task"
	"uorobench/estimators"
	"uorobench/stats"
)

// keyOf says which rows an estimator's are.
func keyOf(e *bench.Experiment, c *bench.CellResult, sel estimators.Selection, convention string) Key {
	return Key{
		Task: e.Task.Name, Cell: c.Cell, Hidden: int32(c.Hidden), Seed: int64(e.Seed),
		Estimator: sel.Estimator(), Covariate: sel.Covariate(), LambdaScope: sel.Scope, Convention: convention,
	}
}

// stepRows and summaryRows turn a result into the rows of the datasets.
func stepRows(r *bench.Result) []StepRow {
	var rows []StepRow
	for _, c := range r.Cells {
		for _, est := range c.Rows {
			key := keyOf(r.Experiment, c, est.Selection, est.Convention)
			for i := range est.Steps {
				s := &est.Steps[i]
				rows = append(rows, StepRow{Key: key, Step: int32(s.Step), Figures: figuresOf(r.Experiment, c, est, s)})
			}
		}
	}
	return rows
}

func summaryRows(r *bench.Result) []SummaryRow {
	var rows []SummaryRow
	for _, c := range r.Cells {
		for _, est := range c.Rows {
			rows = append(rows, SummaryRow{
				Key: keyOf(r.Experiment, c, est.Selection, est.Convention), NSteps: int32(len(est.Steps)),
				Figures: figuresOf(r.Experiment, c, est, &est.Pooled),
			})
		}
	}
	return rows
}

// totalRows are the rows of the sums over the measured steps; none where they
// were not asked for.
func totalRows(r *bench.Result) []SummaryRow {
	var rows []SummaryRow
	for _, c := range r.Cells {
		for _, est := range c.Rows {
			if est.Total == nil {
				continue
			}
			rows = append(rows, SummaryRow{
				Key: keyOf(r.Experiment, c, est.Selection, est.Convention), NSteps: int32(len(est.Steps)),
				Figures: figuresOf(r.Experiment, c, est, est.Total),
			})
		}
	}
	return rows
}

func figuresOf(e *bench.Experiment, c *bench.CellResult, est *bench.EstimatorResult, s *bench.StepResult) Figures {
	cost, known := est.Cost.PerDraw, est.Cost.Shared
	f := Figures{
		NDraws: s.Draws, Sampling: s.Sampling, NGroups: int32(s.Groups), NNonfinite: s.NonFinite, ExactNormSq: s.ExactSq,
		BiasSq: value(s.BiasSq), BiasSqMCSE: mcse(s.BiasSq), BiasSqLo: low(s.BiasSq), BiasSqHi: high(s.BiasSq),
		BiasP: value(s.BiasP), BiasBound: value(s.BiasBound), BiasDetectable: value(s.BiasDetectable),
		VarTrace: value(s.Var), VarTraceMCSE: mcse(s.Var), VarTraceLo: low(s.Var), VarTraceHi: high(s.Var),
		RelVar: value(s.RelVar), MSE: value(s.MSE),
		Cosine: value(s.Cosine), CosineMCSE: mcse(s.Cosine),
		CosineQ05: value(s.CosineLow), CosineQ50: value(s.CosineMedian), CosineQ95: value(s.CosineHigh),
		AlongExact: value(s.AlongExact), AlongMCSE: mcse(s.AlongExact),
		SharedExact: value(s.SharedExact), Shared: value(s.Shared), SharedMCSE: mcse(s.Shared),
		LambdaUsed: value(s.Lambda), LambdaMCSE: mcse(s.Lambda), Correlation: value(s.Correlation),
		VarRatio: value(s.Ratio), VarRatioLo: low(s.Ratio), VarRatioHi: high(s.Ratio),
		MaxZ: value(s.MaxZ), MaxZP: value(s.MaxZP), MaxZHolm: value(s.MaxZHolm),
		Kurtosis: value(s.Kurtosis), TopShare: value(s.TopShare), MaxNormSq: value(s.MaxNormSq),
		Warning: warningOf(s.Warnings), Doubt: warningOf(c.Doubts),
		DrawCost: &cost, KnownCost: &known, PilotDraws: Optional(est.PilotDraws, est.PilotDraws > 0),
	}
	f.addExact(s.Exact)
	if est.Scope != "" && est.Scope != string(stats.ScopeOne) {
		f.LambdaFit = e.LambdaFit
		if e.Noise == bench.NoiseExhaustive {
			f.LambdaFit = "exact"
		}
	}
	return f
}

func (f *Figures) addExact(e *bench.ExactFigures) {
	if e == nil {
		return
	}
	f.VarTraceExact, f.VarTraceZ = value(e.Var), value(e.Z)
	f.VarExactSpatial, f.VarExactTemporal = value(e.Spatial), value(e.Temporal)
	f.VarExactK1, f.VarExactK3 = value(e.Signs), value(e.Gaussian)
	f.LambdaExact, f.VarRatioExact, f.VarRatioBest = value(e.Lambda), value(e.Ratio), value(e.Best)
	f.YardstickTime, f.YardstickUnit = value(e.PerTime), value(e.PerUnit)
}

// warningOf is all warnings in one line.
func warningOf(warnings []error) string {
	var texts []string
	for _, w := range warnings {
		texts = append(texts, w.Error())
	}
	return strings.Join(texts, "; ")
}

func value(i stats.Interval) *float64 { return Optional(i.Value, i.OK) }
func mcse(i stats.Interval) *float64  { return Optional(i.MCSE, i.HasErr) }
func low(i stats.Interval) *float64   { return Optional(i.Lo, i.HasCI) }
func high(i stats.Interval) *float64  { return Optional(i.Hi, i.HasCI) }

// coordinateRows are the rows of one estimator of one cell.
func coordinateRows(e *bench.Experiment, c *bench.CellResult, est *bench.EstimatorResult) []CoordinateRow {
	key := keyOf(e, c, est.Selection, est.Convention)
	var rows []CoordinateRow
	for m, at := range est.Coordinates {
		for j, mean := range at.Mean {
			tensor, row, col := c.Layout.Coordinate(j)
			rows = append(rows, CoordinateRow{
				Task: key.Task, Cell: key.Cell, Estimator: key.Estimator, Covariate: key.Covariate,
				LambdaScope: key.LambdaScope, Convention: key.Convention, Step: int32(at.Step),
				Tensor: tensor, TensorRow: int32(row), TensorCol: int32(max(col, 0)),
				Exact: c.Exact[m][j], Mean: mean, Variance: Optional(at.Variance[j], est.Steps[m].Draws > 1),
			})
		}
	}
	return rows
}

// drawRows appends the draws to rows.
func drawRows(rows []DrawRow, e *bench.Experiment, draws []bench.DrawValue) []DrawRow {
	for i := range draws {
		d := &draws[i]
		rows = append(rows, DrawRow{
			Task: e.Task.Name, Cell: d.Cell, Estimator: d.Estimator.Estimator(), Covariate: d.Estimator.Covariate(),
			LambdaScope: d.Estimator.Scope, Convention: d.Convention.String(),
			Draw: d.Draw, Step: int32(d.Step), NormSq: d.NormSq, Dot: d.Dot, Cosine: Optional(d.Cosine, d.HasAngle),
		})
	}
	return rows
}

// sequenceRows is the symbol sequence, the warm-up's steps 1−W … 0 before those of
// the window; it is the same for all cells. A sequence with vectors has no rows here
// but those of vectorRows.
func sequenceRows(c *bench.CellResult) []SequenceRow {
	if c.Sequence.Real != nil {
		return nil
	}
	rows := partRows(&c.WarmUp, 1-c.WarmUp.Steps())
	return append(rows, partRows(&c.Sequence, 1)...)
}

func partRows(s *task.Sequence, first int) []SequenceRow {
	rows := make([]SequenceRow, s.Steps())
	for t := range rows {
		rows[t] = SequenceRow{Step: int32(first + t), Input: int32(s.Input[t])}
		if s.HasLoss(t) {
			target := int32(s.Target[t])
			rows[t].Target = &target
		}
	}
	return rows
}

// scaleRows are the schedules of all cells, in order.
func scaleRows(r *bench.Result) []ScaleRow {
	var rows []ScaleRow
	for _, c := range r.Cells {
		if c.Schedule == nil {
			continue
		}
		for t, rho0 := range c.Schedule.Rho0 {
			rows = append(rows, ScaleRow{Cell: c.Cell, Step: int32(t + 1), Rho0: rho0, Rho1: c.Schedule.Rho1[t]})
		}
	}
	return rows
}

// ScheduleOf reads a cell's schedule back from the rows of Scales, which must be
// as they were written; it is empty for a cell without rows.
func ScheduleOf(rows []ScaleRow, cell string) *estimators.Schedule {
	s := new(estimators.Schedule)
	for _, r := range rows {
		if r.Cell == cell {
			s.Rho0, s.Rho1 = append(s.Rho0, r.Rho0), append(s.Rho1, r.Rho1)
		}
	}
	return s
}
