package training

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"uorobench/bench/task"
	"uorobench/estimators"
)

// methodsOf lists every estimator of the list, a family by a member, with each
// covariate where there may be one.
func methodsOf() []string {
	member := func(name string) string {
		if i := strings.LastIndexByte(name, '-'); i >= 0 && name[i+1:] == strings.ToUpper(name[i+1:]) {
			return name[:i+1] + "2"
		}
		return name
	}
	var methods []string
	for _, s := range estimators.All {
		methods = append(methods, member(s.Name))
		for _, c := range estimators.CovariateNames() {
			if s.Variates {
				methods = append(methods, "cv-"+member(s.Name)+"/"+member(c)+"/trace")
			}
		}
	}
	return methods
}

// bits is all that can be seen of a training, as text, for NaN's sake.
func bits(t *testing.T, tr *Trainer) string {
	t.Helper()
	kept, err := tr.Kept()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %#v %#v %#v %#v %#v", tr.Steps(), *tr.Params(), tr.Curve(), tr.updater.m, kept, tr.gradient.dst)
}

// Every estimator in the list that a cell can have: interrupted twice, it ends
// on the same bits. This is the proof that the walk finds all state.
func TestResumeEveryMethod(t *testing.T) {
	tried := 0
	for _, name := range []string{"rnn", "gru", "lstm"} {
		for _, method := range methodsOf() {
			c := small(t, name, method, 3, 41)
			c.Record, c.Window, c.Shadow, c.Every = 10, 2, 3, 2
			whole, err := New(c)
			if err != nil {
				continue // not for this cell
			}
			tried++
			train(t, whole)
			tr := mustNew(t, c)
			for _, until := range []int{7, 30} {
				if err := tr.Train(context.Background(), until); err != nil {
					t.Fatal(err)
				}
				var file bytes.Buffer
				if err := tr.Checkpoint(&file); err != nil {
					t.Fatalf("%s %s: %v", name, method, err)
				}
				if tr, err = Resume(c, file.Bytes()); err != nil {
					t.Fatalf("%s %s: %v", name, method, err)
				}
			}
			train(t, tr)
			if bits(t, tr) != bits(t, whole) {
				t.Errorf("%s %s: resumed on other bits", name, method)
			}
		}
	}
	if tried < 40 {
		t.Errorf("%d trainings only: the list of methods is not read right", tried)
	}
}

// A training may be made longer than it was planned.
func TestResumeLonger(t *testing.T) {
	c := small(t, "gru", "cv-uoro/snap1", 4, 90)
	c.Record = 30
	whole := mustNew(t, c)
	if err := whole.Train(context.Background(), 60); err != nil {
		t.Fatal(err)
	}
	whole.Keep()
	train(t, whole)
	c.Steps = 60
	part := mustNew(t, c)
	train(t, part)
	part.Keep()
	var file bytes.Buffer
	if err := part.Checkpoint(&file); err != nil {
		t.Fatal(err)
	}
	c.Steps = 90
	longer, err := Resume(c, file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	train(t, longer)
	if bits(t, longer) != bits(t, whole) {
		t.Error("other bits")
	}
}

func TestResumeErrors(t *testing.T) {
	c := small(t, "gru", "uoro", 4, 90)
	tr := mustNew(t, c)
	if err := tr.Train(context.Background(), 50); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := tr.Checkpoint(&file); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Seed = 2 }, "another config or other data"},
		{func(c *Config) { c.Task = short(t, 1, 4) }, "another config or other data"},
		{func(c *Config) { c.Optimizer.Rate *= 2 }, "another config or other data"},
		{func(c *Config) { c.Method = "residual" }, "another config or other data"},
		{func(c *Config) { c.Hidden = 5 }, "another config or other data"},
		{func(c *Config) { c.Steps = 49 }, "it is of step 50, and the training has 49 steps"},
	}
	for _, tt := range tests {
		other := c
		tt.change(&other)
		if _, err := Resume(other, file.Bytes()); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
	if _, err := Resume(c, file.Bytes()[:file.Len()-8]); err == nil {
		t.Error("a file cut short was taken")
	}
}

// The walk itself: every kind of field, growth of slices, and what it refuses.
func TestCarry(t *testing.T) {
	type inner struct {
		a    []float64
		flag bool
		skip int `carry:"-"`
	}
	type outer struct {
		n     int
		u     uint64
		x     float64
		parts []inner
		lanes [2]float64
		next  *inner
		any   any
		f     func()
		text  string
	}
	make := func() *outer {
		return &outer{-3, 1<<63 + 5, 0.5, []inner{{[]float64{1, 2}, true, 4}}, [2]float64{8, 9}, &inner{a: []float64{7}}, &inner{flag: true}, nil, "t"}
	}
	from := make()
	from.parts = append(from.parts, inner{a: []float64{6}})
	numbers, err := takeNumbers(from)
	if err != nil {
		t.Fatal(err)
	}
	to := make()
	to.n, to.u, to.x, to.parts[0].a, to.parts[0].flag, to.lanes[1], to.any = 0, 0, 0, nil, false, 0, &inner{}
	if err := putNumbers(numbers, to); err != nil {
		t.Fatal(err)
	}
	show := func(o *outer) string {
		return fmt.Sprint(o.n, o.u, o.x, o.parts[0].a, o.parts[0].flag, o.parts[1].a, o.lanes, *o.next, *o.any.(*inner))
	}
	if show(to) != show(from) {
		t.Errorf("%s, want %s", show(to), show(from))
	}
	for _, cut := range []int{0, 1, len(numbers) - 1} {
		if putNumbers(numbers[:cut], make()) == nil {
			t.Errorf("%d of %d numbers were taken", cut, len(numbers))
		}
	}
	if putNumbers(append(slices.Clone(numbers), 1), make()) == nil {
		t.Error("a number too many was taken")
	}
	missing := make()
	missing.next = nil
	if putNumbers(numbers, missing) == nil {
		t.Error("a missing part was taken")
	}
	if _, err := takeNumbers(&struct{ m map[int]int }{}); err == nil {
		t.Error("a map was taken")
	}
}

// shelf is a Store in memory.
type shelf struct {
	lock  sync.Mutex
	files map[int][]byte
	saves int
}

func (s *shelf) Load(run int, _ Config) ([]byte, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.files[run], nil
}

func (s *shelf) Save(run int, _ Config, file []byte) error {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.files[run] = file
	s.saves++
	return nil
}

// A plan that was interrupted again and again ends with the results of one that
// was not.
func TestPlanResumes(t *testing.T) {
	p := plan(t)
	p.Base.Record, p.Base.Steps = 100, 400
	p.Snapshots, p.Seeds, p.Methods = []int{130}, []uint64{3, 4}, []string{"rtrl", "cv-uoro/snap1"}
	want, err := p.Run(context.Background(), 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{files: map[int][]byte{}}
	p.Store, p.SaveEvery = s, 150
	var got []Result
	stops := 0
	for got == nil {
		ctx, cancel := context.WithCancel(context.Background())
		calls := 0
		var lock sync.Mutex
		got, err = p.Run(ctx, 2, func(Progress) {
			lock.Lock()
			defer lock.Unlock()
			if calls++; calls == 5 {
				cancel()
			}
		})
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if stops++; stops > 100 {
			t.Fatal("no progress over the interruptions")
		}
	}
	if stops < 3 || s.saves < 10 {
		t.Errorf("%d runs, %d saves: nothing was interrupted", stops, s.saves)
	}
	if fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
		t.Error("other results")
	}
}

// A store that fails ends the plan.
func TestPlanStoreErrors(t *testing.T) {
	p := plan(t)
	p.Store = broken{}
	if _, err := p.Run(context.Background(), 2, nil); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error %v", err)
	}
}

type broken struct{}

func (broken) Load(int, Config) ([]byte, error) { return nil, nil }
func (broken) Save(int, Config, []byte) error   { return errors.New("disk full") }

func TestRealTaskIsRefused(t *testing.T) {
	adding, err := task.New("adding", task.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Default(adding)); err == nil || !strings.Contains(err.Error(), "tasks of symbols") {
		t.Errorf("error %v", err)
	}
}
