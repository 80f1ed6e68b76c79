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
	Differs    Action = "differs"    // what is here has another size, and both are left: verify tells which is right
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

// decide treats one file that is there.
func (a *adopter) decide(ctx context.Context, kind layout.Kind, info storagedriver.FileInfo) (Result, error) {
	r := Result{Path: info.Path(), Size: info.Size()}
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
		return a.tag(ctx, r, info)
	}
	return a.drop(ctx, r)
}

// tag treats a tag that is in both places: the newer one stays. What the other one
// named is in the tag's index.
func (a *adopter) tag(ctx context.Context, r Result, info storagedriver.FileInfo) (Result, error) {
	v, err := verify.Look(ctx, a.here, r.Path)
	if err != nil {
		return r, err
	}
	if v == (verify.Version{}) {
		r.Action, r.Detail = Changed, "deleted here meanwhile"
		return r, nil
	}
	here, err := a.here.GetContent(ctx, r.Path)
	if err != nil {
		return r, fmt.Errorf("reading the tag %s: %w", r.Path, err)
	}
	there, err := a.there.GetContent(ctx, r.Path)
	if err != nil {
		return r, fmt.Errorf("reading the tag %s under the other root prefix: %w", r.Path, err)
	}
	r.Detail = fmt.Sprintf("%s is here", here)
	if string(here) == string(there) {
		return a.drop(ctx, r)
	}
	if info.ModTime().After(v.Modified) && digest.Digest(there).Validate() == nil {
		r.Detail = fmt.Sprintf("newer than %s, which is here", here)
		return a.bring(ctx, r, v.ETag)
	}
	r.Detail = fmt.Sprintf("older than %s, which is here", here)
	return a.drop(ctx, r)
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

// drop deletes the file there.
func (a *adopter) drop(ctx context.Context, r Result) (Result, error) {
	if !a.o.Apply {
		r.Action = WouldDrop
		return r, nil
	}
	there, ok := a.there.(verify.Conditional)
	if !ok {
		return r, fmt.Errorf("deleting %s: the storage can't write on condition", r.Path)
	}
	etag, err := there.ETag(ctx, r.Path)
	if err == nil {
		err = there.DeleteIfMatch(ctx, r.Path, etag)
	}
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
