package reports

import (
	"math"
	"strconv"
)

const (
	// absent stands for a figure that does not exist.
	absent = "–"
	// mcseDigits is how many digits of a standard error are printed. One would
	// round 0.14 and 0.06 to the same 0.1; a third is noise, since an error from
	// 32 groups is itself known to about 13 % only.
	mcseDigits = 2
	// plainDigits is for a number without an error.
	plainDigits = 4
	// roundingError is the relative error below which an error is that of float64
	// arithmetic and says nothing of the draws: 1±7e-16 is 1.
	roundingError = 1e-12
)

// withError prints value±error with the error at two digits and the value cut
// at the same place: 0.9134±0.0021, 12630±340, (1.26±0.34)e6.
// Without an error, or with one of 0 or of rounding (an exact figure), the value
// stands alone.
func withError(value, mcse *float64) string {
	if value == nil {
		return absent
	}
	if mcse == nil || *mcse <= 0 {
		return significant(*value, plainDigits)
	}
	if *mcse < roundingError*math.Abs(*value) {
		return significant(*value, plainDigits)
	}
	size := math.Max(math.Abs(*value), *mcse)
	if size >= 1e-3 && size < 1e6 {
		places := placesOf(*mcse)
		return rounded(*value, places) + "±" + rounded(*mcse, places)
	}
	exponent := floorLog10(size)
	v, e := scaled(*value, exponent), scaled(*mcse, exponent)
	places := placesOf(e)
	return "(" + rounded(v, places) + "±" + rounded(e, places) + ")" + exponentText(exponent)
}

// alone prints a value without its error, cut where the error begins to speak.
func alone(value, mcse *float64) string {
	switch {
	case value == nil:
		return absent
	case mcse == nil || *mcse <= 0:
		return significant(*value, plainDigits-1)
	case math.Abs(*value) < 1e-3:
		return significant(*value, mcseDigits)
	}
	return rounded(*value, min(placesOf(*mcse), plainDigits-2-floorLog10(math.Abs(*value))))
}

// withInterval prints value [lo,hi], cut by half the width of the interval, but
// at the third digit of the value at the latest: the interval of a ratio that is
// 1 to six digits would else be as wide as half a table.
func withInterval(value, lo, hi *float64) string {
	if value == nil {
		return absent
	}
	if lo == nil || hi == nil || *hi <= *lo {
		return significant(*value, plainDigits-1)
	}
	size := math.Max(math.Abs(*value), *hi-*lo)
	if size < 1e-3 || size >= 1e6 {
		return significant(*value, 3) + " [" + significant(*lo, 3) + "," + significant(*hi, 3) + "]"
	}
	places := min(placesOf((*hi-*lo)/2), max(3, 2-floorLog10(size)))
	return rounded(*value, places) + " [" + rounded(*lo, places) + "," + rounded(*hi, places) + "]"
}

// withP prints a test statistic and its p: 2.3 (0.45).
func withP(z, p *float64) string {
	if z == nil {
		return absent
	}
	text := rounded(*z, 1)
	if p == nil {
		return text
	}
	if *p < 0.001 {
		return text + " (<0.001)"
	}
	return text + " (" + rounded(*p, max(2, placesOf(*p)-1)) + ")"
}

// placesOf is the number of decimal places (negative: the zeros before the
// point) at which x keeps mcseDigits digits, after rounding: 0.0996 is 0.10.
func placesOf(x float64) int {
	places := mcseDigits - 1 - floorLog10(x)
	if roundTo(x, places) >= math.Pow10(floorLog10(x)+1) {
		places--
	}
	return places
}

// floorLog10 is the decimal exponent of x > 0, exact also for subnormals and
// powers of ten, where math.Log10 may round up.
func floorLog10(x float64) int {
	text := strconv.FormatFloat(x, 'e', -1, 64)
	for i := range text {
		if text[i] == 'e' {
			exponent, _ := strconv.Atoi(text[i+1:]) // FormatFloat writes a number there
			return exponent
		}
	}
	return 0
}

// roundTo rounds x at a decimal place.
func roundTo(x float64, places int) float64 {
	if places >= 0 {
		r, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'f', places, 64), 64) // as printed
		return r
	}
	unit := math.Pow10(-places)
	return math.RoundToEven(x/unit) * unit
}

// rounded prints x at a decimal place, with no minus before a zero.
func rounded(x float64, places int) string {
	text := strconv.FormatFloat(roundTo(x, places), 'f', max(places, 0), 64)
	if text[0] == '-' && isZero(text[1:]) {
		return text[1:]
	}
	return text
}

func isZero(text string) bool {
	for _, c := range text {
		if c != '0' && c != '.' {
			return false
		}
	}
	return true
}

// significant prints x with so many digits.
func significant(x float64, digits int) string {
	size := math.Abs(x)
	switch {
	case x == 0:
		return "0"
	case size < 1e-3 || size >= 1e6:
		exponent := floorLog10(size)
		mantissa := scaled(x, exponent)
		if math.Abs(roundTo(mantissa, digits-1)) >= 10 {
			exponent++
			mantissa /= 10
		}
		return rounded(mantissa, digits-1) + exponentText(exponent)
	}
	return rounded(x, digits-1-floorLog10(size))
}

// scaled is x / 10^exponent without overflow of the power.
func scaled(x float64, exponent int) float64 {
	half := exponent / 2
	return x / math.Pow10(half) / math.Pow10(exponent-half)
}

func exponentText(exponent int) string {
	if exponent < 0 {
		return "e-" + strconv.Itoa(-exponent)
	}
	return "e" + strconv.Itoa(exponent)
}
