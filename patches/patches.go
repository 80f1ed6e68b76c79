// Package patches says what belongs to the queue of patches.
package patches

import (
	_ "embed"
	"strings"
)

//go:embed series.fork
var fork string

// Fork names the patches of upstream that the binary is meant to be built
// with, in their order.
func Fork() []string {
	var names []string
	for line := range strings.Lines(fork) {
		name, _, _ := strings.Cut(line, "#")
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}
