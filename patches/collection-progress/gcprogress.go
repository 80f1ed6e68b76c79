package storage

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/distribution/distribution/v3/internal/dcontext"
)

// progress tells how far a garbage collection is.
type progress struct {
	mu   sync.Mutex
	what string
	done int
	of   int // 0 if that isn't known

	stop  context.CancelFunc
	ended chan struct{}
}

// startProgress tells about the progress on a line of its own, if standard
// error is a terminal, or in the log from time to time.
func startProgress(ctx context.Context) *progress {
	if fi, err := os.Stderr.Stat(); err == nil && fi.Mode()&os.ModeCharDevice != 0 {
		return progressEvery(ctx, time.Second, onOneLine(os.Stderr))
	}
	return progressEvery(ctx, time.Minute, func(text string) {
		if text != "" {
			dcontext.GetLogger(ctx).Infof("garbage collection: %s", text)
		}
	})
}

// onOneLine overwrites the last text with the next, and what others write comes
// in the place of both.
func onOneLine(w io.Writer) func(string) {
	return func(text string) { fmt.Fprintf(w, "\033[K%s\r", text) }
}

// progressEvery passes texts on, and an empty one in the end.
func progressEvery(ctx context.Context, interval time.Duration, tell func(string)) *progress {
	ctx, stop := context.WithCancel(ctx)
	p := &progress{stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				tell(p.String())
			case <-ctx.Done():
				tell("")
				return
			}
		}
	}()
	return p
}

// end returns once no more is told.
func (p *progress) end() {
	p.stop()
	<-p.ended
}

// next begins to count something else, of which there are so many if that is
// known. Progress that nobody follows is nil.
func (p *progress) next(what string, of int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what, p.done, p.of = what, 0, of
}

func (p *progress) add(n int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += n
}

func (p *progress) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == 0 {
		return fmt.Sprintf("%d %s", p.done, p.what)
	}
	return fmt.Sprintf("%d of %d %s", p.done, p.of, p.what)
}
