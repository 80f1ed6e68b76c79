package service

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// skipTo leaves the body of an answer at offset: where it is, if the answer is
// the range that was asked for, or later, if something in between ignored that
// and sent the whole blob.
func skipTo(offset int64, resp blob.DownloadStreamResponse, moved func()) error {
	if resp.ContentRange == nil {
		_, err := io.CopyN(io.Discard, watched{resp.Body, moved}, offset)
		return err
	}
	if !strings.HasPrefix(*resp.ContentRange, fmt.Sprintf("bytes %d-", offset)) {
		return fmt.Errorf("the answer is another range (%q) than the one from %d on", *resp.ContentRange, offset)
	}
	return nil
}

// watched tells of each piece that is read.
type watched struct {
	io.Reader
	moved func()
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.moved()
	return n, err
}

// readRange fills p with what a blob holds from off on.
func (c *Client) readRange(ctx context.Context, name string, p []byte, off int64, moved func()) error {
	resp, err := c.container.NewBlobClient(name).DownloadStream(ctx, &blob.DownloadStreamOptions{
		Range: blob.HTTPRange{Offset: off, Count: int64(len(p))},
	})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := skipTo(off, resp, moved); err != nil {
		return err
	}
	_, err = io.ReadFull(watched{resp.Body, moved}, p)
	return err
}
