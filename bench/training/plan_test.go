package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"uorobench/estimators/cell"
)

func plan(t testing.TB) *Plan {
	return &Plan{
		Base:    small(t, "gru", "", 5, 90),
		Methods: []string{"rtrl", "uoro", "cv-uoro/snap1", "residual"},
		Seeds:   []uint64{3, 9}, Snapshots: []int{1, 90},
	}
}

// One, two or seven workers give the same results, bit for bit; the points hold
// NaN, so they are compared as text.
func TestPlanDoesNotDependOnWorkers(t *testing.T) {
	var want string
	for _, workers := range []int{1, 2, 7} {
		p := plan(t)
		p.Base.Record, p.Base.Shadow, p.Snapshots = 20, 5, []int{40}
		results, err := p.Run(context.Background(), workers, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprintf("%#v", results)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%d workers give other results", workers)
		}
	}
}

// A plan's run is the training of its config by itself.
func TestPlanIsItsTrainings(t *testing.T) {
	p := plan(t)
	results, err := p.Run(context.Background(), 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, method := range []string{"rtrl", "uoro", "cv-uoro/snap1/trace", "residual"} {
		for _, seed := range p.Seeds {
			r := results[at]
			c := p.Base
			c.Method, c.Seed = method, seed
			tr := mustNew(t, c)
			train(t, tr)
			last := r.Snapshots[1]
			if r.Method != method || r.Seed != seed || r.Steps != 90 || last.Step != 90 {
				t.Fatalf("result %d is %s, seed %d, %d steps", at, r.Method, r.Seed, r.Steps)
			}
			want, err := tr.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(last, want) {
				t.Errorf("%s, seed %d: other weights than the training by itself", method, seed)
			}
			at++
		}
	}
}

// A seed gives the same start to every method: after one step at rate 0 the
// weights are equal, for different seeds they are not.
func TestSeedsArePaired(t *testing.T) {
	p := plan(t)
	p.Base.Optimizer.Rate = 0
	results, err := p.Run(context.Background(), 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(results[0].Snapshots[0].Tensors, results[2].Snapshots[0].Tensors) {
		t.Error("rtrl and uoro start from other weights")
	}
	if results[0].Points[0].Bits != results[2].Points[0].Bits {
		t.Error("rtrl and uoro see other symbols")
	}
	if reflect.DeepEqual(results[0].Snapshots[0].Tensors, results[1].Snapshots[0].Tensors) {
		t.Error("two seeds start from the same weights")
	}
}

func TestPlanErrors(t *testing.T) {
	tests := []struct {
		change func(*Plan)
		want   string
	}{
		{func(p *Plan) { p.Methods = nil }, "0 methods and 2 seeds"},
		{func(p *Plan) { p.Seeds = nil }, "4 methods and 0 seeds"},
		{func(p *Plan) { p.Methods[2] = "cv-uoro/snap2" }, `unknown covariate "snap2"`},
		{func(p *Plan) { p.Snapshots = []int{5, 5} }, "want rising steps"},
		{func(p *Plan) { p.Snapshots = []int{91} }, "from 1 to 90"},
		{func(p *Plan) { p.Base.Cell, p.Methods[3] = "rnn", "rflo" }, "rflo: the cell has no leak"},
	}
	for _, tt := range tests {
		p := plan(t)
		tt.change(p)
		if _, err := p.Run(context.Background(), 1, nil); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}

func TestPlanStopsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if results, err := plan(t).Run(ctx, 2, nil); !errors.Is(err, context.Canceled) || results != nil {
		t.Errorf("results %v, error %v", results, err)
	}
}

// A training that diverges is a result, and the others go on.
func TestPlanKeepsDiverged(t *testing.T) {
	p := plan(t)
	// Each update multiplies the weights by 1 − 10: they leave float64 after
	// about 308/log₁₀9 = 323 steps.
	p.Base.Optimizer = Optimizer{Name: SGD, Rate: 10, WeightDecay: 1, Epsilon: 1}
	p.Methods, p.Base.Steps, p.Base.Record = []string{"uoro"}, 3000, 10
	p.Seeds, p.Snapshots = []uint64{3, 4, 9}, []int{3000}
	results, err := p.Run(context.Background(), 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	diverged := 0
	for _, r := range results {
		if r.Diverged == nil {
			continue
		}
		diverged++
		if r.Steps >= 3000 || len(r.Points) != r.Steps/10 || len(r.Snapshots) != 0 {
			t.Errorf("seed %d: %d steps, %d points, %d snapshots", r.Seed, r.Steps, len(r.Points), len(r.Snapshots))
		}
		if b := r.StepsTo(BitsGoal(1e-9), 3000); b != beyond(3000) {
			t.Errorf("seed %d: %v", r.Seed, b)
		}
	}
	if diverged == 0 {
		t.Error("none diverged: the fixture cannot tell")
	}
}

func TestProgress(t *testing.T) {
	p := plan(t)
	p.Base.Record, p.Snapshots = 30, nil
	var lock sync.Mutex
	done := map[int]int{}
	if _, err := p.Run(context.Background(), 3, func(r Progress) {
		lock.Lock()
		defer lock.Unlock()
		if r.Done < done[r.Run] || r.Runs != 8 || r.Steps != 90 {
			t.Errorf("%+v after %d steps", r, done[r.Run])
		}
		done[r.Run] = r.Done
	}); err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		if done[i] != 90 {
			t.Errorf("run %d ended at %d", i, done[i])
		}
	}
}

// The cosine with the exact gradient is 1 for RTRL itself, and for UORO along
// RTRL's own path lies between.
func TestShadow(t *testing.T) {
	for method, check := range map[string]func(float64) bool{
		"rtrl": func(c float64) bool { return math.Abs(c-1) < 1e-12 },
		"uoro": func(c float64) bool { return math.Abs(c) < 1 && c != 0 },
	} {
		c := small(t, "gru", method, 5, 60)
		c.Shadow, c.Record = 3, 30
		tr := mustNew(t, c)
		train(t, tr)
		for _, p := range tr.Curve() {
			if !check(p.Cosine) {
				t.Errorf("%s: cosine %v at step %d", method, p.Cosine, p.Step)
			}
		}
	}
	tr := mustNew(t, small(t, "gru", "rtrl", 5, 60))
	train(t, tr)
	if !math.IsNaN(tr.Curve()[0].Cosine) {
		t.Error("a cosine without a shadow")
	}
}

// Bits and endings by hand: two intervals of four steps, a recent window of two.
func TestCurveByHand(t *testing.T) {
	c := small(t, "rnn", "rtrl", 2, 12)
	c.Record, c.Window = 4, 2
	s, err := c.Task.Sequence(data(1).Uniforms(0), 12)
	if err != nil {
		t.Fatal(err)
	}
	r := newRecorder(&c, &s)
	for step := range 12 {
		y := make([]float64, 3)
		y[s.Target[step]] = 1 // right every time
		r.add(&cell.Jacobian{Loss: float64(step) * math.Ln2, HasLoss: step%2 == 0}, y, step, 9)
	}
	// Losses 0, 2 | 4, 6 | 8, 10 bits.
	for i, want := range [][2]float64{{1, 1}, {3, 3}, {7, 5}} {
		p := r.points[i]
		if p.Step != 4*(i+1) || math.Abs(p.Bits-want[0]) > 1e-15 || math.Abs(p.BitsMean-want[1]) > 1e-14 || p.GradientNorm != 3 {
			t.Errorf("point %d: %+v, want bits %v", i, p, want)
		}
	}
	if last := r.points[2]; last.Endings != 1 {
		t.Errorf("endings %v of right predictions", last.Endings)
	}
}

// A string ends right only if both its last two b's are followed right.
func TestEndings(t *testing.T) {
	c := small(t, "rnn", "rtrl", 2, 40)
	s, err := c.Task.Sequence(data(1).Uniforms(0), 40)
	if err != nil {
		t.Fatal(err)
	}
	endings := c.Task.(ender).CorrectEnding(s)
	for _, wrong := range []func(int) int{
		func(i int) int { return endings[i].Continue }, func(i int) int { return endings[i].Stop },
	} {
		for spoiled := range endings {
			r := newRecorder(&c, &s)
			for step := range 40 {
				y := make([]float64, 3)
				y[s.Target[step]] = 1
				if step == wrong(spoiled) {
					y[s.Target[step]] = -1
				}
				r.add(&cell.Jacobian{HasLoss: true}, y, step, 1)
			}
			want := float64(len(endings)-1) / float64(len(endings))
			if wrong(spoiled) < 0 {
				want = 1 // a string of one b has no last but one
			}
			if got := r.points[0].Endings; math.Abs(got-want) > 1e-15 {
				t.Errorf("endings %v with string %d spoiled, want %v", got, spoiled, want)
			}
		}
	}
}

// The evaluation's loss is that of the trajectory over the same symbols.
func TestEvaluate(t *testing.T) {
	c := small(t, "gru", "rtrl", 6, 50)
	unit, p, err := c.network()
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Task.Sequence(data(8).Uniforms(tagEvaluation), 50)
	if err != nil {
		t.Fatal(err)
	}
	seq := &cell.Sequence{Inputs: s.X, Outputs: s.Y, Target: s.Target}
	rows := newFeed(&s).rows
	for _, code := range s.Input {
		seq.X = append(seq.X, rows[code])
	}
	run, err := cell.Run(unit, p, seq, nil)
	if err != nil {
		t.Fatal(err)
	}
	score, err := Evaluate(unit, p, c.Task, 8, 50)
	if want := run.Loss / 50 / math.Ln2; err != nil || math.Abs(score.Bits-want) > 1e-13 {
		t.Errorf("%v, %v; want %v bits", score, err, want)
	}
	p.ReadoutB[0] = math.Inf(1)
	if _, err := Evaluate(unit, p, c.Task, 8, 50); err == nil {
		t.Error("an infinite loss is no score")
	}
}
