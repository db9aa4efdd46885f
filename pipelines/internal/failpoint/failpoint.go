// Package failpoint names the instants between two durable steps, so that a
// test can end the process there. Outside tests Hook is nil and a point costs
// one comparison.
package failpoint

// Hook is called with the name of every point that is passed. Tests alone set
// it, before anything runs.
var Hook func(point string)

// At passes the point.
func At(point string) {
	if Hook != nil {
		Hook(point)
	}
}
