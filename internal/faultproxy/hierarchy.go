package faultproxy

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// Hierarchical makes the target look like an account with a hierarchical namespace (Azure Data Lake Storage
// Gen2, NFS, SFTP): whatever is written makes the directories above it, these stay when they are empty,
// listings show them (hdi_isfolder=true, ResourceType directory; in flat ones parents before
// children), and one that isn't empty can't be deleted: 409 DirectoryIsNotEmpty, in batches too. (data-lake-storage-known-issues;
// distribution#3922, #4153.) The directories are blobs of the target. It needs [WithAccount], before it.
func Hierarchical() Option {
	return func(p *Proxy) {
		if p.service.account == nil {
			panic("faultproxy: Hierarchical needs WithAccount")
		}
		p.service.hierarchy = &hierarchy{service: p.service, directories: map[string]bool{}}
	}
}

// hierarchy knows the directories. A nil one has none.
type hierarchy struct {
	service *service

	mu          sync.RWMutex    // held for writing while a directory is deleted
	directories map[string]bool // by container/path
	making      sync.Mutex
}

const folderMark = "hdi_isfolder"

// do carries the call out as such an account would.
func (h *hierarchy) do(ctx context.Context, c call) (*http.Response, error) {
	switch {
	case c.op == Batch:
		return h.batch(ctx, c)
	case c.op == Delete && h.isDirectory(c.path):
		return h.deleteDirectory(ctx, c)
	case makes(c.op) && h.isDirectory(c.path):
		return Reply{Status: http.StatusConflict, Code: "ResourceTypeMismatch", Message: "The path is a directory."}.response(c.Request)
	}
	resp, err := h.forward(ctx, c)
	if err != nil || resp.StatusCode >= 300 {
		return resp, err
	}
	switch c.op {
	case Head, Get:
		resp.Header.Set("x-ms-resource-type", h.resourceType(c.path))
	case List:
		return resp, h.maskListing(c, resp)
	}
	return resp, nil
}

// makes reports whether the operation makes a blob where there may have been none.
func makes(op Op) bool { return op == Create || op == Put || op == PutBlockList || op == Copy }

// forward sends the call on, and makes the directories of a new blob.
func (h *hierarchy) forward(ctx context.Context, c call) (*http.Response, error) {
	if !makes(c.op) {
		return h.service.forward(ctx, c)
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	resp, err := h.service.forward(ctx, c)
	if err != nil || resp.StatusCode >= 300 {
		return resp, err
	}
	if err := h.makeAbove(ctx, c.path); err != nil {
		_ = resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// makeAbove makes the directories above a path that aren't there.
func (h *hierarchy) makeAbove(ctx context.Context, below string) error {
	h.making.Lock()
	defer h.making.Unlock()
	for directory := path.Dir(below); strings.Contains(directory, "/"); directory = path.Dir(directory) {
		if h.directories[directory] {
			return nil
		}
		name, blob, _ := strings.Cut(directory, "/")
		client := h.service.account.NewContainerClient(name).NewBlockBlobClient(blob)
		_, err := client.UploadBuffer(ctx, nil, &blockblob.UploadBufferOptions{Metadata: map[string]*string{folderMark: to.Ptr("true")}})
		if err != nil {
			return fmt.Errorf("making the directory %s: %w", directory, err)
		}
		h.directories[directory] = true
	}
	return nil
}

// deleteDirectory deletes a directory if nothing is in it.
func (h *hierarchy) deleteDirectory(ctx context.Context, c call) (*http.Response, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	full, err := h.full(ctx, c.path)
	switch {
	case err != nil:
		return nil, err
	case full:
		return Reply{
			Status: http.StatusConflict, Code: "DirectoryIsNotEmpty",
			Message: "The recursive query parameter value must be true to delete a non-empty directory.",
		}.response(c.Request)
	}
	resp, err := h.service.forward(ctx, c)
	if err == nil && resp.StatusCode < 300 {
		h.forget(c.path)
	}
	return resp, err
}

// full reports whether something is in the directory.
func (h *hierarchy) full(ctx context.Context, directory string) (bool, error) {
	name, blob, _ := strings.Cut(directory, "/")
	page, err := h.service.account.NewContainerClient(name).
		NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: to.Ptr(blob + "/"), MaxResults: to.Ptr[int32](1)}).NextPage(ctx)
	if err != nil {
		return false, fmt.Errorf("looking into the directory %s: %w", directory, err)
	}
	return len(page.Segment.BlobItems) > 0, nil
}

func (h *hierarchy) isDirectory(path string) bool {
	h.making.Lock()
	defer h.making.Unlock()
	return h.directories[path]
}

func (h *hierarchy) forget(path string) {
	h.making.Lock()
	defer h.making.Unlock()
	delete(h.directories, path)
}

func (h *hierarchy) resourceType(path string) string {
	if h.isDirectory(path) {
		return "directory"
	}
	return "file"
}
