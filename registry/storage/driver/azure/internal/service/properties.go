package service

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// ETag names one state of a blob.
type ETag = azcore.ETag

// BlobType is block, append or page blob.
type BlobType = blob.BlobType

// The types of blobs that a registry makes.
const (
	BlockBlob  = blob.BlobTypeBlockBlob
	AppendBlob = blob.BlobTypeAppendBlob
)

// Metadata are the names and values that users keep with a blob.
type Metadata map[string]*string

// directory reports whether this is the metadata of a directory of an account
// with hierarchical namespace, which is shown as an empty blob (Azure: "Known
// issues with Azure Data Lake Storage").
func (m Metadata) directory() bool {
	for key, v := range m {
		if strings.EqualFold(key, "hdi_isfolder") {
			return strings.EqualFold(value(v), "true")
		}
	}
	return false
}

// Properties are those of a stored blob.
type Properties struct {
	Size      int64 // bytes
	ETag      ETag
	Type      BlobType
	Created   time.Time
	Modified  time.Time
	Blocks    int32  // that an append blob is made of
	Version   string // empty where the account keeps none
	MD5       []byte // what somebody once said it is; may be missing, and wrong
	Metadata  Metadata
	Directory bool // of an account with hierarchical namespace

	CopyID     string // of the copy that made the blob, if one did
	CopySource string // URL
	CopyDetail string // why the copy failed
	CopyTotal  int64  // bytes of what is copied
	CopyStatus blob.CopyStatusType
}

// Complete reports whether the blob can be read as what it is meant to be. The
// destination of a copy that is pending, failed or was aborted holds something
// else (REST: "Copy Blob", "Working with a pending copy").
func (p Properties) Complete() bool {
	return p.CopyStatus == "" || p.CopyStatus == blob.CopyStatusTypeSuccess
}

// Pending reports whether a copy onto the blob is under way.
func (p Properties) Pending() bool { return p.CopyStatus == blob.CopyStatusTypePending }

// SameBytes reports whether the blob holds what it held when it was looked at
// as q, although its ETag may be another: scanners and taggers change metadata.
// What can't change without a trace are the time of its creation, its length and
// the number of an append blob's blocks; a block blob shows nothing like that
// but the MD5 that Put Blob gives it.
func (p Properties) SameBytes(q Properties) bool {
	if p.ETag == q.ETag {
		return true
	}
	if p.Type != q.Type || p.Size != q.Size || p.Created.IsZero() || !p.Created.Equal(q.Created) || !p.Complete() {
		return false
	}
	return p.Type == AppendBlob && p.Blocks == q.Blocks
}

// Properties looks at a blob.
func (c *Client) Properties(ctx context.Context, name string) (p Properties, err error) {
	_, err = c.attempt(ctx, call{op: opProperties, blob: name}, func(ctx context.Context, _ *body) error {
		p, err = c.head(ctx, name)
		return err
	})
	return p, err
}

// look is Properties with a single request.
func (c *Client) look(ctx context.Context, name string, timeouts int) (p Properties, err error) {
	err = c.once(ctx, call{op: opProperties, blob: name}, timeouts, func(ctx context.Context, _ *body) error {
		p, err = c.head(ctx, name)
		return err
	})
	return p, err
}

func (c *Client) head(ctx context.Context, name string) (Properties, error) {
	resp, err := c.container.NewBlobClient(name).GetProperties(ctx, nil)
	if err != nil {
		return Properties{}, err
	}
	metadata := Metadata(resp.Metadata)
	return Properties{
		Size:       value(resp.ContentLength),
		ETag:       value(resp.ETag),
		Type:       value(resp.BlobType),
		Created:    value(resp.CreationTime),
		Modified:   value(resp.LastModified),
		Blocks:     value(resp.BlobCommittedBlockCount),
		Version:    value(resp.VersionID),
		MD5:        bytes.Clone(resp.ContentMD5),
		Metadata:   metadata,
		Directory:  metadata.directory(),
		CopyID:     value(resp.CopyID),
		CopySource: value(resp.CopySource),
		CopyDetail: value(resp.CopyStatusDescription),
		CopyTotal:  copyTotal(resp.CopyProgress),
		CopyStatus: value(resp.CopyStatus),
	}, nil
}

// copyTotal is the number of bytes of a copy's source, 0 where nothing was copied.
func copyTotal(progress *string) int64 {
	_, total, _ := strings.Cut(value(progress), "/")
	n, _ := strconv.ParseInt(total, 10, 64)
	return n
}

// Condition is what a request asks of the blob that it changes.
type Condition struct {
	match  ETag // the blob is this one
	absent bool // there is none
}

// IfMatch is the condition that a blob is still the one with this ETag. Listings
// give ETags without the quotes that the header wants.
func IfMatch(etag ETag) Condition {
	if !strings.HasPrefix(string(etag), `"`) {
		etag = ETag(`"` + string(etag) + `"`)
	}
	return Condition{match: etag}
}

// IfAbsent is the condition that there is no blob.
func IfAbsent() Condition { return Condition{absent: true} }

// access is the condition as the SDK has it.
func (c Condition) access() *blob.AccessConditions {
	conditions := &blob.ModifiedAccessConditions{}
	if c.absent {
		conditions.IfNoneMatch = to.Ptr(azcore.ETagAny)
	} else {
		conditions.IfMatch = &c.match
	}
	return &blob.AccessConditions{ModifiedAccessConditions: conditions}
}

// value is what p points to, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
