package errcode

// Unwrap returns the errors in the envelope.
func (errs Errors) Unwrap() []error { return errs }
