package replica

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// needed is what this process needed so far.
func needed(took time.Duration) Report {
	r := Report{Took: took}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return r
	}
	r.CPU = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	r.PeakMemory = peakMemory(int64(usage.Maxrss))
	return r
}

// peakMemory is the most memory, in bytes, that this process had. Linux counts in
// maxrss also what the process had before it became this program, which is what the
// one that started it had (getrusage(2)); proc(5) has the figure without that.
func peakMemory(maxrss int64) int64 {
	if runtime.GOOS == "darwin" { // which counts in bytes, others in kilobytes
		return maxrss
	}
	status, _ := os.ReadFile("/proc/self/status") // there is none elsewhere
	for line := range bytes.Lines(status) {
		if field, found := bytes.CutPrefix(line, []byte("VmHWM:")); found {
			if kilobytes, err := strconv.ParseInt(string(bytes.TrimSuffix(bytes.TrimSpace(field), []byte(" kB"))), 10, 64); err == nil {
				return kilobytes << 10
			}
		}
	}
	return maxrss << 10
}
