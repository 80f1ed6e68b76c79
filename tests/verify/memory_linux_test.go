package verify

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// peakMemory returns the most memory that a running process has had so far, in
// KiB. The kernel's account of an ended process (ru_maxrss) won't do: it starts
// with what the parent had when it forked, and the parent is this test.
func peakMemory(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib int64
	_, _ = fmt.Sscan(rest, &kib) // a process that is ending has none any more
	return kib
}

// watchMemory looks at a process until done is closed, and then sends its peak.
func watchMemory(pid int, done <-chan struct{}) <-chan int64 {
	peak := make(chan int64, 1)
	go func() {
		ticker := time.NewTicker(10 * time.Millisecond)
		defer ticker.Stop()
		most := int64(0)
		for {
			select {
			case <-ticker.C:
				most = max(most, peakMemory(pid))
			case <-done:
				peak <- most
				return
			}
		}
	}()
	return peak
}
