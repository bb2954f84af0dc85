package draw

// Done is the number of draws that have been taken.
func (p *Pass) Done() int64 { return min(p.done*Lanes, p.Draws) }

// Work counts the multiply-adds of the draws from number done on.
func (p *Pass) Work(done int64) int64 { return p.source.work(done, p.Draws-done) }

// Bytes counts the large arrays of a worker, and those of the sums of all groups.
func (p *Pass) Bytes() (worker, sums int64) {
	worker, sums = p.source.bytes()
	sums += 8 * int64(p.Shape.Numbers()) * int64(len(p.Problem.Measured))
	for i := range p.observers {
		w, group := p.observers[i].bytes(p)
		worker, sums = worker+w, sums+group
	}
	return worker, sums * int64(p.Groups)
}
