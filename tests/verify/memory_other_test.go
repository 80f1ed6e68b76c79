//go:build !linux

package verify

// watchMemory knows nothing of memory here: what it is held against is checked on
// Linux.
func watchMemory(_ int, done <-chan struct{}) <-chan int64 {
	peak := make(chan int64, 1)
	go func() {
		<-done
		peak <- 1
	}()
	return peak
}
