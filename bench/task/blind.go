package task

import "math"

// Blind is a task that tells how far one gets without looking at the input: a
// network that does no better has learned nothing.
type Blind interface {
	// BlindLoss is the loss of the best prediction that is the same at every step,
	// on the very targets of s, which is one of the task's sequences: the mean over
	// the steps with a loss, in nats per symbol or as ½‖y − target‖². It is known of
	// the task and not fitted to s; NaN where s has no loss.
	BlindLoss(s *Sequence) float64
}

// BlindLoss implements Blind: symbols are guessed by their frequencies.
func (a *ANBN) BlindLoss(s *Sequence) float64 {
	letter := 0.5
	if a.newline {
		m := float64(a.lo+a.hi) / 2
		letter = m / (2*m + 2)
	}
	return meanOverTargets(s, func(target int) float64 {
		if target == codeNewline {
			return -math.Log(1 - 2*letter)
		}
		return -math.Log(letter)
	})
}

// BlindLoss implements Blind: all symbols to be copied are as likely.
func (c *Copy) BlindLoss(s *Sequence) float64 {
	return meanOverTargets(s, func(int) float64 { return math.Log(float64(c.symbols)) })
}

// BlindLoss implements Blind: symbols are guessed by their frequencies in the file.
func (t *Text) BlindLoss(s *Sequence) float64 {
	count := make([]float64, len(t.alphabet))
	for _, r := range t.runes {
		count[t.code[r]]++
	}
	return meanOverTargets(s, func(target int) float64 { return math.Log(float64(len(t.runes)) / count[target]) })
}

// BlindLoss implements Blind: two numbers that are uniform on [0, 1) have the mean 1.
func (a *Adding) BlindLoss(s *Sequence) float64 {
	sum, n := 0.0, 0.0
	for _, target := range s.Real.Target {
		if target != nil {
			sum, n = sum+(target[0]-1)*(target[0]-1)/2, n+1
		}
	}
	return sum / n
}

// meanOverTargets is the mean of loss over the steps of s that have one.
func meanOverTargets(s *Sequence, loss func(target int) float64) float64 {
	sum, n := 0.0, 0.0
	for _, target := range s.Target {
		if target != NoTarget {
			sum, n = sum+loss(target), n+1
		}
	}
	return sum / n
}
