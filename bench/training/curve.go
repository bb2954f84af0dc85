package training

import (
	"math"

	"uorobench/bench/task"
	"uorobench/estimators/cell"
)

// Point is a place on a learning curve. The recent figures are over the last
// Config.Window points. A figure that nothing was there to take from is NaN; who
// writes it to a file makes it a missing value.
type Point struct {
	Step         int     // steps done
	Bits         float64 // recent loss, bits per symbol that carries a loss
	BitsMean     float64 // the same since step 1
	Endings      float64 // recent fraction of strings whose end was predicted; NaN for tasks without
	GradientNorm float64 // √ of the mean of ‖ĝ‖² of the steps since the last point
	Cosine       float64 // mean cosine with the exact gradient since the last point; NaN without Shadow
}

// tally is what was counted over some steps.
type tally struct {
	steps, losses        int
	loss                 float64 // nats
	endings, right       int
	normSq               float64
	cosines, comparisons float64
}

func (a *tally) add(b *tally) {
	a.steps += b.steps
	a.losses += b.losses
	a.loss += b.loss
	a.endings += b.endings
	a.right += b.right
}

// bits is the mean loss.
func (a *tally) bits() float64 { return a.loss / float64(a.losses) / math.Ln2 }

// ender is a task that knows where its strings end.
type ender interface {
	CorrectEnding(task.Sequence) []task.Ending
}

// recorder makes the curve.
type recorder struct {
	every   int
	ring    []tally // the last Window intervals
	now     tally   // since the last point
	all     tally
	points  []Point
	targets []int         `carry:"-"`
	endings []task.Ending `carry:"-"`
	next    int           // the ending that comes next
	broken  bool          // whether its Continue step was predicted wrong
}

func newRecorder(c *Config, s *task.Sequence) *recorder {
	r := &recorder{
		every: c.Record, ring: make([]tally, c.Window), targets: s.Target,
		points: make([]Point, 0, c.Steps/c.Record),
	}
	if t, ok := c.Task.(ender); ok {
		r.endings = t.CorrectEnding(*s)
	}
	return r
}

// add takes in step t (0-based) with the prediction y made before its update.
func (r *recorder) add(j *cell.Jacobian, y []float64, t int, normSquared float64) {
	r.now.steps++
	r.now.normSq += normSquared
	if j.HasLoss {
		r.now.losses++
		r.now.loss += j.Loss
	}
	r.addEnding(argMax(y) == r.targets[t], t)
	if (t+1)%r.every == 0 {
		r.close(t + 1)
	}
}

// addEnding scores step t if a string's ending is decided there.
func (r *recorder) addEnding(right bool, t int) {
	if r.next == len(r.endings) {
		return
	}
	switch e := r.endings[r.next]; t {
	case e.Continue:
		r.broken = !right
	case e.Stop:
		r.now.endings++
		if right && !r.broken {
			r.now.right++
		}
		r.broken = false
		r.next++
	}
}

// addCosine takes in a comparison. Where one of the two is zero there is no
// angle, and nothing is counted.
func (r *recorder) addCosine(g, exact []float64) {
	if norms := normSq(g) * normSq(exact); norms > 0 {
		r.now.cosines += dot(g, exact) / math.Sqrt(norms)
		r.now.comparisons++
	}
}

// close ends an interval with a point.
func (r *recorder) close(step int) {
	r.ring[(step/r.every)%len(r.ring)] = r.now
	r.all.add(&r.now)
	var recent tally
	for i := range r.ring {
		recent.add(&r.ring[i])
	}
	r.points = append(r.points, Point{
		Step: step, Bits: recent.bits(), BitsMean: r.all.bits(),
		Endings:      float64(recent.right) / float64(recent.endings),
		GradientNorm: math.Sqrt(r.now.normSq / float64(r.now.steps)),
		Cosine:       r.now.cosines / r.now.comparisons,
	})
	r.now = tally{}
}

func argMax(y []float64) int {
	best := 0
	for i, v := range y {
		if v > y[best] {
			best = i
		}
	}
	return best
}
