package azure

import (
	"context"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// properties is what the driver needs to know of a stored blob.
type properties struct {
	size       int64
	etag       azcore.ETag
	kind       blob.BlobType
	modified   time.Time
	copyID     string // of the copy that made the blob, if one did
	copySource string // URL
	copyStatus blob.CopyStatusType
	copyDetail string // why the copy failed
	metadata   map[string]*string
	folder     bool // a directory of an account with hierarchical namespace
}

// there reports whether the blob can be read as what it is meant to be. The
// destination of a copy that is pending, failed or was aborted holds something
// else (REST: "Copy Blob", "Working with a pending copy").
func (p properties) there() bool {
	return p.copyStatus == "" || p.copyStatus == blob.CopyStatusTypeSuccess
}

// pending reports whether a copy onto the blob is under way.
func (p properties) pending() bool { return p.copyStatus == blob.CopyStatusTypePending }

// properties asks the service for the properties of a blob.
func (d *driver) properties(ctx context.Context, name string) (properties, error) {
	var resp blob.GetPropertiesResponse
	_, err := d.attempt(ctx, call{op: opProperties, blob: name}, func(ctx context.Context) (err error) {
		resp, err = d.container.NewBlobClient(name).GetProperties(ctx, nil)
		return err
	})
	if err != nil {
		return properties{}, err
	}
	return toProperties(resp), nil
}

func toProperties(resp blob.GetPropertiesResponse) properties {
	return properties{
		size:       value(resp.ContentLength),
		etag:       value(resp.ETag),
		kind:       value(resp.BlobType),
		modified:   value(resp.LastModified),
		copyID:     value(resp.CopyID),
		copySource: value(resp.CopySource),
		copyStatus: value(resp.CopyStatus),
		copyDetail: value(resp.CopyStatusDescription),
		metadata:   resp.Metadata,
		folder:     isFolder(resp.Metadata),
	}
}

// isFolder tells a directory of an account with hierarchical namespace, which
// answers like an empty blob (Azure: "Known issues with Azure Data Lake Storage").
func isFolder(metadata map[string]*string) bool {
	for key, v := range metadata {
		if strings.EqualFold(key, "hdi_isfolder") {
			return value(v) == "true"
		}
	}
	return false
}

// deleteIf deletes a blob if it is still the one with this ETag. gone reports
// that it no longer is there as that one: deleted by this call or by somebody.
// When the blob was replaced or appended to meanwhile, gone is false and
// nothing was deleted.
func (d *driver) deleteIf(ctx context.Context, name string, etag azcore.ETag) (gone bool, err error) {
	d.recent.forget(name)
	doubt, err := d.attempt(ctx, call{op: opDelete, blob: name}, func(ctx context.Context) error {
		_, err := d.container.NewBlobClient(name).Delete(ctx, &blob.DeleteOptions{
			AccessConditions: ifMatch(etag),
		})
		return err
	})
	switch judge(err) {
	case applied, absent:
		return true, nil
	case changed:
		// After a lost answer the other blob came after our delete.
		return doubt, nil
	default:
		return false, err
	}
}

// touch gives a blob that was left as it is a new ETag, so that an older delete
// of it, still under way, no longer finds the blob it means. It reports whether
// the blob was still the one that was looked at.
func (d *driver) touch(ctx context.Context, name string, p properties) (same bool, err error) {
	_, err = d.attempt(ctx, call{op: opMetadata, blob: name}, func(ctx context.Context) error {
		_, err := d.container.NewBlobClient(name).SetMetadata(ctx, p.metadata, &blob.SetMetadataOptions{AccessConditions: ifMatch(p.etag)})
		return err
	})
	switch judge(err) {
	case applied:
		return true, nil
	case changed, absent:
		return false, nil
	default:
		return false, err
	}
}

// ifMatch is the condition that a blob is still the one with this ETag. Listings
// give ETags without the quotes that the header wants.
func ifMatch(etag azcore.ETag) *blob.AccessConditions {
	if etag != azcore.ETagAny && !strings.HasPrefix(string(etag), `"`) {
		etag = azcore.ETag(`"` + string(etag) + `"`)
	}
	return &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: &etag}}
}

// ifAbsent is the condition that there is no blob.
func ifAbsent() *blob.AccessConditions {
	return &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{
		IfNoneMatch: to.Ptr(azcore.ETagAny),
	}}
}

// value is what p points to, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
