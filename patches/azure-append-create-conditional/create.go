package azure

import (
	"context"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
)

// createAppendBlob creates an append blob where there is no blob, and returns
// its ETag. An append blob that is there but empty is one whose creation was
// answered, and the answer lost.
func (d *driver) createAppendBlob(ctx context.Context, name string) (*azcore.ETag, error) {
	created, err := d.client.NewAppendBlobClient(name).Create(ctx, &appendblob.CreateOptions{
		AccessConditions: &blob.AccessConditions{
			ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: to.Ptr(azcore.ETagAny)},
		},
	})
	if err == nil {
		return created.ETag, nil
	}
	if !bloberror.HasCode(err, bloberror.BlobAlreadyExists) {
		return nil, fmt.Errorf("creating new append blob: %w", err)
	}
	props, propsErr := d.client.NewBlobClient(name).GetProperties(ctx, nil)
	if propsErr != nil {
		return nil, fmt.Errorf("looking at the blob that is there: %w", propsErr)
	}
	if props.BlobType == nil || *props.BlobType != blob.BlobTypeAppendBlob || props.ContentLength == nil || *props.ContentLength != 0 {
		return nil, fmt.Errorf("creating new append blob: %w", err)
	}
	return props.ETag, nil
}

// ifMatch deletes the blob that was seen, and no other.
func ifMatch(eTag *azcore.ETag) *blob.DeleteOptions {
	return &blob.DeleteOptions{
		AccessConditions: &blob.AccessConditions{
			ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: eTag},
		},
	}
}
