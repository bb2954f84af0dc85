package estimators

import "uorobench/estimators/cell"

// snap1EstimatorSpec is the sparse n-step approximation of Menick et al. 2021
// (arXiv:2006.07232) for n = 1: δ_t S_t, S_t = F̃_t S_{t-1} + I_t with F̃_t the
// within-unit entries of F_t. It draws nothing and is biased: every path that
// leaves its unit is lost. parts²·P multiply-adds a step.
var snap1EstimatorSpec = Spec{
	Name: "snap1", Formula: "δ S, S = F̃ S + I, F̃ = unit-diagonal part of F", Bias: "biased",
	Citation: "Menick et al. 2021 (SnAp-1)",
	New: func(l *cell.Layout, _ Options) (*Chain, error) {
		return deterministic("snap1", func() Mean { return NewSnap1(l) }, influenceCost(l, l.Parts)), nil
	},
}

// snapFamily is snap-N: RTRL whose influence matrix keeps only the entries that
// a parameter can reach within N steps. snap-1 is snap1. In a network whose
// recurrent weights are all there, every unit is reached in one step of F, so
// snap-2 is RTRL itself, at its price; the family is for networks with weights
// that are zero. The pattern is read off F as it comes: two units count as
// connected from the first step at which F connects them.
var snapFamily = family("snap-N", Range{1, 64}, func(n int) Spec {
	return Spec{
		Formula: "δ S, S = F S + I on the entries reached within N steps", Bias: "biased",
		Citation: "Menick et al. 2021 (SnAp-n)",
		New: func(l *cell.Layout, _ Options) (*Chain, error) {
			reach := l.S()
			if n == 1 {
				reach = l.Parts
			}
			return deterministic("snap", func() Mean { return newSnapN(l, n) }, influenceCost(l, reach)), nil
		},
	}
})

// influenceCost is a step of an influence matrix that keeps reach of the S entries of
// every column, and its product with δ: F̃ S, I, δ S.
func influenceCost(l *cell.Layout, reach int) int64 {
	n := int64(reach)
	return (n*n + int64(l.Parts) + n) * int64(l.P())
}

// snapN is the influence matrix of SnAp-n.
type snapN struct {
	layout    *cell.Layout
	n         int
	connected []bool    // H×H: [to·H+from], whether F has led from one unit to another
	kept      []bool    // H×H: [of·H+at], whether parameters of unit `of` are followed at unit `at`
	frontier  []int     // scratch of reach
	m, next   []float64 // S×P; entries that are not kept are zero
}

func newSnapN(l *cell.Layout, n int) *snapN {
	size := l.S() * l.P()
	return &snapN{
		layout: l, n: n, connected: make([]bool, l.H*l.H), kept: make([]bool, l.H*l.H),
		frontier: make([]int, 0, l.H), m: make([]float64, size), next: make([]float64, size),
	}
}

func (m *snapN) Reset() {
	clear(m.m)
	clear(m.next)
	clear(m.connected)
	clear(m.kept)
}

func (m *snapN) Step(j *cell.Jacobian) {
	if m.connect(j) {
		for unit := 0; unit < m.layout.H; unit++ {
			m.reach(unit)
		}
	}
	for g := range m.layout.Groups {
		for unit := 0; unit < m.layout.H; unit++ {
			m.carry(j, g, unit)
		}
	}
	m.m, m.next = m.next, m.m
	m.layout.AddImmediateRows(m.m, j)
}

// connect takes in the pattern of F and says whether it grew. A unit is always
// connected with itself.
func (m *snapN) connect(j *cell.Jacobian) bool {
	s, h, grew := m.layout.S(), m.layout.H, false
	for at, f := range j.F {
		to, from := at/s%h, at%s%h
		if c := &m.connected[to*h+from]; !*c && (f != 0 || to == from) {
			*c, grew = true, true
		}
	}
	return grew
}

// reach sets which units the parameters of one unit reach: itself at once, and
// others by up to n−1 steps of F.
func (m *snapN) reach(unit int) {
	h := m.layout.H
	kept := m.kept[unit*h : (unit+1)*h]
	clear(kept)
	kept[unit] = true
	m.frontier = append(m.frontier[:0], unit)
	for hop, done := 1, 0; hop < m.n && done < len(m.frontier); hop++ {
		last := len(m.frontier)
		for ; done < last; done++ {
			for to := range kept {
				if !kept[to] && m.connected[to*h+m.frontier[done]] {
					kept[to] = true
					m.frontier = append(m.frontier, to)
				}
			}
		}
	}
}

// carry writes next = F m for the coordinates of one row of θ, where kept.
func (m *snapN) carry(j *cell.Jacobian, g, unit int) {
	l := m.layout
	lo, hi := l.Row(g, unit)
	s, p := l.S(), l.P()
	kept := m.kept[unit*l.H : (unit+1)*l.H]
	for i := 0; i < s; i++ {
		if !kept[i%l.H] {
			continue
		}
		out := m.next[i*p+lo : i*p+hi]
		clear(out)
		for k, f := range j.F[i*s : (i+1)*s] {
			if kept[k%l.H] {
				axpy(f, m.m[k*p+lo:k*p+hi], out)
			}
		}
	}
}

func (m *snapN) PullTo(dst, v []float64) {
	p := m.layout.P()
	clear(dst)
	for i, a := range v {
		axpy(a, m.m[i*p:(i+1)*p], dst)
	}
}
