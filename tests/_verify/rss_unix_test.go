//go:build unix

package verify

import (
	"os"
	"runtime"
	"syscall"
)

// maxRSS returns the most memory that a process had, in KiB.
func maxRSS(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" { // bytes there
		return usage.Maxrss >> 10
	}
	return usage.Maxrss
}
