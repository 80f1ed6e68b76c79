package faultproxy

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// batch carries out the deletes of a batch one by one (REST page "Blob Batch").
func (h *hierarchy) batch(ctx context.Context, c call) (*http.Response, error) {
	_, parameters, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil {
		return nil, fmt.Errorf("a batch's content type: %w", err)
	}
	var body bytes.Buffer
	answers := multipart.NewWriter(&body)
	for parts := multipart.NewReader(c.content, parameters["boundary"]); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("a batch's body: %w", err)
		}
		request, err := http.ReadRequest(bufio.NewReader(part))
		if err != nil {
			return nil, fmt.Errorf("a batch's part: %w", err)
		}
		header := textproto.MIMEHeader{"Content-Type": {"application/http"}}
		if id := part.Header.Get("Content-ID"); id != "" {
			header.Set("Content-ID", id)
		}
		answer, err := answers.CreatePart(header)
		if err != nil {
			return nil, err
		}
		status, code := h.deleteOne(ctx, request)
		fmt.Fprintf(answer, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
		if code != "" {
			fmt.Fprintf(answer, "x-ms-error-code: %s\r\n", code)
		}
		fmt.Fprintf(answer, "x-ms-request-id: %s\r\nx-ms-version: %s\r\n\r\n", requestID(), c.Header.Get("x-ms-version"))
	}
	if err := answers.Close(); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusAccepted,
		Header: http.Header{
			"Content-Type":    {"multipart/mixed; boundary=" + answers.Boundary()},
			"Content-Length":  {strconv.Itoa(body.Len())},
			"X-Ms-Request-Id": {requestID()},
			"X-Ms-Version":    {c.Header.Get("x-ms-version")},
		},
		Body:          io.NopCloser(&body),
		ContentLength: int64(body.Len()),
	}, nil
}

// deleteOne carries out one of a batch's deletes in the proxy's name and returns the service's answer.
func (h *hierarchy) deleteOne(ctx context.Context, r *http.Request) (status int, code string) {
	path := h.service.path(r.URL)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.isDirectory(path) {
		if full, err := h.full(ctx, path); err != nil || full {
			return http.StatusConflict, "DirectoryIsNotEmpty"
		}
	}
	options := blob.DeleteOptions{}
	if etag := r.Header.Get("If-Match"); etag != "" {
		options.AccessConditions = &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: to.Ptr(azcore.ETag(etag))}}
	}
	if snapshots := r.Header.Get("x-ms-delete-snapshots"); snapshots != "" {
		options.DeleteSnapshots = to.Ptr(blob.DeleteSnapshotsOptionType(snapshots))
	}
	_, err := accountBlob(h.service.account, path).Delete(ctx, &options)
	if refusal, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return refusal.StatusCode, refusal.ErrorCode
	}
	if err != nil {
		return http.StatusInternalServerError, "InternalError"
	}
	h.forget(path)
	return http.StatusAccepted, ""
}
