package driver

// Unwrap returns the error of the driver.
func (err Error) Unwrap() error { return err.Detail }
