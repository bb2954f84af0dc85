package task

import (
	"uorobench/bench/config"
	"uorobench/bench/noise"
)

const addingName = "adding"

// MaxEpisode bounds the length of an episode of adding.
const MaxEpisode = 1 << 16

// Adding shows two numbers per step, a value uniform on [0, 1) and a mark that
// is 1 at two steps of an episode, one in each half, and 0 elsewhere. At the
// episode's last step, and there alone, the sum of the two marked values is
// asked for, by squared error ½(y − sum)². Answering 1 whatever was seen costs
// 1/12 on average, half the variance of the sum. Episodes follow each other
// without a gap.
// Source: S. Hochreiter, J. Schmidhuber, "Long short-term memory" (1997), in the
// form of Q. Le, N. Jaitly, G. Hinton, arXiv 1504.00941.
type Adding struct{ episode int }

// AddingOptions are the options of the adding task.
type AddingOptions struct {
	Episode int // steps of an episode, 2..MaxEpisode
}

func (*AddingOptions) name() string                  { return addingName }
func (o *AddingOptions) reset()                      { *o = AddingOptions{32} }
func (*AddingOptions) build(o Options) (Task, error) { return NewAdding(o) }

func (o *AddingOptions) fields() []config.Field {
	return []config.Field{{Key: "episode", Help: "steps of an episode", Value: &o.Episode, Rule: config.Whole(2, MaxEpisode)}}
}

// NewAdding makes the task. The error is a *config.FieldError.
func NewAdding(o Options) (*Adding, error) {
	if err := checkOptions(&o.AddingOptions); err != nil {
		return nil, err
	}
	return &Adding{o.Episode}, nil
}

// Name implements Task.
func (a *Adding) Name() string { return addingName }

// Alphabet implements Task: there are no symbols.
func (a *Adding) Alphabet() []string { return nil }

// Sequence implements Task. It needs Episode steps to reach the first loss, and
// says so if there are fewer. It reads two integers and Episode numbers from u
// per episode, when the episode begins.
func (a *Adding) Sequence(u *noise.Uniforms, steps int) (Sequence, error) {
	if err := checkSteps(addingName, steps); err != nil {
		return Sequence{}, err
	}
	if steps < a.episode {
		return Sequence{}, needSteps(addingName, steps, a.episode)
	}
	r := &Real{}
	for len(r.Input) < steps {
		a.appendEpisode(r, u)
	}
	r.Input, r.Target = r.Input[:steps], r.Target[:steps]
	return Sequence{X: 2, Y: 1, Real: r}, nil
}

func (a *Adding) appendEpisode(r *Real, u *noise.Uniforms) {
	half := a.episode / 2
	first, second := u.IntN(half), half+u.IntN(a.episode-half)
	sum := 0.0
	for t := range a.episode {
		value, mark := u.Next(), 0.0
		if t == first || t == second {
			mark = 1
			sum += value
		}
		r.Input = append(r.Input, []float64{value, mark})
		r.Target = append(r.Target, nil)
	}
	r.Target[len(r.Target)-1] = []float64{sum}
}
