package config

import "fmt"

// Warning is something odd about a configuration that doesn't keep the registry from
// starting.
type Warning struct {
	// Key is the parameter in question, below storage.azure.
	Key string
	// Text is the whole message, without a secret.
	Text string
}

// findings gathers what there is to say about a configuration.
type findings struct {
	problems []error
	warnings []Warning
}

// reject adds a problem, which keeps the registry from starting.
func (f *findings) reject(key, format string, args ...any) {
	f.problems = append(f.problems, fmt.Errorf(key+": "+format, args...))
}

// warn adds a warning.
func (f *findings) warn(key, format string, args ...any) {
	f.warnings = append(f.warnings, Warning{key, fmt.Sprintf("storage.azure."+key+": "+format, args...)})
}

// err is an *Error of the problems, or nil if there is none.
func (f *findings) err() error {
	if len(f.problems) == 0 {
		return nil
	}
	return &Error{Problems: f.problems}
}
