package errcode

// Unwrap returns the error that was given as the detail, if one was.
func (e Error) Unwrap() error {
	cause, _ := e.Detail.(error)
	return cause
}
