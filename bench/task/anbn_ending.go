package task

// Ending is the place in a sequence where one string's b's end. A model ends the
// string correctly if at both steps its arg max is the sequence's target: one
// more b at Continue, the symbol after the b's at Stop. Any model gets one of
// the two right by always saying the same; both need the count.
type Ending struct {
	// Continue is the step (0-based) that reads the last but one b. It is −1
	// for n = 1: there is no such b, and Stop alone decides.
	Continue int
	// Stop is the step that reads the last b. Its target is the newline, or
	// with LayoutRun the next string's first a.
	Stop int
}

// CorrectEnding finds the ending of every string that the sequence has to its
// end, in order. The sequence must begin at the start of a string, as all of
// this task's own do; the cut string at the sequence's end is left out.
func (a *ANBN) CorrectEnding(s Sequence) []Ending {
	var endings []Ending
	for t, code := range s.Input {
		if code != codeB || s.Target[t] == codeB {
			continue
		}
		e := Ending{Continue: -1, Stop: t}
		if t > 0 && s.Input[t-1] == codeB {
			e.Continue = t - 1
		}
		endings = append(endings, e)
	}
	return endings
}
