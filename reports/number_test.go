package reports

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWithError(t *testing.T) {
	for _, c := range []struct {
		value, mcse float64
		want        string
	}{
		{0.913378, 0.00213, "0.9134±0.0021"},
		{12634.2, 337, "12630±340"},
		{-0.31, 2.06, "-0.3±2.1"},
		{-0.0004, 0.31, "0.00±0.31"}, // no minus before a zero
		{0.5, 0.0996, "0.50±0.10"},   // the error rounds up to another digit
		{0.5, 9.96, "0±10"},
		{99999.7, 0.95, "99999.70±0.95"},
		{2.5e9, 3.1e7, "(2.500±0.031)e9"},
		{1.5e-7, 2e-8, "(1.50±0.20)e-7"},
		{1e-9, 0.02, "0.000±0.020"},
		{math.SmallestNonzeroFloat64, math.SmallestNonzeroFloat64, "(4.9±4.9)e-324"},
		{math.MaxFloat64, 1e307, "(1.80±0.10)e308"},
		{0.25, 0, "0.2500"},
		{1, 6.7e-16, "1.000"}, // an error of rounding is none
		{0, 0, "0"},
	} {
		if got := withError(&c.value, &c.mcse); got != c.want {
			t.Errorf("withError(%g, %g) = %q, want %q", c.value, c.mcse, got, c.want)
		}
	}
	if got := withError(nil, some(1.0)); got != absent {
		t.Errorf("no value: %q", got)
	}
	if got := withError(some(1234.567), nil); got != "1235" {
		t.Errorf("no error: %q", got)
	}
}

func TestWithIntervalAndP(t *testing.T) {
	v := func(x float64) *float64 { return &x }
	for _, c := range []struct{ got, want string }{
		{withInterval(v(0.1836), v(0.1711), v(0.1962)), "0.184 [0.171,0.196]"},
		{withInterval(v(1), v(0.9997), v(1.0003)), "1.000 [1.000,1.000]"},
		{withInterval(v(1), v(1), v(1)), "1.00"},
		{withInterval(v(1), nil, nil), "1.00"},
		{withInterval(nil, nil, nil), absent},
		{withInterval(v(3e-9), v(2e-9), v(4e-9)), "3.00e-9 [2.00e-9,4.00e-9]"},
		{withInterval(v(0.01213), v(0.01151), v(0.01284)), "0.0121 [0.0115,0.0128]"},
		{withInterval(v(1.000025), v(0.999994), v(1.000057)), "1.000 [1.000,1.000]"},
		{places3(1.0004), "1.000"}, {places3(-3.2e61), "-3.200e61"}, {places3(12345), "12340"},
		{withP(v(2.314), v(0.4521)), "2.3 (0.45)"},
		{withP(v(5.1), v(0.00004)), "5.1 (<0.001)"},
		{withP(v(3.2), v(0.00412)), "3.2 (0.004)"},
		{withP(v(1), nil), "1.0"},
		{withP(nil, nil), absent},
		{alone(v(0.02134), v(0.00041)), "0.0213"},
		{alone(v(0.99), v(0.3)), "0.99"},
		{alone(v(1), v(0)), "1.00"},
		{alone(v(0.0000213), v(0.00041)), "2.1e-5"},
		{significant(9.9999e-5, 3), "1.00e-4"},
		{significant(999999, 4), "1000000"},
		{significant(-1234.5, 4), "-1234"},
		{significant(0.00123456, 3), "0.00123"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// What is printed, read back, is within half a unit of the error's last digit,
// and the error within 5 %: nothing that matters is rounded away.
func TestWithErrorKeepsTheNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mcse := rapid.Float64Range(1e-12, 1e12).Draw(t, "mcse")
		value := rapid.Float64Range(-1e3, 1e3).Draw(t, "z") * mcse
		gotValue, gotMCSE := parseWithError(t, withError(&value, &mcse))
		if math.Abs(gotMCSE-mcse) > 0.0501*mcse {
			t.Fatalf("error %g printed as %g", mcse, gotMCSE)
		}
		if math.Abs(gotValue-value) > 0.0501*mcse+1e-9*math.Abs(value) {
			t.Fatalf("value %g ± %g printed as %g", value, mcse, gotValue)
		}
	})
}

func parseWithError(t *rapid.T, text string) (value, mcse float64) {
	scale := 1.0
	if rest, ok := strings.CutPrefix(text, "("); ok {
		body, exponent, _ := strings.Cut(rest, ")")
		text, scale = body, number(t, "1"+exponent)
	}
	a, b, ok := strings.Cut(text, "±")
	if !ok {
		t.Fatalf("no ± in %q", text)
	}
	return scale * number(t, a), scale * number(t, b)
}

func number(t *rapid.T, text string) float64 {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}
