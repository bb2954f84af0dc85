package estimators

import (
	"math"
	"testing"

	"uorobench/estimators/cell"
)

// handStep is a step written down by hand for a tanh net of one input and two
// units: features z = [x; 1; h1, h2; 1], one gain per unit.
type handStep struct{ f, gain, z, eps []float64 }

var handSteps = []handStep{
	{f: []float64{7, 7, 7, 7}, gain: []float64{0.5, 2}, z: []float64{3, 1, 0, 0, 1}, eps: []float64{1, -1}},
	{f: []float64{4, 1, -2, 6}, gain: []float64{0.25, 1.5}, z: []float64{-2, 1, 0.5, -0.5, 1}, eps: []float64{1, 1}},
	{f: []float64{0.1, 0.2, 0, 0.05}, gain: []float64{1, 0.5}, z: []float64{1, 1, 0.25, 0.75, 1}, eps: []float64{-1, 1}},
}

type handNumbers struct{ rho0, rho1, s0, s1, theta0, theta5 float64 }

// The pinned numbers come from Python's decimal module at 40 digits, from the
// formulas of GuardCode and GuardPaper. By hand, step 1: ‖θ̃‖ = ‖F s̃‖ = 0, so ρ0
// is √(e/e) = 1 under "code" and √(0/e) + e = 1e-7 under "paper"; ‖ε‖ = √2,
// ‖z‖² = 9+1+1 = 11, ‖εᵀI‖² = 11·(¼+4) = 46.75, ρ1 = √(6.8374/1.41421) = 2.1988.
// Step 2: s̃ = 2.1988·(1, −1), F s̃ = 2.1988·(3, −8) of length 18.787,
// ‖θ̃‖ = 6.8374/2.1988 = 3.1096, ρ0 = √(3.1096/18.787) = 0.40684;
// ‖z‖² = 6.5, ‖εᵀI‖² = 6.5·(1/16+9/4) = 15.03, ρ1 = √(3.877/1.41421) = 1.6557.
var handRho = map[Guard][]handNumbers{
	GuardCode: {
		{1, 2.1988109582895633864, 2.1988109582895633864, -2.1988109582895633864, 0.68218688575521627686, -2.7287475430208651074},
		{0.40684295673593540261, 1.6557366643861487514, 4.3394489191078532512, -5.5008293482050632479, 1.3748014624495821346, -8.5190097277620446954},
		{3.5164137184511463680, 1.2268656351149675888, -3.5695742207254746302, 0.25970604597061947560, -0.42411825630348661391, -2.0150988866869644115},
	},
	GuardPaper: {
		{1e-7, 2.1988110422102653661, 2.1988110422102653661, -2.1988110422102653661, 0.68218685971859865264, -2.7287474388743946106},
		{0.40684303466645556647, 1.6557367430329121240, 4.3394496142457209826, -5.5008309135345781654, 1.3748010916103233940, -8.5190081009656604395},
		{3.5164128262551033606, 1.2268657062973563014, -3.5695745539379285471, 0.25970608732667789604, -0.42411821527457910532, -2.0150990623836564490},
	},
	GuardNone: {
		// s̃_2 = F (1,−1) + (1,1); θ̃_2 = ½·3 − ¼·2, then −2·3 − 3/2·2.
		{1, 1, 1, -1, 1.5, -6},
		{1, 1, 4, -7, 1, -9},
		{1, 1, -2, 0.65, 0, -8.5},
	},
}

// TestScalesByHand pins ρ0 and ρ1, which unbiasedness cannot see. The lanes
// carry the same noise up to its sign, on which the scales do not depend.
func TestScalesByHand(t *testing.T) {
	c, err := cell.New("rnn", 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	for guard, steps := range handRho {
		u := newVectorUORO(c.Layout(), Options{Guard: guard}, nil)
		for at, want := range steps {
			h := handSteps[at]
			u.Step(h.jacobian(), h.lanes())
			nearScales(t, guard, at+1, u, u.sTilde, u.thetaTilde, want)
		}
	}
}

func nearScales(t *testing.T, guard Guard, step int, u Scaler, sTilde, thetaTilde []float64, want handNumbers) {
	t.Helper()
	rho0, rho1 := u.Scales()
	for w := range Lanes {
		sign := float64(1 - 2*(w%2))
		near(t, guard, step, "rho0", rho0[w], want.rho0)
		near(t, guard, step, "rho1", rho1[w], want.rho1)
		near(t, guard, step, "sTilde[0]", sign*sTilde[w], want.s0)
		near(t, guard, step, "sTilde[1]", sign*sTilde[Lanes+w], want.s1)
		near(t, guard, step, "thetaTilde[0]", sign*thetaTilde[w], want.theta0)
		near(t, guard, step, "thetaTilde[5]", sign*thetaTilde[5*Lanes+w], want.theta5)
	}
}

// near allows the rounding of some ten operations.
func near(t *testing.T, guard Guard, step int, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 4e-15*(1+math.Abs(want))) {
		t.Errorf("guard %s, step %d: %s = %.17g, by hand %.17g", guard, step, what, got, want)
	}
}

func (h handStep) jacobian() *cell.Jacobian { return &cell.Jacobian{F: h.f, Gain: h.gain, Z: h.z} }

// lanes gives ε to the even lanes and −ε to the odd ones.
func (h handStep) lanes() []float64 {
	eps := make([]float64, len(h.eps)*Lanes)
	for at := range eps {
		eps[at] = h.eps[at/Lanes] * float64(1-2*(at%Lanes%2))
	}
	return eps
}

// TestScheduleIsUsed: the fixed guard takes ρ0 and ρ1 of the step from its
// schedule and starts over after Reset.
func TestScheduleIsUsed(t *testing.T) {
	c, _ := cell.New("rnn", 1, 2)
	s := &Schedule{Rho0: []float64{0.5, 3, 7}, Rho1: []float64{2, 0.25, 5}}
	o := Options{Guard: GuardFixed, Schedule: s}
	u := newVectorUORO(c.Layout(), o, nil)
	for range 2 {
		u.Reset()
		for at, h := range handSteps {
			u.Step(h.jacobian(), h.lanes())
			if rho0, rho1 := u.Scales(); rho0[3] != s.Rho0[at] || rho1[3] != s.Rho1[at] {
				t.Errorf("step %d: rho0 = %v, rho1 = %v", at+1, rho0[3], rho1[3])
			}
		}
	}
}
