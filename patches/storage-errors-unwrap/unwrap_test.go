package driver

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestErrorsUnwrap(t *testing.T) {
	for name, err := range map[string]error{
		"Error":  Error{DriverName: "foo", Detail: fmt.Errorf("reading: %w", context.Canceled)},
		"Errors": Errors{DriverName: "foo", Errs: []error{errors.New("one"), context.Canceled}},
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s hides what the driver failed with: %v", name, err)
		}
	}
	if err := (Error{DriverName: "foo"}); errors.Is(err, context.Canceled) {
		t.Error("an Error without detail is context.Canceled")
	}
}
