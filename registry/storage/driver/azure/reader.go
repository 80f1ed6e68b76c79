package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
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

// reader streams a blob from an offset on. When the body breaks off or stalls,
// it goes on at the very byte with a request that is pinned to the ETag of the
// first answer, so that it never mixes two versions of a blob.
//
// Not safe for concurrent use, like any io.Reader.
type reader struct {
	d    *driver
	ctx  context.Context // of the call that made the reader: Read has none
	name string

	etag   azcore.ETag
	offset int64 // next byte
	end    int64 // length of the blob
	md5    []byte
	props  properties

	left *budget.Budget

	// The request in hand; body is nil between two requests.
	body    io.ReadCloser
	cancel  func()
	stall   *time.Timer // cancels the request when it fires
	stalled func(error) error
}

// errStalled is why a download is given up that neither goes on nor ends.
var errStalled = errors.New("the service sent nothing for try_timeout")

// open sends the one request that a reader needs when all goes well.
func (d *driver) open(ctx context.Context, name string, offset int64) (*reader, error) {
	r := &reader{d: d, ctx: ctx, name: name, offset: offset, left: budget.New(d.budget)}
	for {
		err := r.request()
		switch judge(err) {
		case applied:
			return r, nil
		case uncertain:
			if err := again(ctx, r.left, call{op: opGet, blob: name}, err); err != nil {
				return nil, err
			}
		default:
			return nil, err
		}
	}
}

// request asks for the rest of the blob, pinned to what was read before. It
// gives up when the service stays silent for too long; there is no limit to the
// whole, because a large layer to a slow client takes as long as it takes.
func (r *reader) request() error {
	ctx, cancel := context.WithCancelCause(r.ctx)
	stall := time.AfterFunc(r.d.pace.base, func() { cancel(errStalled) })
	options := &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: r.offset}}
	if r.etag != "" {
		options.AccessConditions = ifMatch(r.etag)
	}
	ctx, done := observe(ctx, call{op: opGet, blob: r.name})
	resp, err := r.d.container.NewBlobClient(r.name).DownloadStream(ctx, options)
	stall.Stop()
	if err == nil {
		err = r.check(resp)
	}
	err = describe(opGet, r.name, stalledOr(ctx, err))
	done(err)
	if err != nil {
		cancel(nil)
		return err
	}
	r.body, r.stall = resp.Body, stall
	r.cancel = func() { cancel(nil) }
	r.stalled = func(err error) error { return stalledOr(ctx, err) }
	if r.etag == "" {
		r.first(resp)
	}
	return nil
}

// check refuses an answer that doesn't say where its bytes belong.
func (r *reader) check(resp blob.DownloadStreamResponse) error {
	wrong := resp.ContentLength == nil || resp.ETag == nil ||
		r.offset > 0 && !strings.HasPrefix(value(resp.ContentRange), fmt.Sprintf("bytes %d-", r.offset))
	if !wrong {
		return nil
	}
	_ = resp.Body.Close()
	return fmt.Errorf("answer without the range asked for (Content-Range %q, offset %d)", value(resp.ContentRange), r.offset)
}

// stalledOr is err, or errStalled if that is why the request was cancelled.
func stalledOr(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errStalled) {
		return errStalled
	}
	return err
}

// first keeps what the first answer says of the blob.
func (r *reader) first(resp blob.DownloadStreamResponse) {
	r.etag = value(resp.ETag)
	r.end = r.offset + value(resp.ContentLength)
	r.md5 = resp.ContentMD5
	r.props = properties{
		size:       r.end,
		etag:       r.etag,
		kind:       value(resp.BlobType),
		modified:   value(resp.LastModified),
		copyStatus: value(resp.CopyStatus),
		folder:     isFolder(resp.Metadata),
	}
}

// Read implements io.Reader. After a break it asks again, as often as the retry
// budget allows without a single byte of progress.
func (r *reader) Read(p []byte) (int, error) {
	for r.offset < r.end {
		n, err := r.readSome(p)
		if n > 0 {
			r.offset += int64(n)
			r.left.Reset()
			transferred.WithValues("read").Inc(float64(n))
			return n, nil
		}
		if err == nil {
			if len(p) == 0 {
				return 0, nil
			}
			continue
		}
		if err := r.resume(err); err != nil {
			return 0, err
		}
	}
	return 0, io.EOF
}

// readSome reads from the body in hand, for as long as something comes.
func (r *reader) readSome(p []byte) (int, error) {
	if r.body == nil {
		return 0, io.ErrUnexpectedEOF
	}
	r.stall.Reset(r.d.pace.base)
	n, err := r.body.Read(p[:min(int64(len(p)), r.end-r.offset)])
	r.stall.Stop()
	if err == io.EOF && n == 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, r.stalled(err)
}

// resume opens the blob again at the byte at which the body broke off.
func (r *reader) resume(cause error) error {
	r.drop()
	cause = describe(opGet, r.name, fmt.Errorf("body broke off at offset %d of %d: %w", r.offset, r.end, cause))
	for {
		if err := again(r.ctx, r.left, call{op: opGet, blob: r.name}, cause); err != nil {
			return err
		}
		err := r.request()
		switch judge(err) {
		case applied:
			logger(r.ctx).WithField("blob", r.name).WithField("offset", r.offset).WithError(cause).
				Info("download broke off and was resumed")
			return nil
		case uncertain:
			cause = err
		case changed, absent, pastEnd:
			return &ReplacedError{Path: r.name, Offset: r.offset, Err: err}
		default:
			return err
		}
	}
}

// Close implements io.Closer.
func (r *reader) Close() error {
	r.end = r.offset
	r.drop()
	return nil
}

// drop lets go of the body in hand. The connection of a body that was read to
// its end is used again.
func (r *reader) drop() {
	if r.body == nil {
		return
	}
	_ = r.body.Close()
	r.cancel()
	r.body = nil
}
