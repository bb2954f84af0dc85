package training

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"uorobench/bench/task"
	"uorobench/estimators/cell"
	"uorobench/estimators/oracle"
)

// short is the a^n b^n task with n in lo..hi.
func short(t testing.TB, lo, hi int) *task.ANBN {
	t.Helper()
	o := task.Defaults()
	o.Lo, o.Hi = lo, hi
	a, err := task.NewANBN(o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// small is a short training of a small cell.
func small(t testing.TB, name, method string, hidden, steps int) Config {
	c := Default(short(t, 1, 3))
	c.Cell, c.Method, c.Hidden, c.Steps, c.Record, c.Window = name, method, hidden, steps, steps, 1
	return c
}

func mustNew(t testing.TB, c Config) *Trainer {
	t.Helper()
	tr, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func train(t testing.TB, tr *Trainer) {
	t.Helper()
	if err := tr.Train(context.Background(), tr.Config().Steps); err != nil {
		t.Fatal(err)
	}
}

// trajectory runs the initial weights of a config over its own symbols with the
// cell's own code, apart from the trainer's loop.
func trajectory(t testing.TB, c Config) (cell.Cell, *cell.Params, *cell.Trajectory, *cell.Sequence) {
	t.Helper()
	unit, p, err := c.network()
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Task.Sequence(data(c.Seed).Uniforms(tagSequence), c.Steps)
	if err != nil {
		t.Fatal(err)
	}
	seq := &cell.Sequence{Inputs: s.X, Outputs: s.Y, Target: s.Target}
	for _, code := range s.Input {
		x := make([]float64, s.X)
		x[code] = 1
		seq.X = append(seq.X, x)
	}
	tr, err := cell.Run(unit, p, seq, nil)
	if err != nil {
		t.Fatal(err)
	}
	return unit, p, tr, seq
}

// With all updates deferred to the end, RTRL's summed gradient is that of BPTT
// over the whole string, whose derivative code is another one.
func TestDeferredRTRLIsBPTT(t *testing.T) {
	for _, name := range cell.Names() {
		c := small(t, name, "rtrl", 5, 24)
		c.Every, c.Optimizer = c.Steps, Optimizer{Name: SGD, Rate: 0.5, Beta1: 0, Beta2: 0, Epsilon: 1}
		unit, p, run, _ := trajectory(t, c)
		want := make([]float64, len(p.Theta))
		for _, g := range oracle.BPTT(unit, p, run) {
			axpy(1, g, want)
		}
		tr := mustNew(t, c)
		train(t, tr)
		norm, far := math.Sqrt(normSq(want)), 0.0
		for j, w := range tr.Params().Theta {
			far = math.Max(far, math.Abs((p.Theta[j]-w)/0.5-want[j]))
		}
		if norm < 0.1 || far > 1e-10*norm {
			t.Errorf("%s: update differs from BPTT's gradient by %g of %g", name, far, norm)
		}
	}
}

// The readout's update against central differences of the loss.
func TestReadoutGradient(t *testing.T) {
	c := small(t, "gru", "rtrl", 4, 16)
	c.Every, c.Optimizer = c.Steps, Optimizer{Name: SGD, Rate: 1, Epsilon: 1}
	unit, p, _, seq := trajectory(t, c)
	tr := mustNew(t, c)
	train(t, tr)
	check := func(name string, before, after []float64) {
		for i := range before {
			w := before[i]
			at := func(x float64) float64 {
				before[i] = x
				run, err := cell.Run(unit, p, seq, nil)
				if err != nil {
					t.Fatal(err)
				}
				return run.Loss
			}
			want := (at(w+1e-4) - at(w-1e-4)) / 2e-4
			before[i] = w
			// The central difference errs by about 1e-8 of the third derivative.
			if got := w - after[i]; math.Abs(got-want) > 1e-6 {
				t.Errorf("%s[%d]: gradient %v, differences give %v", name, i, got, want)
			}
		}
	}
	check("weight", p.ReadoutW, tr.Params().ReadoutW)
	check("bias", p.ReadoutB, tr.Params().ReadoutB)
}

// With rate 0 the curve's loss is that of the frozen network.
func TestFrozenCurve(t *testing.T) {
	c := small(t, "lstm", "snap1", 4, 60)
	c.Optimizer.Rate = 0
	_, p, run, _ := trajectory(t, c)
	tr := mustNew(t, c)
	train(t, tr)
	want := run.Loss / float64(run.Losses) / math.Ln2
	if got := tr.Curve()[0].Bits; math.Abs(got-want) > 1e-13 {
		t.Errorf("bits %v, the trajectory has %v", got, want)
	}
	for j, w := range tr.Params().Theta {
		if w != p.Theta[j] {
			t.Fatalf("θ[%d] moved at rate 0", j)
		}
	}
}

// Training must learn: 1.5 bits at the start on short strings, and the bigram
// level is passed, which takes memory.
func TestLearns(t *testing.T) {
	anbn := short(t, 1, 4)
	for _, method := range []string{"rtrl", "snap1", "residual", "cv-uoro/snap1"} {
		c := small(t, "gru", method, 8, 4000)
		c.Task, c.Optimizer.Rate, c.Record, c.Window = anbn, 1e-2, 500, 2
		tr := mustNew(t, c)
		train(t, tr)
		curve := tr.Curve()
		if last := curve[len(curve)-1].Bits; !(last < anbn.Levels().Bigram-0.05) || last < anbn.Levels().Perfect-0.05 {
			t.Errorf("%s: %v bits after %d steps; levels %+v", method, last, c.Steps, anbn.Levels())
		}
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	for _, method := range []string{"rtrl", "snap1", "uoro", "uoro-post", "cv-uoro/snap1+instant/trace", "residual", "tbptt-3"} {
		c := small(t, "gru", method, 6, 2000)
		c.Shadow, c.Optimizer.Clip, c.Record = 7, 1, 10
		tr := mustNew(t, c)
		if n := testing.AllocsPerRun(500, func() {
			if err := tr.Step(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations a step", method, n)
		}
	}
}

// Equal configs give equal bits; another seed gives others.
func TestDeterministic(t *testing.T) {
	run := func(seed uint64) []float64 {
		c := small(t, "rnn", "cv-uoro/snap1", 6, 300)
		c.Seed = seed
		tr := mustNew(t, c)
		train(t, tr)
		return tr.Params().Theta
	}
	a, b, other := run(1), run(1), run(2)
	same := 0
	for j := range a {
		if math.Float64bits(a[j]) != math.Float64bits(b[j]) {
			t.Fatalf("θ[%d]: %v and %v", j, a[j], b[j])
		}
		if a[j] == other[j] {
			same++
		}
	}
	if same > 0 {
		t.Errorf("%d of %d coordinates do not depend on the seed", same, len(a))
	}
}

func TestDivergenceIsAnError(t *testing.T) {
	c := small(t, "rnn", "rtrl", 4, 500)
	c.Optimizer = Optimizer{Name: SGD, Rate: 10, Epsilon: 1}
	tr := mustNew(t, c)
	tr.params.ReadoutW[0] = math.Inf(1)
	err := tr.Train(context.Background(), c.Steps)
	if err == nil || !strings.Contains(err.Error(), "diverged at step 1") {
		t.Errorf("error %v", err)
	}
}

func TestTrainStopsWithTheContext(t *testing.T) {
	tr := mustNew(t, small(t, "rnn", "rtrl", 4, 100))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := tr.Train(ctx, 100); !errors.Is(err, context.Canceled) || tr.Steps() != 0 {
		t.Errorf("error %v after %d steps", err, tr.Steps())
	}
	train(t, tr)
	if !tr.Done() {
		t.Errorf("%d steps", tr.Steps())
	}
}

func TestConfigErrors(t *testing.T) {
	tests := []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Method = "uor" }, "unknown estimator"},
		{func(c *Config) { c.Method = "cv-uoro/snap1/unit" }, `no online form; want one or trace`},
		{func(c *Config) { c.Cell = "elman" }, `cell = "elman": must be one of rnn, gru`},
		{func(c *Config) { c.Hidden = 0 }, "hidden = 0: must be a whole number from 1 to 512"},
		{func(c *Config) { c.Steps = 0 }, "steps = 0"},
		{func(c *Config) { c.Draws = 17 }, "draws = 17: must be a whole number from 1 to 16"},
		{func(c *Config) { c.Method, c.Draws = "cv-uoro/snap1", 9 }, "draws = 9: must be a whole number from 1 to 8 with method cv-uoro/snap1"},
		{func(c *Config) { c.Every = 0 }, "every = 0"},
		{func(c *Config) { c.Record = 0 }, "record = 0"},
		{func(c *Config) { c.Window = 0 }, "window = 0"},
		{func(c *Config) { c.Shadow = -1 }, "shadow = -1"},
		{func(c *Config) { c.Guard = "fixed" }, `guard = "fixed"`},
		{func(c *Config) { c.Scale = math.NaN() }, "scale = NaN"},
		{func(c *Config) { c.Optimizer.Name = "adagrad" }, `optimizer.name = "adagrad": must be one of adam, sgd`},
		{func(c *Config) { c.Optimizer.Rate = -1 }, "optimizer.rate = -1: must be a number from 0 to 10"},
		{func(c *Config) { c.Optimizer.Beta2 = 1 }, "beta2 = 1"},
		{func(c *Config) { c.Cell, c.Method = "rnn", "rflo" }, "rflo"},
	}
	for _, tt := range tests {
		c := small(t, "gru", "rtrl", 4, 10)
		tt.change(&c)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}
