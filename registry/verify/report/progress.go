package report

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/docker/go-units"
	"golang.org/x/term"
)

const (
	redrawBar  = 200 * time.Millisecond
	repeatLine = 10 * time.Second
	barWidth   = 30
)

// Progress shows how far a run has got: a bar that is redrawn in place on a
// terminal, a line every ten seconds elsewhere. It implements verify.Meter.
type Progress struct {
	mu           sync.Mutex
	w            io.Writer
	terminal     bool
	phase        string
	items, bytes int64 // done in this phase
	ofItems      int64 // -1 if that isn't known
	ofBytes      int64
	began, shown time.Time
	now          func() time.Time
}

// NewProgress returns a progress that is shown on w.
func NewProgress(w *os.File) *Progress {
	return &Progress{w: w, terminal: term.IsTerminal(int(w.Fd())), now: time.Now}
}

// Start begins a phase.
func (p *Progress) Start(phase string, items, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
	p.phase, p.items, p.bytes, p.ofItems, p.ofBytes = phase, 0, 0, items, bytes
	p.began = p.now()
	p.shown = p.began
}

// Add says that so much more is done.
func (p *Progress) Add(items, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.items += items
	p.bytes += bytes
	every := repeatLine
	if p.terminal {
		every = redrawBar
	}
	if now := p.now(); now.Sub(p.shown) >= every {
		p.shown = now
		p.show(p.terminal)
	}
}

// Done ends the last phase.
func (p *Progress) Done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end()
	p.phase = ""
}

func (p *Progress) end() {
	if p.phase != "" {
		p.show(false)
	}
}

// show writes one line, which the next one replaces if it is to be redrawn. What
// can't be shown is no reason to end a run.
func (p *Progress) show(redrawn bool) {
	start, end := "", "\n"
	if p.terminal {
		start = "\r\x1b[K" // erase what was drawn before
	}
	if redrawn {
		end = ""
	}
	_, _ = io.WriteString(p.w, start+p.line()+end)
}

func (p *Progress) line() string {
	var b strings.Builder
	b.WriteString(p.phase)
	fraction, known := p.fraction()
	if known && p.terminal {
		full := int(fraction * barWidth)
		fmt.Fprintf(&b, " [%s%s]", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full))
	}
	if known {
		fmt.Fprintf(&b, " %.0f %%", 100*fraction)
	}
	fmt.Fprintf(&b, " %d", p.items)
	if p.ofItems >= 0 {
		fmt.Fprintf(&b, "/%d", p.ofItems)
	}
	spent := p.now().Sub(p.began)
	if p.bytes > 0 {
		fmt.Fprintf(&b, ", %s", units.BytesSize(float64(p.bytes)))
		if spent > 0 {
			fmt.Fprintf(&b, " at %s/s", units.BytesSize(float64(p.bytes)/spent.Seconds()))
		}
	}
	if known && fraction > 0 && fraction < 1 {
		left := time.Duration(float64(spent) * (1 - fraction) / fraction)
		fmt.Fprintf(&b, ", %s left", left.Round(time.Second))
	}
	return b.String()
}

// fraction is how much of the phase is done: by bytes if these are known.
func (p *Progress) fraction() (float64, bool) {
	switch {
	case p.ofBytes > 0:
		return min(1, float64(p.bytes)/float64(p.ofBytes)), true
	case p.ofItems > 0:
		return min(1, float64(p.items)/float64(p.ofItems)), true
	default:
		return 0, false
	}
}
