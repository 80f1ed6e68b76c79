package azurite

import (
	"bytes"
	"io"
	"regexp"
	"sync"
)

// listening matches the line by which Azurite tells its address once it accepts requests.
var listening = regexp.MustCompile(`successfully listens on (https?://\S+)\n`)

// outputLimit bounds, in bytes, what is kept of the output for error messages.
const outputLimit = 16 << 10

// output receives what Azurite prints and finds its address in it.
type output struct {
	address chan string // receives the address, once
	log     io.Writer

	mu    sync.Mutex
	first bytes.Buffer
	found bool
}

func newOutput(log io.Writer) *output {
	if log == nil {
		log = io.Discard
	}
	return &output{address: make(chan string, 1), log: log}
}

// Write passes p on to the log first, so that who learns the address finds it there too.
func (o *output) Write(p []byte) (int, error) {
	n, err := o.log.Write(p)
	o.mu.Lock()
	defer o.mu.Unlock()
	if room := outputLimit - o.first.Len(); room > 0 {
		o.first.Write(p[:min(room, len(p))])
	}
	if !o.found {
		if match := listening.FindSubmatch(o.first.Bytes()); match != nil {
			o.found = true
			o.address <- string(match[1])
		}
	}
	return n, err
}

// text is the beginning of the output.
func (o *output) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.first.String()
}
