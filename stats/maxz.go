package stats

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/stat/distuv"
)

// axisTest is a test for bias along one direction. Group means m_g have variance
// σ²/N_g, so with m = Σ N_g m_g/N
//
//	t = m/√(s²/N),   s² = Σ_g N_g (m_g − m)²/(G−1)
//
// has Student's distribution with G−1 degrees of freedom, for groups of unlike
// size too.
type axisTest struct {
	t, p float64
	// unit are √N_g (m_g − m), scaled to length one: the products of those of two
	// directions are the correlation of their t.
	unit []float64
}

// axisTest is absent where nothing varies along the axis.
func (e *Errors) axisTest(axis int) (test axisTest, ok bool) {
	total, n, groups := 0.0, 0.0, float64(e.filled())
	for g, v := range e.Along[axis] {
		total += v
		n += float64(e.N[g])
	}
	spread := 0.0
	for g, v := range e.Along[axis] {
		if size := float64(e.N[g]); size > 0 {
			d := math.Sqrt(size) * (v/size - total/n)
			spread += d * d
			test.unit = append(test.unit, d)
		}
	}
	// Sums of e hold no squares: their rounding is relRounding², not relRounding.
	if groups < 2 || spread <= relRounding*e.level*e.axisSq[axis] {
		return test, false
	}
	for g := range test.unit {
		test.unit[g] /= math.Sqrt(spread)
	}
	test.t = math.Abs(total / math.Sqrt(n*spread/(groups-1)))
	test.p = 2 * student(groups-1).Survival(test.t)
	return test, finite(test.t)
}

func student(dof float64) distuv.StudentsT { return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: dof} }

// MaxZGroups is how many groups max |z| and its p need at least. Of fewer the
// correlations of the directions are too noisy: of two groups all are ±1 and the
// family counts as one test. Measured on light tails, the 5 % test rejected 27–29 %
// with two groups, 8–12 % with three, 8–9 % with four, and 5 % from six on.
const MaxZGroups = 6

// maxZ is the largest |z| of the tests for bias along the fixed directions and
// along g (Student's t told as the z of the same p), and its family-wise p. Both are
// absent with fewer than MaxZGroups groups.
func (e *Errors) maxZ() (z, p Interval) {
	if v, _ := e.Variance(-1); v == 0 || e.filled() < MaxZGroups {
		return Interval{}, Interval{}
	}
	var tests []axisTest
	largest := axisTest{p: 1}
	for axis := range e.Along {
		if test, ok := e.axisTest(axis); ok {
			tests = append(tests, test)
			if test.t > largest.t {
				largest = test
			}
		}
	}
	if len(tests) == 0 {
		return Interval{}, Interval{}
	}
	z = Interval{Value: -distuv.UnitNormal.Quantile(max(largest.p/2, math.SmallestNonzeroFloat64)), OK: true}
	p = Interval{Value: min(1, union(tests, largest)), OK: true}
	return z, p
}

// The union is averaged over so many points in the tail, which cost a quantile
// each, with so many of the rest.
const tailPoints, restPoints = 8, 16

// union is the probability, without a bias, that any of the directions has a |t|
// as large as the largest: Bonferroni's bound times the mean of 1/S, where S is how
// many have it when one of them, drawn at random, has (Owen, Maximov & Chertkov
// 2019). The law of the t is that of groups of normal errors with the correlations
// of these. The points are fixed; the error is about two hundredths of p, however
// small p is.
//
// Tried: Bonferroni's bound itself; where one direction dominates the gradient the
// nine directions are one test nine times over, and the 5 % test rejected 1 %. The
// multivariate t distribution, whose directions share one standard error: it
// rejected 6–9 % of 8 groups.
func union(tests []axisTest, largest axisTest) float64 {
	all := float64(len(tests))
	if len(tests) == 1 || largest.p == 0 {
		return all * largest.p
	}
	u := newUnion(tests, largest)
	sum := 0.0
	for b := range tailPoints {
		t := -student(u.nu).Quantile((float64(b) + 0.5) / tailPoints * largest.p / 2)
		for range restPoints {
			u.sample()
			sum += u.share(max(t, largest.t))
		}
	}
	return largest.p * sum / (tailPoints * restPoints)
}

// unionIntegral makes groups of normal errors along the directions, and turns them
// so that one direction has a given t.
type unionIntegral struct {
	groups int
	least  float64 // the largest |t|
	nu     float64
	r      [][]float64 // correlations
	root   *factor     // r = root·rootᵀ
	normal []float64   // what is left of fixedNormals

	y       []float64
	mean    []float64   // z = Σ_g y_g/√G
	scatter [][]float64 // Σ_g y_g y_gᵀ − z zᵀ
}

func newUnion(tests []axisTest, largest axisTest) *unionIntegral {
	n := len(tests)
	u := &unionIntegral{groups: len(largest.unit), least: largest.t, nu: float64(len(largest.unit) - 1)}
	u.r, u.scatter, u.root = grid(n, n), grid(n, n), newFactor(n)
	u.y, u.mean = make([]float64, n), make([]float64, n)
	u.normal = fixedNormals(tailPoints * restPoints * u.groups * n)
	for i, a := range tests {
		for j, b := range tests {
			u.r[i][j] = dot(a.unit, b.unit)
		}
	}
	u.root.decompose(u.r)
	return u
}

// decompose is Cholesky's decomposition of a correlation matrix, which may be
// singular: what earlier rows explain gets no variance of its own.
func (f *factor) decompose(r [][]float64) {
	for i := range r {
		for j := range i + 1 {
			v := r[i][j]
			for k := range j {
				v -= f.at(i, k) * f.at(j, k)
			}
			switch {
			case i == j && v > nearSingular:
				f.set(i, i, sqrt(v))
			case i == j:
				f.set(i, i, 0)
			default:
				f.set(i, j, divide(v, f.at(j, j)))
			}
		}
	}
}

// sample draws groups of errors.
func (u *unionIntegral) sample() {
	clear(u.mean)
	for i := range u.scatter {
		clear(u.scatter[i])
	}
	for range u.groups {
		xi := u.normal[:len(u.y)]
		u.normal = u.normal[len(u.y):]
		for i := range u.y {
			u.y[i] = dot(u.root.l[i*u.root.n:i*u.root.n+i+1], xi[:i+1])
			u.mean[i] += u.y[i] / math.Sqrt(float64(u.groups))
			axpy(u.y[i], u.y[:i+1], u.scatter[i][:i+1])
		}
	}
	for i := range u.scatter {
		for j := range i + 1 {
			u.scatter[i][j] -= u.mean[i] * u.mean[j]
			u.scatter[j][i] = u.scatter[i][j]
		}
	}
}

// share is Σ_i 1/S, with direction i given |t| = t: its errors keep their length,
// which does not depend on its t, and the others the part that does not depend on
// them.
func (u *unionIntegral) share(t float64) (sum float64) {
	for i, r := range u.r {
		s := math.Sqrt((u.scatter[i][i] + sq(u.mean[i])) / (u.nu + t*t))
		shift, grown := t*s-u.mean[i], s*math.Sqrt(u.nu/u.scatter[i][i])-1
		hits := 1.0
		for j, c := range r {
			square := u.scatter[j][j] + 2*c*grown*u.scatter[i][j] + sq(c*grown)*u.scatter[i][i]
			if j != i && sq(u.mean[j]+c*shift)*u.nu >= sq(u.least)*square {
				hits++
			}
		}
		sum += 1 / hits
	}
	return sum
}

// normalTable grows to what was asked for at most; the numbers of all tests are the
// same, and to make them took most of the time.
var normalTable struct {
	sync.Mutex
	from    counter
	numbers []float64
}

// fixedNormals are the first n of a fixed sequence of normal numbers, for reading.
func fixedNormals(n int) []float64 {
	t := &normalTable
	t.Lock()
	defer t.Unlock()
	for len(t.numbers) < n {
		x, y := t.from.normals()
		t.numbers = append(t.numbers, x, y)
	}
	return t.numbers[:n]
}

// normals are two independent standard normal numbers (Box & Muller 1958).
func (c *counter) normals() (x, y float64) {
	r := math.Sqrt(-2 * math.Log(c.uniform()))
	sin, cos := math.Sincos(2 * math.Pi * c.uniform())
	return r * cos, r * sin
}

// uniform is in (0, 1).
func (c *counter) uniform() float64 { return (float64(c.next()>>11) + 0.5) / (1 << 53) }
