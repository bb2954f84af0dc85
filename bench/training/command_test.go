package training

import "testing"

// The command names what differs from the built-in experiment, and trains the
// same experiment again.
func TestCommand(t *testing.T) {
	tests := []struct{ set, want string }{
		{"", "uorobench train train-anbn-quick --out DIR"},
		{"steps = 20000", "uorobench train train-anbn-quick --out DIR"},
		{"steps = 70", "uorobench train train-anbn-quick --set steps=70 --out DIR"},
		{
			"seeds = 2\nmethods = ['rtrl', 'uoro']\noptimizer.rate = 1e-2\ntask.hi = 4",
			`uorobench train train-anbn-quick --set methods=rtrl,uoro --set seeds=2 --set optimizer.rate=0.01 --set task.hi=4 --out DIR`,
		},
		{"bits_goals = []", `uorobench train train-anbn-quick --set 'bits_goals=[]' --out DIR`},
		{"name = 'mine'", "uorobench train config.toml --out DIR"},
	}
	for _, tt := range tests {
		e, err := Load("train-anbn-quick")
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Fields().Read([]byte(tt.set), "more.toml"); err != nil {
			t.Fatal(err)
		}
		if got, err := e.Command(); err != nil || got != tt.want {
			t.Errorf("%q: got  %s, %v\nwant %s", tt.set, got, err, tt.want)
		}
	}
}
