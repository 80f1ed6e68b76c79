package azure

import (
	"bytes"
	"fmt"
	"io"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// chunkUploadVerify tells how many bytes of chunk the blob holds behind
// appendPos, and the blob's ETag. It is ErrCorruptedData if the blob is shorter
// than appendPos, holds other bytes, or more than the chunk.
func (bw *blockWriter) chunkUploadVerify(appendPos int64, chunk []byte) (int64, *azcore.ETag, error) {
	blobRef := bw.client.NewBlobClient(bw.path)
	props, err := blobRef.GetProperties(bw.ctx, nil)
	if err != nil {
		return 0, nil, fmt.Errorf("determining the end of the blob: %w", err)
	}
	if props.ContentLength == nil {
		return 0, nil, fmt.Errorf("the length of %s is missing", bw.path)
	}
	stored := *props.ContentLength - appendPos
	if stored < 0 || stored > int64(len(chunk)) {
		return 0, nil, fmt.Errorf("%s has %d bytes instead of %d to %d: %w",
			bw.path, *props.ContentLength, appendPos, appendPos+int64(len(chunk)), ErrCorruptedData)
	}
	if stored == 0 {
		return 0, props.ETag, nil
	}
	resp, err := blobRef.DownloadStream(bw.ctx, &blob.DownloadStreamOptions{
		Range: blob.HTTPRange{Offset: appendPos, Count: stored},
		AccessConditions: &blob.AccessConditions{
			ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: props.ETag},
		},
	})
	if err != nil {
		return 0, nil, fmt.Errorf("reading what was appended: %w", err)
	}
	body := resp.NewRetryReader(bw.ctx, &blob.RetryReaderOptions{MaxRetries: bw.maxRetries})
	defer body.Close()
	content, err := io.ReadAll(body)
	if err != nil {
		return 0, nil, fmt.Errorf("reading what was appended: %w", err)
	}
	if !bytes.Equal(content, chunk[:stored]) {
		return 0, nil, fmt.Errorf("%s holds other bytes from %d on: %w", bw.path, appendPos, ErrCorruptedData)
	}
	return stored, props.ETag, nil
}
