//go:build !linux

package speed

import "time"

// now is the wall clock: measure on a quiet machine.
func now() time.Duration { return wall() }
