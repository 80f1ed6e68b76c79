package report

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// newTestProgress returns a progress with a clock that the test moves.
func newTestProgress(terminal bool) (*Progress, *bytes.Buffer, *time.Time) {
	var b bytes.Buffer
	now := time.Unix(0, 0)
	return &Progress{w: &b, terminal: terminal, now: func() time.Time { return now }}, &b, &now
}

func TestPlainLinesEveryTenSecondsAndAtTheEndOfAPhase(t *testing.T) {
	p, b, now := newTestProgress(false)
	p.Start("listing", -1, -1)
	p.Add(5, 0)
	p.Start("hashing", 10, 100<<20)
	for range 8 {
		*now = now.Add(5 * time.Second)
		p.Add(1, 10<<20)
	}
	p.Add(2, 20<<20)
	p.Done()
	p.Done()
	require.Equal(t, ""+
		"listing 5\n"+
		"hashing 20 % 2/10, 20MiB at 2MiB/s, 40s left\n"+
		"hashing 40 % 4/10, 40MiB at 2MiB/s, 30s left\n"+
		"hashing 60 % 6/10, 60MiB at 2MiB/s, 20s left\n"+
		"hashing 80 % 8/10, 80MiB at 2MiB/s, 10s left\n"+
		"hashing 100 % 10/10, 100MiB at 2.5MiB/s\n", b.String())
}

func TestBarIsRedrawnInPlace(t *testing.T) {
	p, b, now := newTestProgress(true)
	p.Start("reading", 4, -1)
	*now = now.Add(time.Second)
	p.Add(1, 0)
	p.Add(3, 0)
	p.Done()
	require.Equal(t, ""+
		"\r\x1b[Kreading [=======                       ] 25 % 1/4, 3s left"+
		"\r\x1b[Kreading [==============================] 100 % 4/4\n", b.String())
}
