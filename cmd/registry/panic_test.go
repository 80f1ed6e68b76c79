package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestPanicWithAnErrorEndsWithItsMessageAlone(t *testing.T) {
	var stderr bytes.Buffer
	code := -1
	func() {
		defer exitOnPanic(&stderr, func(c int) { code = c })
		panic(errors.New("azure: invalid configuration: container: missing"))
	}()
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	if got := stderr.String(); got != "registry: azure: invalid configuration: container: missing\n" {
		t.Errorf("stderr: %q", got)
	}
}

func TestOtherPanicsKeepTheirTrace(t *testing.T) {
	for _, reason := range []string{"runtime", "text"} {
		t.Run(reason, func(t *testing.T) {
			defer func() {
				if r := recover(); r == nil {
					t.Error("the panic was swallowed")
				}
			}()
			defer exitOnPanic(new(strings.Builder), func(int) { t.Error("exited") })
			if reason == "text" {
				panic("text")
			}
			var none []int
			_ = none[len(reason)]
		})
	}
}
