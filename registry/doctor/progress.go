package doctor

import (
	"fmt"
	"os"

	"golang.org/x/term"
)

// progress shows on a terminal what is being tried, in one line that is redrawn.
type progress struct {
	to      *os.File
	visible bool
	count   int
}

func newProgress(to *os.File) *progress {
	return &progress{to: to, visible: term.IsTerminal(int(to.Fd()))}
}

// clear erases the line (ECMA-48: erase in line).
const clear = "\r\x1b[K"

func (p *progress) show(name string) {
	p.count++
	if p.visible {
		_, _ = fmt.Fprintf(p.to, "%s%d: %s ...", clear, p.count, name)
	}
}

func (p *progress) done() {
	if p.visible {
		_, _ = fmt.Fprint(p.to, clear)
	}
}
