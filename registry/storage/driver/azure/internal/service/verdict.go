package service

import (
	"errors"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
)

// Verdict is what an answer of the service means. It is about the outcome of
// the request and never about the cause of a failure.
type Verdict int

const (
	// Unknown means that nobody knows whether the request was carried out, or whether it
	// still will be. The zero value, because it is the safe assumption.
	Unknown Verdict = iota
	// Unsent means that nothing was sent, for want of an access token.
	Unsent
	// Applied means that the service says that it was carried out.
	Applied
	// Damaged means that the service refused bytes that changed on their way.
	Damaged
	// Absent means that the blob isn't there.
	Absent
	// Exists means that the blob must not exist, but does.
	Exists
	// Changed means that the blob is no longer the one that the request named.
	Changed
	// SourceChanged means that the source of a copy is no longer the one named.
	SourceChanged
	// OtherType means that the blob is of a type that the request can't be applied to.
	OtherType
	// Copying means that a copy onto the blob is still under way.
	Copying
	// PastEnd means that the range asked for starts behind the blob's last byte.
	PastEnd
	// HasSnapshots means that the blob can be deleted only together with its snapshots.
	HasSnapshots
	// NotEmpty means that the directory can't be deleted, because something is in it.
	NotEmpty
	// Refused means that the service won't do this for this call. The next call may ask
	// again means that a role that was just assigned, or a firewall, takes minutes.
	Refused
)

// meaning is a verdict, and what an operator should know about its cause.
type meaning struct {
	verdict Verdict
	cause   string
}

// meanings holds the error codes that need more than their HTTP status
// (REST: "Blob Storage error codes", "Common REST API error codes").
var meanings = map[bloberror.Code]meaning{
	bloberror.MD5Mismatch:       {Damaged, ""},
	"Crc64Mismatch":             {Damaged, ""},
	bloberror.BlobAlreadyExists: {Exists, ""},
	bloberror.BlobNotFound:      {Absent, ""},
	bloberror.ResourceNotFound:  {Absent, ""},
	"PathNotFound":              {Absent, ""}, // of an account with hierarchical namespace
	bloberror.InvalidBlobType:   {OtherType, ""},
	bloberror.InvalidRange:      {PastEnd, ""},

	bloberror.PendingCopyOperation: {Copying, "a copy onto the blob is under way"},
	bloberror.SnapshotsPresent:     {HasSnapshots, "the blob has snapshots"},
	"DirectoryIsNotEmpty":          {NotEmpty, ""},
	"DirectoryNotEmpty":            {NotEmpty, ""},

	// Of Put Block List: somebody else's dropped the blocks, or the list was damaged.
	bloberror.InvalidBlockList:   {Changed, ""},
	bloberror.InvalidXMLDocument: {Damaged, ""},
	bloberror.UnsupportedXMLNode: {Damaged, ""},

	bloberror.ConditionNotMet:               {Changed, ""},
	bloberror.AppendPositionConditionNotMet: {Changed, ""},
	bloberror.TargetConditionNotMet:         {Changed, ""},
	bloberror.SourceConditionNotMet:         {SourceChanged, ""},

	// What a registry can't mend by itself.
	bloberror.LeaseIDMissing:                   {Refused, "somebody holds a lease on the blob"},
	bloberror.LeaseIDMismatchWithBlobOperation: {Refused, "somebody holds a lease on the blob"},
	bloberror.LeaseLost:                        {Refused, "somebody holds a lease on the blob"},
	bloberror.ContainerNotFound:                {Refused, "there is no such container"},
	bloberror.ContainerBeingDeleted:            {Refused, "the container is being deleted"},
	bloberror.ContainerDisabled:                {Refused, "the container is disabled"},
	bloberror.BlobArchived:                     {Refused, "the blob is in the archive tier: rehydrate it, and keep lifecycle rules off this container"},
	bloberror.BlobBeingRehydrated:              {Refused, "the blob is in the archive tier, and being rehydrated"},
	bloberror.InvalidBlobOrBlock:               {Refused, "another program left blocks on the blob whose names have another length: they go after a week"},
	"BlobImmutableDueToPolicy":                 {Refused, "an immutability policy or a legal hold protects the blob: a registry can't work in this container"},
	"BlobOverwritten":                          {Changed, ""},
	"KeyBasedAuthenticationNotPermitted":       {Refused, "the account doesn't accept account keys: use a token credential"},
	bloberror.AuthorizationFailure:             {Refused, "the account's firewall or the signature doesn't allow it"},
	"AuthorizationPermissionMismatch":          {Refused, "the identity needs the role Storage Blob Data Contributor"},
	"InvalidAuthenticationInfo":                {Refused, "the credentials are not accepted"},
}

// notOnDirectories is the other way to say NotEmpty: seen with deletes that
// include snapshots, and with conditions (azure-sdk-for-go#20665).
const notOnDirectories = "OperationNotSupportedOnDirectory"

// meaningOf is the meaning of an answer to an operation.
func meaningOf(op string, status int, code string) meaning {
	m, known := meanings[bloberror.Code(code)]
	switch {
	case code == string(bloberror.CannotVerifyCopySource):
		// Documented as 500 and passing; only a 404 speaks of the source.
		if status == http.StatusNotFound {
			return meaning{Absent, "the source of the copy isn't there"}
		}
		return meaning{Unknown, "the service could not read the source of the copy"}
	case code == notOnDirectories && op == opDelete:
		return meaning{NotEmpty, ""}
	case known:
		return m
	case strings.HasPrefix(code, "Lease"):
		return meaning{Refused, "somebody holds a lease on the blob"}
	}
	switch {
	case status == http.StatusPreconditionFailed:
		return meaning{Changed, ""}
	case status == http.StatusRequestedRangeNotSatisfiable:
		return meaning{PastEnd, ""}
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests:
		return meaning{Unknown, ""}
	case status >= http.StatusBadRequest && status < http.StatusInternalServerError:
		return meaning{Refused, ""}
	default:
		return meaning{Unknown, ""}
	}
}

// Judge is the verdict on an error of this package, Applied for none.
func Judge(err error) Verdict {
	if err == nil {
		return Applied
	}
	call, ok := errors.AsType[*CallError](err)
	if !ok {
		return Unknown
	}
	return call.verdict
}
