package faultproxy

import (
	"fmt"
	"net/http"
)

// What the service answers on accounts and at times that an emulator doesn't know (REST page "Status and
// error codes"). None of these requests is forwarded.
var (
	SnapshotsPresent = refuse(http.StatusConflict, "SnapshotsPresent",
		"This operation is not permitted while the blob has snapshots.", Delete)
	LeaseIDMissing = refuse(http.StatusPreconditionFailed, "LeaseIdMissing",
		"There is currently a lease on the blob and no lease ID was specified in the request.", mutations...)
	BlobImmutable = refuse(http.StatusConflict, "BlobImmutableDueToPolicy",
		"This operation is not permitted as the blob is immutable due to a policy.", mutations...)
	BlobArchived = refuse(http.StatusConflict, "BlobArchived",
		"This operation is not permitted on an archived blob.", Get, Copy)
	PendingCopyOperation = refuse(http.StatusConflict, "PendingCopyOperation",
		"There is currently a pending copy operation.", Append, Create, Put, Copy, Delete)
	PermissionMismatch = refuse(http.StatusForbidden, "AuthorizationPermissionMismatch",
		"This request is not authorized to perform this operation using this permission.")
	KeysOff = refuse(http.StatusForbidden, "KeyBasedAuthenticationNotPermitted",
		"Key based authentication is not permitted on this storage account.")
	DirectoryNotEmpty = refuse(http.StatusConflict, "DirectoryIsNotEmpty",
		"The recursive query parameter value must be true to delete a non-empty directory.", Delete)
)

// CannotVerifyCopySource refuses a copy. 500 is what the REST page says, and passes; 403, 404 and others
// were seen as well.
func CannotVerifyCopySource(status int) Kind {
	k := refuse(status, "CannotVerifyCopySource", "Could not verify the copy source within the specified time.", Copy)
	k.name = fmt.Sprintf("CannotVerifyCopySource(%d)", status)
	return k
}

// RetryAfter is 503 ServerBusy with this Retry-After: seconds or a date, which may be a senseless one.
func RetryAfter(value string) Kind {
	answer := serverBusy
	answer.Header = http.Header{"Retry-After": {value}}
	return Kind{name: fmt.Sprintf("RetryAfter(%s)", value), toTarget: withhold, toClient: reply(answer)}
}

func refuse(status int, code, message string, ops ...Op) Kind {
	answer := Reply{Status: status, Code: code, Message: message}
	return Kind{name: code, ops: ops, toTarget: withhold, toClient: reply(answer)}
}
