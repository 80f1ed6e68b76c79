package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/budget"
)

// ReplacedError tells that a blob was replaced, appended to or deleted while it
// was being read; what was read until then belongs to the blob as it was.
type ReplacedError struct {
	Path   string // name of the blob
	Offset int64  // bytes from the start of the blob up to which it was read
	Err    error  // the service's answer
}

// Error names the blob and how far it was read.
func (e *ReplacedError) Error() string {
	return fmt.Sprintf("azure: blob %q changed while it was read, at offset %d: %v", e.Path, e.Offset, e.Err)
}

// Unwrap gives the service's answer.
func (e *ReplacedError) Unwrap() error { return e.Err }

// Download streams a blob from an offset on. When the body breaks off or stalls,
// it goes on at the very byte with a request that is pinned to the ETag of the
// first answer, so that it never mixes two versions of a blob. What its user
// does between two reads may take any time.
//
// Not safe for concurrent use, like any io.Reader.
type Download struct {
	c    *Client
	ctx  context.Context // of the call that opened it: Read has none
	name string

	props  Properties // Size is that of the whole blob
	opened bool
	offset int64 // next byte
	end    int64 // where to stop, never behind the blob's end; until it is opened, 0 is that end

	left  *budget.Budget
	moved bool // since the budget began

	// The request in hand; body is nil between two requests.
	body   io.ReadCloser
	stalls *stall
}

// Open asks for a blob from offset on, with the one request that a download
// needs when all goes well. An offset at or behind the end is PastEnd.
func (c *Client) Open(ctx context.Context, name string, offset int64) (*Download, error) {
	return c.OpenRange(ctx, name, offset, 0)
}

// OpenRange is Open for length bytes at most; 0 is all there are.
func (c *Client) OpenRange(ctx context.Context, name string, offset, length int64) (*Download, error) {
	d := &Download{c: c, ctx: ctx, name: name, offset: offset, left: budget.New(c.budget)}
	if length > 0 {
		d.end = offset + length
	}
	if _, err := c.retry(ctx, d.left, d.what(), d.request); err != nil {
		return nil, err
	}
	d.opened, d.moved = true, true
	return d, nil
}

// Properties are what the first answer said of the blob.
func (d *Download) Properties() Properties { return d.props }

// Offset is where the next byte is read.
func (d *Download) Offset() int64 { return d.offset }

func (d *Download) what() call { return call{op: opGet, blob: d.name} }

// request asks for the rest of the blob. It gives up when the service stays
// silent for too long; there is no limit to the whole, because a large layer to
// a slow client takes as long as it takes.
func (d *Download) request(timeouts int) error {
	if d.c.tokens != nil {
		if err := d.c.tokens.ready(d.ctx); err != nil {
			return describe(opGet, d.name, err)
		}
	}
	ctx, done := observe(d.ctx, d.what())
	ctx, stalls := withStall(ctx, d.c.patience(d.what(), timeouts))
	options := &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: d.offset}}
	if d.end > 0 {
		options.Range.Count = d.end - d.offset
	}
	if d.opened {
		options.AccessConditions = IfMatch(d.props.ETag).access()
	}
	resp, err := d.c.container.NewBlobClient(d.name).DownloadStream(ctx, options)
	if err == nil {
		if err = d.accept(ctx, resp, stalls); err != nil {
			_ = resp.Body.Close()
		}
	}
	err = describe(opGet, d.name, stalls.explain(err))
	done(err)
	if err != nil {
		stalls.end()
		return err
	}
	stalls.pause()
	d.body, d.stalls = resp.Body, stalls
	return nil
}

// accept takes an answer whose bytes can be placed, and reads up to the offset
// what something in between sent too much of.
func (d *Download) accept(ctx context.Context, resp blob.DownloadStreamResponse, stalls *stall) error {
	p := Properties{
		ETag:       value(resp.ETag),
		Type:       value(resp.BlobType),
		Created:    value(resp.CreationTime),
		Modified:   value(resp.LastModified),
		Metadata:   resp.Metadata,
		MD5:        bytes.Clone(resp.ContentMD5),
		CopyStatus: value(resp.CopyStatus),
		CopySource: value(resp.CopySource),
		CopyTotal:  copyTotal(resp.CopyProgress),
	}
	p.Directory = p.Metadata.directory()
	if d.opened && p.ETag != d.props.ETag {
		return fmt.Errorf("the answer is about another blob (%s instead of %s)", p.ETag, d.props.ETag)
	}
	if !d.opened {
		size, err := d.size(ctx, resp)
		if err != nil {
			return err
		}
		p.Size = size
		d.props = p
		if d.end == 0 || d.end > size {
			d.end = size
		}
	}
	return skipTo(d.offset, resp, stalls.moved)
}

// size is the length of the whole blob. Something in between may have sent the
// body in chunks, without its length; then the blob is looked at.
func (d *Download) size(ctx context.Context, resp blob.DownloadStreamResponse) (int64, error) {
	if _, total, ok := strings.Cut(value(resp.ContentRange), "/"); ok {
		return strconv.ParseInt(total, 10, 64)
	}
	if resp.ContentLength != nil {
		return *resp.ContentLength, nil
	}
	p, err := d.c.head(ctx, d.name)
	switch {
	case err != nil:
		return 0, err
	case p.ETag != value(resp.ETag):
		return 0, errors.New("the blob was replaced while its length was asked for")
	}
	return p.Size, nil
}

// Read implements io.Reader. After a break it asks again, as often as the retry
// budget allows without a single byte of progress.
func (d *Download) Read(p []byte) (int, error) {
	for d.offset < d.end {
		n, err := d.readSome(p)
		if n > 0 {
			d.offset += int64(n)
			d.moved = true
			transferred.WithValues("read").Inc(float64(n))
			return n, nil
		}
		if err == nil {
			if len(p) == 0 {
				return 0, nil
			}
			continue
		}
		if err := d.resume(err); err != nil {
			return 0, err
		}
	}
	return 0, io.EOF
}

// readSome reads from the body in hand, for as long as something comes.
func (d *Download) readSome(p []byte) (int, error) {
	if d.body == nil {
		return 0, io.ErrUnexpectedEOF
	}
	d.stalls.moved()
	n, err := d.body.Read(p[:min(int64(len(p)), d.end-d.offset)])
	d.stalls.pause()
	if err == io.EOF && n == 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, d.stalls.explain(err)
}

// resume opens the blob again at the byte at which the body broke off. The budget
// is for the time without progress, in which the reader's pauses don't count.
func (d *Download) resume(cause error) error {
	d.drop()
	if d.moved {
		d.left.Reset()
		d.moved = false
	}
	cause = describe(opGet, d.name, fmt.Errorf("body broke off at offset %d of %d: %w", d.offset, d.end, cause))
	if err := d.c.again(d.ctx, d.left, d.what(), cause); err != nil {
		return err
	}
	_, err := d.c.retry(d.ctx, d.left, d.what(), d.request)
	switch Judge(err) {
	case Applied:
		Logger(d.ctx).WithField("blob", d.name).WithField("offset", d.offset).WithError(cause).
			Info("download broke off and was resumed")
		return nil
	case Changed, Absent, PastEnd:
		return &ReplacedError{Path: d.name, Offset: d.offset, Err: err}
	default:
		return err
	}
}

// Close implements io.Closer.
func (d *Download) Close() error {
	d.offset = d.end
	d.drop()
	return nil
}

// drop lets go of the body in hand. The connection of a body that was read to
// its end is used again.
func (d *Download) drop() {
	if d.body == nil {
		return
	}
	_ = d.body.Close()
	d.stalls.end()
	d.body = nil
}
