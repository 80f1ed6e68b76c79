package azure

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // a checksum against damage on the way, not a signature
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// Reader streams the blob at path from offset on, with one request if all goes
// well. An offset at or behind the end gives an empty stream. The stream's
// error is a *ReplacedError if the blob changes while it is read.
func (d *driver) Reader(ctx context.Context, path string, offset int64) (io.ReadCloser, error) {
	return d.read(ctx, path, offset, 0)
}

// RangeReader is Reader for length bytes at most, all of which the one request asks
// for: a reader of ranges needn't leave a connection with the rest of the blob on it.
func (d *Driver) RangeReader(ctx context.Context, path string, offset, length int64) (io.ReadCloser, error) {
	if err := checkPaths(path); err != nil {
		return nil, err
	}
	if offset < 0 || length <= 0 {
		return nil, fmt.Errorf("azure: reading %s: no range of %d bytes at offset %d", path, length, offset)
	}
	r, err := d.inner().read(ctx, path, offset, length)
	return r, unlessAbsent(err, "reading %s", path)
}

func (d *driver) read(ctx context.Context, path string, offset, length int64) (io.ReadCloser, error) {
	for laps := d.service.Contention(); ; {
		r, err := d.open(ctx, path, offset, length)
		if err == nil {
			return r, nil
		}
		if service.Judge(err) != service.PastEnd {
			return nil, err
		}
		// That answer doesn't tell whether the blob is the destination of a copy: it
		// is empty, and not there yet, until the copy is complete.
		p, err := d.look(ctx, d.names.blobName(path))
		switch {
		case missing(p, err):
			return nil, notFound(path)
		case err != nil:
			return nil, err
		case p.Size <= offset:
			return io.NopCloser(bytes.NewReader(nil)), nil
		}
		if err := laps.Lap(ctx, "get blob", d.names.blobName(path), nil); err != nil {
			return nil, err
		}
	}
}

// open begins a download of the file at path: of the blob, or of what stands in for
// it while it is replaced.
func (d *driver) open(ctx context.Context, path string, offset, length int64) (*service.Download, error) {
	name := d.names.blobName(path)
	at, returned, size := name, false, int64(0)
	for {
		r, err := d.service.OpenRange(ctx, at, offset, length)
		switch {
		case service.Judge(err) == service.Absent && at != name && !returned: // the copy has ended meanwhile
			at, returned = name, true
			continue
		case service.Judge(err) == service.Absent:
			return nil, notFound(path)
		case err != nil:
			return nil, err
		}
		p := r.Properties()
		if p.Complete() && !p.Directory && (at == name || p.Size == size) {
			return r, nil
		}
		_ = r.Close()
		stage, ok := standIn(name, p.CopySource)
		if !ok || at != name {
			return nil, notFound(path)
		}
		at, size = stage, p.CopyTotal
	}
}

// complete looks at the blob at path if there is one that is complete.
func (d *driver) complete(ctx context.Context, path string) (service.Properties, error) {
	p, err := d.service.Properties(ctx, d.names.blobName(path))
	if missing(p, err) {
		return p, notFound(path)
	}
	return p, err
}

// missing reports whether a look found no file: no blob, one that a copy hasn't
// completed, or a directory.
func missing(p service.Properties, err error) bool {
	return service.Judge(err) == service.Absent || err == nil && (!p.Complete() || p.Directory)
}

// errMD5 tells of bytes that the MD5 stored with the blob doesn't fit.
var errMD5 = errors.New("content differs from the MD5 stored with the blob")

// GetContent is the whole blob at path. The MD5 that is stored with a blob is
// compared, but anybody may set it: bytes that come twice are the blob's.
func (d *driver) GetContent(ctx context.Context, path string) ([]byte, error) {
	var doubted []byte
	for laps := d.service.Contention(); ; {
		content, claimed, err := d.getOnce(ctx, path)
		if err != nil {
			return nil, err
		}
		sum := md5.Sum(content) //nolint:gosec // see the import
		if len(claimed) == 0 || bytes.Equal(sum[:], claimed) {
			return content, nil
		}
		if doubted != nil && bytes.Equal(doubted, content) {
			service.Logger(ctx).WithField("blob", d.names.blobName(path)).
				Warn("the MD5 stored with the blob is not that of its content; two reads gave the same bytes, which are used")
			return content, nil
		}
		doubted = content
		if err := laps.Lap(ctx, "get blob", d.names.blobName(path), errMD5); err != nil {
			return nil, err
		}
	}
}

func (d *driver) getOnce(ctx context.Context, path string) (content, claimed []byte, err error) {
	r, err := d.open(ctx, path, 0, 0)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	content = make([]byte, r.Properties().Size)
	_, err = io.ReadFull(r, content)
	return content, r.Properties().MD5, err
}

// PutContent stores content at path, as a block blob unless a blob of another
// type is there already.
//
// Nothing is overwritten blindly: the blob is created if there is none, or else
// replaced only as long as it is the one that was looked at, or that this driver
// stored last. So a request that was given up and is carried out late can't undo
// what was stored since. Nothing is deleted in order to be replaced, either:
// where versions are kept that loses the blob, and elsewhere a caller may go away
// in between.
//
// What is there is replaced even if it has the same bytes, and even if it may be
// the work of an earlier request of this call: only a new ETag keeps an older
// delete, still under way, from taking it away after this call has returned.
func (d *driver) PutContent(ctx context.Context, path string, content []byte) error {
	name := d.names.blobName(path)
	if len(content) > service.MaxPut {
		return fmt.Errorf("azure: put block blob %q: %d bytes exceed the limit of %d", name, len(content), int64(service.MaxPut))
	}
	d.committed.forget(name)
	condition := service.IfAbsent()
	if etag, ok := d.recent.get(name); ok {
		condition = service.IfMatch(etag)
	}
	for laps := d.service.Contention(); ; {
		etag, _, err := d.service.Put(ctx, name, content, condition)
		verdict := service.Judge(err)
		switch verdict {
		case service.Applied:
			d.recent.remember(name, etag)
			return nil
		case service.Exists, service.Changed, service.OtherType:
		default:
			return err
		}
		var done bool
		if condition, done, err = d.replaceable(ctx, name, content, verdict); done || err != nil {
			return err
		}
		if err := laps.Lap(ctx, "put block blob", name, nil); err != nil {
			return err
		}
	}
}

// replaceable is the condition under which a block blob may take the place of
// what is stored under name now. If that can't be, because what is there, or an
// earlier version of it, is an append blob, the content replaces it as one:
// upstream's versions before 3.1.2 left append blobs where PutContent stores.
func (d *driver) replaceable(ctx context.Context, name string, content []byte, why service.Verdict) (condition service.Condition, done bool, err error) {
	p, err := d.service.Properties(ctx, name)
	switch {
	case service.Judge(err) == service.Absent && why != service.OtherType:
		return service.IfAbsent(), false, nil
	case service.Judge(err) == service.Absent:
		done, err = d.putAppend(ctx, name, string(content), bytes.NewReader(content), service.IfAbsent())
		return service.IfAbsent(), done, err
	case err != nil:
		return condition, false, err
	case p.Directory:
		_, err := d.service.Delete(ctx, p.Victim(name)) // an empty one, or the service refuses
		return service.IfAbsent(), false, err
	case p.Type == service.BlockBlob:
		return service.IfMatch(p.ETag), false, nil
	case p.Complete() && p.Size == int64(len(content)):
		same, err := d.holdsContent(ctx, name, p, content)
		if err != nil {
			return condition, false, err
		}
		if same {
			_, done, err = d.service.Touch(ctx, name, p)
			return service.IfMatch(p.ETag), done, err
		}
	}
	done, err = d.putAppend(ctx, name, string(content), bytes.NewReader(content), service.IfMatch(p.ETag))
	return service.IfMatch(p.ETag), done, err
}

// recentLimit bounds what a recent remembers: about a megabyte.
const recentLimit = 2048

// recent remembers something about the blobs that were stored last: their ETags,
// which spares the request that would find out that a blob exists, as for a tag
// that is pushed again; or the lengths of uploads that were committed. What it
// says is only ever used as a condition, so that having forgotten costs a request
// or a check and nothing else.
//
// The zero value is ready for use, also concurrently.
type recent[T any] struct {
	mu         sync.Mutex
	young, old map[string]T // old is what young was when it was full
}

func (r *recent[T]) get(name string) (T, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, ok := r.young[name]; ok {
		return v, true
	}
	v, ok := r.old[name]
	return v, ok
}

func (r *recent[T]) remember(name string, v T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.young) >= recentLimit/2 {
		r.young, r.old = nil, r.young
	}
	if r.young == nil {
		r.young = map[string]T{}
	}
	r.young[name] = v
}

func (r *recent[T]) forget(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.young, name)
	delete(r.old, name)
}
