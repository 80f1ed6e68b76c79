package doctor

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// sample is what the checks of rights write.
var sample = []byte("written by registry doctor\n")

// rights are those that a registry needs, one by one. The right to delete is tried before
// much is written: without it everything stays.
func (x *examination) rights() []check {
	const create, remove = "right to create", "right to delete"
	return []check{
		{"right to list", []string{"account"}, x.mayList},
		{create, []string{"account"}, x.mayCreate},
		{remove, []string{create}, x.mayDelete},
		{"right to append", []string{remove}, x.mayAppend},
		{"right to write", []string{remove}, x.mayWrite},
		{"right to read", []string{"right to write"}, x.mayRead},
		{"right to copy", []string{"right to write"}, x.mayCopy},
		{"right to delete in batches", []string{"right to write"}, x.mayDeleteBatch},
	}
}

func (x *examination) mayList(ctx context.Context) Row {
	if _, err := x.client.List(x.newScratch(), 1).Page(ctx); err != nil {
		return x.refused(err)
	}
	return ok("list blobs")
}

func (x *examination) mayCreate(ctx context.Context) Row {
	x.noteAbove(ctx)
	if _, _, err := x.client.CreateAppend(ctx, x.name("empty"), service.IfAbsent()); err != nil {
		return x.refused(err)
	}
	return ok("put append blob")
}

func (x *examination) mayDelete(ctx context.Context) Row {
	name := x.name("empty")
	p, err := x.client.Properties(ctx, name)
	if err != nil {
		return x.refused(err)
	}
	if _, err := x.client.Delete(ctx, p.Victim(name)); err != nil {
		return x.refused(err)
	}
	return ok("delete blob")
}

func (x *examination) mayAppend(ctx context.Context) Row {
	name := x.name("appended")
	if _, _, err := x.client.CreateAppend(ctx, name, service.IfAbsent()); err != nil {
		return x.refused(err)
	}
	if err := x.client.Appender(name).Append(ctx, 0, sample, x.settings.RetryBudget); err != nil {
		return x.refused(err)
	}
	return ok("append block")
}

func (x *examination) mayWrite(ctx context.Context) Row {
	if _, _, err := x.client.Put(ctx, x.name("written"), sample, service.IfAbsent()); err != nil {
		return x.refused(err)
	}
	return ok("put block blob")
}

func (x *examination) mayRead(ctx context.Context) Row {
	content, err := x.read(ctx, x.name("written"))
	switch {
	case err != nil:
		return x.refused(err)
	case !bytes.Equal(content, sample):
		return failed(fmt.Sprintf("%d bytes came back where %d were written, or others", len(content), len(sample)),
			"something in between changes what is stored", "have the proxy or gateway pass bodies on unchanged")
	}
	return ok("get blob, with the bytes that were written")
}

// read is a whole blob.
func (x *examination) read(ctx context.Context, name string) ([]byte, error) {
	r, err := x.client.Open(ctx, name, 0)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func (x *examination) mayCopy(ctx context.Context) Row {
	source := x.name("written")
	p, err := x.client.Properties(ctx, source)
	if err != nil {
		return x.refused(err)
	}
	if _, _, err := x.client.Copy(ctx, source, p.ETag, x.name("copied"), service.IfAbsent()); err != nil {
		return x.refused(err)
	}
	return ok("copy blob")
}

// mayDeleteBatch is no more than a warning where it fails: the registry deletes one by one
// then.
func (x *examination) mayDeleteBatch(ctx context.Context) Row {
	var victims []service.Victim
	for i := range 3 {
		name := x.name(fmt.Sprintf("batch-%d", i))
		etag, _, err := x.client.Put(ctx, name, sample, service.IfAbsent())
		if err != nil {
			return x.refused(err)
		}
		victims = append(victims, service.Victim{Name: name, ETag: etag})
	}
	if left := x.client.DeleteBatch(ctx, victims); len(left) > 0 {
		e, _ := x.storage.last()
		return warning(fmt.Sprintf("blob batch: %s; %d of 3 blobs are left", e.outcome(), len(left)),
			"blobs are deleted one by one instead, and garbage collection takes longer", "nothing, or an account (or gateway) that takes batches")
	}
	return ok("blob batch")
}
