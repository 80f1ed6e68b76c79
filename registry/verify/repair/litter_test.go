package repair_test

import (
	"context"
	"path"
	"testing"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// findLitter returns everything that is wrong or litter; every upload is old.
func findLitter(t *testing.T, driver storagedriver.StorageDriver) []verify.Finding {
	t.Helper()
	var findings []verify.Finding
	o := verify.Options{Settle: time.Millisecond, Litter: true, UploadAge: time.Hour}
	_, err := verify.Run(t.Context(), driver, o, func(f verify.Finding) error {
		findings = append(findings, f)
		return nil
	})
	require.NoError(t, err)
	return findings
}

// littered returns a registry with an image, and a link to a blob that isn't stored.
func littered(t *testing.T) (*verifytest.Registry, digest.Digest) {
	r := newRegistry(t)
	r.PushImage("b", "v1")
	layer := r.PushBlob("a", verifytest.Noise(1, 100))
	require.NoError(t, r.Driver.Delete(t.Context(), layout.BlobFolder(layer.Digest)))
	return r, layer.Digest
}

func TestLitterIsRemovedOnlyWhenAskedFor(t *testing.T) {
	r, layer := littered(t)
	r.BeginUpload("a", time.Now().Add(-2*time.Hour))
	for _, o := range []repair.Options{{Apply: true}, {Litter: true}, {Apply: true, Litter: true}} {
		actions := make(map[repair.Action]int)
		found := findLitter(t, r.Driver)
		require.Len(t, found, 2)
		summary, err := repair.Run(t.Context(), r.Driver, found, o, func(result repair.Result) error {
			actions[result.Action]++
			return nil
		})
		require.NoError(t, err)
		require.Zero(t, summary.Remaining)
		want := repair.Left
		switch {
		case o.Apply && o.Litter:
			want = repair.Removed
		case o.Litter:
			want = repair.WouldRemove
		}
		require.Equal(t, map[repair.Action]int{want: 2}, actions)
	}
	require.Empty(t, findLitter(t, r.Driver))
	_, err := r.Driver.Stat(t.Context(), layout.Entry{Kind: layout.LayerLink, Repository: "a", Digest: layer}.Path())
	require.ErrorAs(t, err, &storagedriver.PathNotFoundError{})
}

// TestNothingThatIsPushedIsLostWithLitter lets a push of the blob that a link leads
// to, to this repository or to another one, happen before each request of a repair,
// which may then remove the link or not: it is there when the blob is.
func TestNothingThatIsPushedIsLostWithLitter(t *testing.T) {
	for _, here := range []bool{true, false} {
		n := 0
		for struck := true; struck; n++ {
			struck = false
			r, layer := littered(t)
			link := layout.Entry{Kind: layout.LayerLink, Repository: "a", Digest: layer}.Path()
			c := withConditions(r.Driver)
			found := findLitter(t, c)
			requests := 0
			_, err := repair.Run(t.Context(), c.hooked(func() {
				if requests++; requests != n+1 {
					return
				}
				struck = true
				require.NoError(t, c.PutContent(t.Context(), layout.BlobPath(layer), verifytest.Noise(1, 100)))
				if here {
					require.NoError(t, c.PutContent(t.Context(), link, []byte(layer)))
				}
			}), found, repair.Options{Apply: true, Litter: true}, ignored)
			require.NoError(t, err)
			if !struck {
				break
			}
			held, err := c.GetContent(t.Context(), link)
			if !here && err != nil && requests == n+1 {
				break // pushed when the repair was over
			}
			require.NoError(t, err, "request %d", n)
			require.Equal(t, layer.String(), string(held))
		}
		require.Greater(t, n, 3)
	}
}

// TestUploadThatGoesOnIsNoLitter sends another chunk before each request of a
// repair: it is refused, or stays.
func TestUploadThatGoesOnIsNoLitter(t *testing.T) {
	n := 0
	for struck := true; struck; n++ {
		struck = false
		r := newRegistry(t)
		data := r.BeginUpload("a", time.Now().Add(-2*time.Hour)).Path()
		c := withConditions(r.Driver)
		require.NoError(t, c.PutContent(t.Context(), data, []byte("first")))
		found := findLitter(t, c)
		require.Len(t, found, 1)
		requests, accepted := 0, false
		_, err := repair.Run(t.Context(), c.hooked(func() {
			if requests++; requests == n+1 {
				struck = true
				accepted = appendTo(t.Context(), c, data) == nil
			}
		}), found, repair.Options{Apply: true, Litter: true}, ignored)
		require.NoError(t, err)
		_, err = c.Stat(t.Context(), path.Dir(data))
		require.Equal(t, accepted, err == nil, "request %d", n)
	}
	require.Greater(t, n, 4)
}

// appendTo goes on with an upload as the registry does.
func appendTo(ctx context.Context, driver storagedriver.StorageDriver, data string) error {
	w, err := driver.Writer(ctx, data, true)
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte("second")); err != nil {
		return err
	}
	return w.Close()
}
