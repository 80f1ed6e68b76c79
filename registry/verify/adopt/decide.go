package adopt

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// Action is what was done with a file, or would be.
type Action string

// The actions.
const (
	Adopted    Action = "adopted"
	WouldAdopt Action = "would-adopt"
	Present    Action = "present"    // a layer or manifest that is here as well, and is left there
	Dropped    Action = "dropped"    // a link that is here as well, or a tag that is older there
	WouldDrop  Action = "would-drop" //
	Differs    Action = "differs"    // both are left: a layer has another size here, or a tag holds no digest
	Left       Action = "left"       // it needs what could not be brought here
	Changed    Action = "changed"    // stored here or deleted there meanwhile: run it again
	Failed     Action = "failed"     // see Error
)

// remains tells whether a later run, or a person, has something to do.
func (a Action) remains() bool {
	return a != Adopted && a != Present && a != Dropped
}

// Result is what was done with one file, or would be.
type Result struct {
	Action Action `json:"action"`
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	Detail string `json:"detail,omitempty"`
	Error  string `json:"error,omitempty"`
}

// decide treats one file that is there. held says that it has to stay there.
func (a *adopter) decide(ctx context.Context, kind layout.Kind, info storagedriver.FileInfo, held bool) (Result, error) {
	r := Result{Path: info.Path(), Size: info.Size()}
	if held {
		r.Action, r.Detail = Left, "its repository needs what could not be brought here"
		return r, nil
	}
	size, present := a.sizes[maphash.String(a.seed, r.Path)]
	switch {
	case !present:
		return a.bring(ctx, r, "")
	case kind == layout.Blob && size == r.Size:
		r.Action = Present
		return r, nil
	case kind == layout.Blob:
		r.Action, r.Detail = Differs, fmt.Sprintf("%d bytes are here", size)
		return r, nil
	case kind == layout.TagCurrent:
		return a.tag(ctx, r)
	}
	old, err := verify.Look(ctx, a.there, r.Path)
	if err != nil {
		return r, err
	}
	return a.drop(ctx, r, old)
}

// tag treats a tag that is in both places: the newer one stays. What the other one
// named is in the tag's index. Both are looked at before they are read, so that a push
// in between is noticed.
func (a *adopter) tag(ctx context.Context, r Result) (Result, error) {
	current, here, err := read(ctx, a.here, r.Path)
	if err != nil {
		return r, fmt.Errorf("reading the tag %s: %w", r.Path, err)
	}
	old, there, err := read(ctx, a.there, r.Path)
	if err != nil {
		return r, fmt.Errorf("reading the tag %s under the other root prefix: %w", r.Path, err)
	}
	damaged := here.Validate() != nil || there.Validate() != nil
	newer := old.Modified.After(current.Modified)
	switch {
	case current == verify.Version{}, old == verify.Version{}:
		r.Action, r.Detail = Changed, "deleted meanwhile"
		return r, nil
	case damaged:
		r.Action, r.Detail = Differs, "one of both holds no digest: registry repair, with each legacyrootprefix, mends it"
		return r, nil
	case here == there:
		r.Detail = fmt.Sprintf("%s is here", here)
	case newer:
		r.Detail = fmt.Sprintf("newer than %s, which is here", here)
		return a.bring(ctx, r, current.ETag)
	default:
		r.Detail = fmt.Sprintf("older than %s, which is here", here)
	}
	return a.drop(ctx, r, old)
}

// read looks at a tag and then reads it; the Version is zero if there is none.
func read(ctx context.Context, driver storagedriver.StorageDriver, path string) (verify.Version, digest.Digest, error) {
	v, err := verify.Look(ctx, driver, path)
	if err != nil || v == (verify.Version{}) {
		return v, "", err
	}
	content, err := driver.GetContent(ctx, path)
	if errors.As(err, new(storagedriver.PathNotFoundError)) {
		return verify.Version{}, "", nil
	}
	return v, digest.Digest(content), err
}

// bring moves the file here, onto what has the ETag.
func (a *adopter) bring(ctx context.Context, r Result, etag string) (Result, error) {
	if !a.o.Apply {
		r.Action = WouldAdopt
		return r, nil
	}
	err := a.here.AdoptIfMatch(ctx, r.Path, etag)
	switch {
	case err == nil:
		r.Action = Adopted
	case verify.ConditionNotMet(err):
		r.Action, r.Detail, err = Changed, "stored here meanwhile", nil
	case errors.As(err, new(storagedriver.PathNotFoundError)):
		r.Action, r.Detail, err = Changed, "deleted there meanwhile", nil
	}
	return r, err
}

// drop deletes the file there, as it was seen.
func (a *adopter) drop(ctx context.Context, r Result, seen verify.Version) (Result, error) {
	if !a.o.Apply {
		r.Action = WouldDrop
		return r, nil
	}
	there, ok := a.there.(verify.Conditional)
	if !ok {
		return r, fmt.Errorf("deleting %s: the storage can't write on condition", r.Path)
	}
	err := there.DeleteIfMatch(ctx, r.Path, seen.ETag)
	switch {
	case err == nil, errors.As(err, new(storagedriver.PathNotFoundError)):
		r.Action = Dropped
		return r, nil
	case verify.ConditionNotMet(err):
		r.Action, r.Detail = Changed, "stored there meanwhile"
		return r, nil
	}
	return r, fmt.Errorf("deleting %s under the other root prefix: %w", r.Path, err)
}
