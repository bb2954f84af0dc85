package cell_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"uorobench/estimators/cell"
)

// oneUnit are PyTorch's tensors of a network of one input and one unit: row k
// belongs to gate k (GRU: r, z, n; LSTM: i, f, g, o). Every number is different,
// so that a wrong order shows.
func oneUnit(gates int) []cell.Tensor {
	return []cell.Tensor{
		{Name: "weight_ih_l0", Shape: []int{gates, 1}, Data: []float64{0.8, -0.6, 1.2, -0.4}[:gates]},
		{Name: "weight_hh_l0", Shape: []int{gates, 1}, Data: []float64{-1.5, 0.7, 0.9, 1.1}[:gates]},
		{Name: "bias_ih_l0", Shape: []int{gates}, Data: []float64{0.1, -0.2, 0.3, 0.6}[:gates]},
		{Name: "bias_hh_l0", Shape: []int{gates}, Data: []float64{0.2, 0.4, -0.5, -0.7}[:gates]},
		{Name: "weight", Shape: []int{1, 1}, Data: []float64{3}},
		{Name: "bias", Shape: []int{1}, Data: []float64{-2}},
	}
}

// TestGateOrderByHand: the state after one step from h = −0.25 (and c = 0.75) at
// x = 0.5, computed with Python's decimal module at 40 digits from the formulas
// of PyTorch's manual, the weights read in PyTorch's gate order.
func TestGateOrderByHand(t *testing.T) {
	for _, c := range []struct {
		name  string
		gates int
		s0    []float64
		want  []float64
	}{
		{"rnn", 1, []float64{-0.25}, []float64{0.7913375537619974052}},
		{"gru", 3, []float64{-0.25}, []float64{0.0880110270078527098}},
		{"lstm", 4, []float64{0.75, -0.25}, []float64{0.4529148977625977380, 0.1527807572919602310}},
	} {
		net, err := cell.New(c.name, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		p := cell.NewParams(net.Layout(), 1)
		if err := p.SetTensors(net.Layout(), oneUnit(c.gates)); err != nil {
			t.Fatal(err)
		}
		seq := &cell.Sequence{Inputs: 1, Outputs: 1, X: [][]float64{{0.5}}, Value: [][]float64{{1}}}
		tr, err := cell.Run(net, p, seq, c.s0)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range tr.States[1] {
			if math.Abs(v-c.want[i]) > 1e-15 {
				t.Errorf("%s: state entry %d is %.17g, by hand %.17g", c.name, i, v, c.want[i])
			}
		}
		// The readout is 3h − 2, the target 1: L = ½(3h − 3)², δ on h is 3(3h − 3).
		h := c.want[len(c.want)-1]
		delta := tr.Steps[0].Delta[len(c.want)-1]
		if math.Abs(tr.Loss-(3*h-3)*(3*h-3)/2) > 1e-14 || math.Abs(delta-3*(3*h-3)) > 1e-14 {
			t.Errorf("%s: loss %v, δ %v at h = %v", c.name, tr.Loss, delta, h)
		}
		if len(c.want) == 2 && tr.Steps[0].Delta[0] != 0 {
			t.Errorf("%s: the readout does not see c, δ on it is %v", c.name, tr.Steps[0].Delta[0])
		}
	}
}

// TestCrossEntropyByHand: y = (½, −1, 2) and target 1; loss and softmax from
// Python's decimal module. The readout's bias is y, its weights are zero but
// for W[0,0] = 2, so δ = 2·softmax(y)[0].
func TestCrossEntropyByHand(t *testing.T) {
	net, err := cell.New("rnn", 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	p := cell.NewParams(net.Layout(), 3)
	copy(p.ReadoutB, []float64{0.5, -1, 2})
	p.ReadoutW[0] = 2 // h = tanh(0) = 0 leaves y as it is
	seq := &cell.Sequence{Inputs: 1, Outputs: 3, X: [][]float64{{1}, {1}, {1}}, Target: []int{1, -1, 1}}
	step := cell.NewStepper(net, p)
	j, next := cell.NewJacobian(net.Layout()), make([]float64, 1)
	step.Step(j, seq, 0, []float64{0}, next)
	softmax := []float64{0.1752903921400366900, 0.0391125732706874520, 0.7855970345892758581}
	want := []float64{softmax[0], softmax[1] - 1, softmax[2]}
	for i, v := range step.DY {
		if math.Abs(v-want[i]) > 1e-15 {
			t.Errorf("∂L/∂y[%d] = %.17g, by hand %.17g", i, v, want[i])
		}
	}
	if math.Abs(j.Loss-3.241311296657157060) > 1e-15 || math.Abs(j.Delta[0]-2*softmax[0]) > 1e-15 || !j.HasLoss {
		t.Errorf("loss %.17g, δ %.17g", j.Loss, j.Delta[0])
	}
	step.Step(j, seq, 1, []float64{0}, next)
	if j.HasLoss || j.Loss != 0 || j.Delta[0] != 0 || j.Q[0] != 0 {
		t.Errorf("a step without a target has loss %v, δ %v, q %v", j.Loss, j.Delta, j.Q)
	}
	tr, err := cell.Run(net, p, seq, nil)
	if err != nil {
		t.Fatal(err)
	}
	if tr.Losses != 2 || math.Abs(tr.Loss-2*3.241311296657157060) > 1e-14 {
		t.Errorf("%d losses, %v in all", tr.Losses, tr.Loss)
	}
}

// TestCrossEntropyDoesNotOverflow: logits of a thousand are finite, and shifting
// all of them changes nothing.
func TestCrossEntropyDoesNotOverflow(t *testing.T) {
	net, _ := cell.New("rnn", 1, 1)
	p := cell.NewParams(net.Layout(), 2)
	copy(p.ReadoutB, []float64{1000, 1003})
	seq := &cell.Sequence{Inputs: 1, Outputs: 2, X: [][]float64{{0}}, Target: []int{0}}
	tr, err := cell.Run(net, p, seq, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := 3 + math.Log1p(math.Exp(-3)); math.Abs(tr.Loss-want) > 1e-12 {
		t.Errorf("loss %v, want log(1 + e³) = %v", tr.Loss, want)
	}
}

// TestRunNamesTheStep: numbers that leave float64 are an error, not a result.
func TestRunNamesTheStep(t *testing.T) {
	net, _ := cell.New("rnn", 1, 1)
	p := cell.NewParams(net.Layout(), 1)
	p.ReadoutW[0] = math.MaxFloat64
	p.Theta[0] = 1
	seq := &cell.Sequence{Inputs: 1, Outputs: 1, X: [][]float64{{0}, {3}}, Value: [][]float64{nil, {-math.MaxFloat64}}}
	_, err := cell.Run(net, p, seq, nil)
	if err == nil || !strings.Contains(err.Error(), "cell rnn: step 2: delta entry 0 is +Inf") {
		t.Errorf("error %v", err)
	}
}

// The forward pass alone ends where Run does, from zero and from another state.
func TestStateAfter(t *testing.T) {
	for _, name := range cell.Names() {
		net, err := cell.New(name, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		u := rand.New(rand.NewPCG(3, 9))
		p := cell.NewParams(net.Layout(), 1)
		p.Init(net.Layout(), 3, u.Float64)
		seq := &cell.Sequence{Inputs: 2, Outputs: 1, Value: make([][]float64, 12)}
		for range seq.Value {
			seq.X = append(seq.X, []float64{4 * u.Float64(), u.Float64()})
		}
		var start []float64
		for range 2 {
			tr, err := cell.Run(net, p, seq, start)
			if err != nil {
				t.Fatal(err)
			}
			got, err := cell.StateAfter(net, p, seq, start)
			if want := tr.States[12]; err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %v, Run ends on %v (%v)", name, got, want, err)
			}
			start = got
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for want, c := range map[string]struct {
		name           string
		inputs, hidden int
	}{
		`unknown cell "elman"; allowed: ` + strings.Join(cell.Names(), ", "): {"elman", 1, 1},
		"inputs = 0, hidden = 3":  {"gru", 0, 3},
		"inputs = 2, hidden = -1": {"gru", 2, -1},
	} {
		if _, err := cell.New(c.name, c.inputs, c.hidden); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
