package training

import "testing"

// One training step of each method at the size of the reported experiment; an
// update is made at each. The mul-adds are the estimator's.
func BenchmarkStep(b *testing.B) {
	for _, cellName := range []string{"rnn", "gru"} {
		for _, method := range []string{"rtrl", "snap1", "tbptt-8", "uoro", "cv-uoro/snap1/one", "cv-uoro/snap1/trace", "residual"} {
			b.Run(cellName+"/"+method, func(b *testing.B) {
				c := Default(short(b, 1, 32))
				c.Cell, c.Method, c.Steps = cellName, method, 1<<20
				tr := mustNew(b, c)
				b.ReportAllocs()
				for b.Loop() {
					if tr.Done() {
						b.Fatal("more steps than the benchmark made symbols")
					}
					if err := tr.Step(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
				b.ReportMetric(float64(tr.Cost().Used), "used-mul-adds/step")
				b.ReportMetric(float64(tr.Cost().Spent), "spent-mul-adds/step")
			})
		}
	}
}
