package parity

// awaited are the cases that our binary doesn't pass yet. `make parity` runs them all the same, and is red.
var awaited = map[string]bool{
	"a link of 1.5 MB/s after a fast one, with a short budget":          true,
	"without a right to sign, pulls with redirects are served directly": true,
	"a delegation key that is refused once: later pulls work":           true,
	"a delegation key that can't be had: pulls work":                    true,
	"a delegation key that takes 25 s: pulls work":                      true,
	"labels of series take no strings from outside":                     true,
}
