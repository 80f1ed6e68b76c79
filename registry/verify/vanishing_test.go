package verify_test

import (
	"context"
	"io/fs"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// vanishing breaks off its listings, so many times, as the filesystem driver does
// when a folder goes between being opened and being read.
type vanishing struct {
	storagedriver.StorageDriver
	times int
}

func (v *vanishing) List(ctx context.Context, path string) ([]string, error) {
	if v.times > 0 {
		return nil, storagedriver.Error{DriverName: "filesystem", Detail: &fs.PathError{Op: "readdirent", Path: path, Err: fs.ErrNotExist}}
	}
	return v.StorageDriver.List(ctx, path)
}

func (v *vanishing) Walk(ctx context.Context, path string, f storagedriver.WalkFn, options ...func(*storagedriver.WalkOptions)) error {
	err := v.StorageDriver.Walk(ctx, path, f, options...)
	if v.times > 0 {
		v.times--
		err = storagedriver.Error{DriverName: "filesystem", Detail: &fs.PathError{Op: "readdirent", Path: path, Err: fs.ErrNotExist}}
	}
	return err
}

func TestUploadThatEndsWhileItsFolderIsListed(t *testing.T) {
	r := newRegistry(t)
	r.PushImage("a", "latest", r.PushBlob("a", verifytest.Noise(1, 1000)))
	r.Driver = &vanishing{r.Driver, 1}
	found, summary := run(t, r, verify.Options{})
	require.Empty(t, found)
	require.Equal(t, 1, summary.Tags)
}

func TestListingThatNeverSucceedsIsAnError(t *testing.T) {
	r := newRegistry(t)
	r.Driver = &vanishing{r.Driver, 1000}
	_, err := verify.Run(t.Context(), r.Driver, verify.Options{}, nil)
	require.ErrorContains(t, err, "listing /docker/registry/v2")
}
