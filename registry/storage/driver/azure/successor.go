package azure

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"strings"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// successorKey is the metadata of a file by which an upload that is to replace it,
// and was closed before it was committed, is found again.
const successorKey = "distributionsuccessor"

// createSuccessor begins an upload that is to replace what is stored under name.
// Until it is committed it is a blob of its own.
func (d *driver) createSuccessor(ctx context.Context, name string) (stage string, err error) {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	stage = name + uploadMark + hex.EncodeToString(id[:])
	_, _, err = d.service.CreateAppend(ctx, stage, service.IfAbsent())
	if service.Judge(err) == service.Exists { // by an earlier try of ours
		err = nil
	}
	return stage, err
}

// resumeSuccessor goes on with the upload that a file's metadata names. There is
// none if that was cancelled or committed since, or if the file was moved here.
func (d *driver) resumeSuccessor(ctx context.Context, name string, file service.Properties) (storagedriver.FileWriter, error) {
	for key, id := range file.Metadata {
		if !strings.EqualFold(key, successorKey) || id == nil || !isUpload(name+uploadMark+*id) {
			continue
		}
		stage := name + uploadMark + *id
		p, err := d.service.Properties(ctx, stage)
		switch {
		case service.Judge(err) == service.Absent:
			return nil, nil
		case err != nil:
			return nil, err
		case p.Type == service.AppendBlob:
			return d.newWriter(ctx, name, stage, p.Size), nil
		}
	}
	return nil, nil
}

// announce notes with the file that is to be replaced where the upload is, so that
// another writer can go on with it. If the file has gone meanwhile, the upload takes
// its name.
func (d *driver) announce(ctx context.Context, name, stage string, size int64) error {
	id := strings.TrimPrefix(stage, name+uploadMark)
	for laps := d.service.Contention(); ; {
		p, err := d.service.Properties(ctx, name)
		switch {
		case service.Judge(err) == service.Absent || err == nil && !p.Complete():
			return d.replaceBy(ctx, name, stage, size)
		case err != nil:
			return err
		}
		p.Metadata = maps.Clone(p.Metadata)
		if p.Metadata == nil {
			p.Metadata = service.Metadata{}
		}
		maps.DeleteFunc(p.Metadata, func(key string, _ *string) bool { return strings.EqualFold(key, successorKey) })
		p.Metadata[successorKey] = &id
		if _, same, err := d.service.Touch(ctx, name, p); same || err != nil {
			return err
		}
		if err := laps.Lap(ctx, "set blob metadata", name, nil); err != nil {
			return err
		}
	}
}

// succeed ends the Commit of an upload of so many bytes that replaces a file; failed
// tells what went wrong before. If the file can't be replaced now, the upload is
// kept, and found again.
func (d *driver) succeed(ctx context.Context, name, stage string, size int64, failed error) error {
	err := failed
	if err == nil {
		err = d.replaceBy(ctx, name, stage, size)
	}
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.settings.TryTimeout)
	defer cancel()
	if noted := d.announce(ctx, name, stage, size); noted != nil {
		service.Logger(ctx).WithField("blob", stage).WithError(noted).Warn("an upload that could not replace a file is kept, but can't be gone on with")
	}
	return err
}

// replaceBy moves an upload of so many bytes over whatever is stored under name when
// it comes to that.
func (d *driver) replaceBy(ctx context.Context, name, stage string, size int64) error {
	from, err := d.service.Properties(ctx, stage)
	if err == nil && from.Size != size {
		err = fmt.Errorf("%d bytes were written, %d are stored: %w", size, from.Size, ErrCorruptedData)
	}
	if err == nil {
		m := move{d: d, source: stage, dest: name, from: from, since: from.Modified, condition: service.IfAbsent()}
		d.recent.forget(name)
		err = m.copy(ctx)
	}
	if err != nil {
		return fmt.Errorf("azure: replace %q: %w", name, err)
	}
	d.discard(ctx, stage)
	return nil
}

// standIn is the upload that the service is copying to name, or failed to copy: what
// it holds is to be found under name meanwhile. It is told by the
// URL of the copy's source.
func standIn(name, copySource string) (stage string, ok bool) {
	source, err := url.Parse(copySource)
	if err != nil {
		return "", false
	}
	i := strings.LastIndex(source.Path, "/"+name+uploadMark)
	if i < 0 {
		return "", false
	}
	stage = source.Path[i+1:]
	return stage, isUpload(stage)
}

// look looks at the file under name: the blob, or what stands in for it.
func (d *driver) look(ctx context.Context, name string) (service.Properties, error) {
	p, err := d.service.Properties(ctx, name)
	if err != nil || p.Complete() {
		return p, err
	}
	stage, ok := standIn(name, p.CopySource)
	if !ok {
		return p, nil
	}
	staged, err := d.service.Properties(ctx, stage)
	switch {
	case service.Judge(err) == service.Absent: // the copy has ended meanwhile
		return d.service.Properties(ctx, name)
	case err == nil && staged.Size != p.CopyTotal:
		return p, nil
	}
	return staged, err
}
