package handlers

import (
	"errors"

	"github.com/distribution/distribution/v3/registry/api/errcode"
	"github.com/distribution/distribution/v3/registry/storage/driver"
)

// withoutStorageErrors is errs as a client may see them. What a storage has to
// say, or the service that its tokens come from, names accounts, paths and
// tenants. It is for the operator, who finds it in the log.
func withoutStorageErrors(errs errcode.Errors) errcode.Errors {
	served := make(errcode.Errors, len(errs))
	for i, err := range errs {
		served[i] = err
		var failure driver.Error
		if !errors.As(err, &failure) {
			continue
		}
		code := errcode.ErrorCodeUnknown
		if coder, ok := err.(errcode.ErrorCoder); ok {
			code = coder.ErrorCode()
		}
		served[i] = code.WithDetail(failure.DriverName + ": storage failed, see the log of the registry")
	}
	return served
}
