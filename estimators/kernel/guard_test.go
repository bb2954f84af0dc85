//go:build unix

package kernel

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guards hand out memory at the edge of a page that may not be touched, so that
// a kernel that reads or writes one byte too far there is stopped. Canaries see
// writes only, and only near.
type guards struct {
	regions [][]float64 // each between two such pages
	used    int
	edge    edge
	short   int // the buffer that has one number less than it says, or −1

	shortened bool // there was such a buffer
}

// edge is where a buffer lies in its region.
type edge struct {
	name   string
	behind bool // it begins at the region's beginning, else it ends at its end
	skew   int  // numbers left free there
}

var edges = []edge{
	{name: "ends before the guard"},
	{name: "begins behind the guard", behind: true},
	// Off every alignment wider than a number's own; a register too far is still seen.
	{name: "ends one number before the guard", skew: 1},
}

const (
	regionCount = 8        // more buffers than any kernel takes
	regionBytes = 64 << 10 // longer than any buffer of a case
)

func newGuards(t *testing.T) *guards {
	t.Helper()
	page := unix.Getpagesize()
	regionBytes := (regionBytes + page - 1) / page * page // pages may be of 64 KiB
	g := &guards{short: -1}
	for range regionCount {
		m, err := unix.Mmap(-1, 0, page+regionBytes+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := unix.Munmap(m); err != nil {
				t.Error(err)
			}
		})
		for _, guard := range [][]byte{m[:page], m[page+regionBytes:]} {
			if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
				t.Fatal(err)
			}
		}
		g.regions = append(g.regions, unsafe.Slice((*float64)(unsafe.Pointer(&m[page])), regionBytes/8))
	}
	return g
}

// place hands out a region's edge; the short buffer sticks out by one number.
func (g *guards) place(n int, fixed bool) ([]float64, int) {
	region, out := g.regions[g.used], 0
	if g.used == g.short && n > 0 && !fixed {
		out, g.shortened = 1, true
	}
	g.used++
	from, lost := len(region)-n-g.edge.skew+out, n-1
	if g.edge.behind {
		from, lost = g.edge.skew-out, 0
	}
	if out == 0 {
		lost = -1
	}
	return unsafe.Slice((*float64)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(region)), from*8)), n), lost
}

// call runs a case and answers what stopped it.
func (g *guards) call(name, with string, seed uint64, s shape) (stopped any) {
	defer Use(Name())
	defer func() { stopped = recover() }()
	Use(with)
	g.used = 0
	cases[name](&arena{rand.New(rand.NewPCG(seed, 1)), g.place}, s)
	return nil
}

// isFault says whether a panic was a touch of memory that is not there; the Go
// twin's index checks panic without an address.
func isFault(stopped any) bool {
	_, ok := stopped.(interface{ Addr() uintptr })
	return ok
}

// onEdges runs a test for each kernel, implementation and edge, with faults as panics.
func onEdges(t *testing.T, edges []edge, test func(t *testing.T, g *guards, name, with string)) {
	g := newGuards(t)
	for name := range cases {
		for _, with := range Names() {
			for _, e := range edges {
				t.Run(fmt.Sprintf("%s/%s/%s", name, with, e.name), func(t *testing.T) {
					defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
					g.edge, g.short = e, -1
					test(t, g, name, with)
				})
			}
		}
	}
}

// TestGuards: no kernel touches a byte outside of the buffers it is given, nor
// needs them aligned. It takes the shapes of TestTwins.
func TestGuards(t *testing.T) {
	onEdges(t, edges, func(t *testing.T, g *guards, name, with string) {
		rng := rand.New(rand.NewPCG(3, 5))
		for seed := range uint64(400) {
			s := randomShape(rng)
			if stopped := g.call(name, with, seed, s); stopped != nil {
				t.Fatalf("seed %d, %+v: %v", seed, s, stopped)
			}
		}
	})
}

// TestGuardsBite: TestGuards can fail. With one number less than it says in any
// one buffer of any kernel, some shape faults.
func TestGuardsBite(t *testing.T) {
	tight := edges[:2] // at the last edge one number too many is there
	onEdges(t, tight, func(t *testing.T, g *guards, name, with string) {
		for g.short = range regionCount {
			if tried, bitten := g.bites(name, with); tried && !bitten {
				t.Errorf("buffer %d is short and nothing faults", g.short)
			}
		}
	})
}

// bites looks for a shape that faults, and tells whether there was a buffer to shorten.
func (g *guards) bites(name, with string) (tried, bitten bool) {
	rng := rand.New(rand.NewPCG(3, 5))
	for seed := range uint64(400) {
		g.shortened = false
		stopped := g.call(name, with, seed, randomShape(rng))
		if g.shortened && isFault(stopped) {
			return true, true
		}
		tried = tried || g.shortened
	}
	return tried, false
}
