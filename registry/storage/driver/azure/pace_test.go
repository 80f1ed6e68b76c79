package azure

import (
	"testing"
	"time"
)

const testBase = 10 * time.Second

// A link of 300 KB/s that keeps moving must never be cut off.
func TestPaceLeavesASlowLinkAlone(t *testing.T) {
	const link = 300_000 // bytes per second
	for _, size := range []int{1 << 10, 4 << 20, 16 << 20, 100 << 20} {
		p := &pace{base: testBase}
		needs := time.Duration(size) * time.Second / link
		if got := p.timeout(size); got < needs {
			t.Errorf("%d bytes get %s at first, the link needs %s", size, got, needs)
		}
		p.succeeded(size, needs)
		if got := p.timeout(size); got < needs {
			t.Errorf("%d bytes get %s once the link is known, it needs %s", size, got, needs)
		}
	}
}

func TestPaceNoticesAStallSoonOnAFastLink(t *testing.T) {
	p := &pace{base: testBase}
	p.succeeded(4<<20, 50*time.Millisecond)
	if got := p.timeout(16 << 20); got > testBase+10*time.Second {
		t.Errorf("16 MiB on a fast link get %s", got)
	}
}

// A block of 300 KB whose answer took 20 s once gave the next 5 MiB on a stalled
// connection more than ten minutes: all of the retry budget.
func TestOneSlowAnswerDoesNotMakePaceBlindToAStall(t *testing.T) {
	p := &pace{base: testBase}
	p.succeeded(300<<10, 20*time.Second)
	if got := p.timeout(5 << 20); got > 75*time.Second {
		t.Errorf("5 MiB get %s", got)
	}
	p = &pace{base: testBase}
	p.succeeded(4<<20, 50*time.Millisecond)
	p.succeeded(300<<10, 20*time.Second)
	if got := p.timeout(16 << 20); got > 30*time.Second {
		t.Errorf("16 MiB on a link that was fast get %s", got)
	}
}

func TestPaceGrowsMorePatient(t *testing.T) {
	p := &pace{base: testBase}
	const size = 4 << 20
	before := p.timeout(size)
	p.timedOut(size)
	if after := p.timeout(size); after < 2*before {
		t.Errorf("after a timeout a try gets %s, before %s", after, before)
	}
	for range 100 {
		p.timedOut(size)
	}
	if got := p.timeout(size); got > 2*time.Hour || got <= 0 {
		t.Errorf("after many timeouts a try gets %s", got)
	}
}

func TestPaceLearnsNothingFromSmallRequests(t *testing.T) {
	p := &pace{base: testBase}
	before := p.timeout(4 << 20)
	p.succeeded(1<<10, time.Minute)
	p.timedOut(1 << 10)
	if after := p.timeout(4 << 20); after != before {
		t.Errorf("a request of 1 KiB changed the time for 4 MiB from %s to %s", before, after)
	}
}
