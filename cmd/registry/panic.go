package main

import (
	"fmt"
	"io"
	"runtime"
)

// exitOnPanic is to be deferred by main. Upstream's handlers.NewApp panics with
// the error of a storage driver that can't be made; an operator who left out a
// parameter is served better by the error alone than with a stack trace above
// it. Faults in the program keep their trace.
func exitOnPanic(stderr io.Writer, exit func(int)) {
	switch reason := recover().(type) {
	case nil:
	case runtime.Error:
		panic(reason)
	case error:
		fmt.Fprintf(stderr, "registry: %v\n", reason)
		exit(1)
	default:
		panic(reason)
	}
}
