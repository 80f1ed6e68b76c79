package driver

// Unwrap returns the errors of the driver.
func (e Errors) Unwrap() []error { return e.Errs }
