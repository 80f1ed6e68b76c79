package driver

import (
	"fmt"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

// layerLinks are the paths of n links, each in a folder of its own, and that of one
// which isn't stored.
func layerLinks(n int) (stored []string, missing string) {
	for i := range n {
		stored = append(stored, fmt.Sprintf("/links/sha256/%04d/link", i))
	}
	return stored, "/links/sha256/missing/link"
}

// What DeleteFiles says of each path is true, whatever it takes to delete the rest.
func TestDeleteFilesTellsWhatBecameOfEach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		faults []faultproxy.Fault
	}{
		{name: "in a batch"},
		{name: "no batches", faults: []faultproxy.Fault{{Op: faultproxy.Batch, Kind: faultproxy.Foreign(403, true), Times: -1}}},
		{name: "answers lost", faults: []faultproxy.Fault{
			{Op: faultproxy.Batch, Kind: faultproxy.ResetAfter},
			{Op: faultproxy.List, Kind: faultproxy.CutResponse},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			d := s.driver(t)
			stored, missing := layerLinks(9)
			kept := "/links/sha256/kept/link"
			for _, p := range append(stored, kept) {
				require.NoError(t, d.PutContent(t.Context(), p, []byte("content")))
			}
			held, err := lease.NewBlobClient(s.direct.NewBlobClient(stored[4][1:]), nil)
			require.NoError(t, err)
			_, err = held.AcquireLease(t.Context(), -1, nil)
			require.NoError(t, err)
			for _, f := range c.faults {
				s.Arm(f)
			}

			errs := d.DeleteFiles(t.Context(), append(stored, missing, "/links/one"))
			require.Len(t, errs, 11)
			for i, err := range errs {
				switch i {
				case 4:
					require.ErrorContains(t, err, "LeaseIdMissing")
				case 9, 10:
					require.IsType(t, storagedriver.PathNotFoundError{}, err)
				default:
					require.NoError(t, err)
				}
			}
			left, err := d.List(t.Context(), "/links/sha256")
			require.NoError(t, err)
			require.Equal(t, []string{"/links/sha256/0004", "/links/sha256/kept"}, left)
		})
	}
}

// Hundreds of blobs cost a few requests.
func TestDeleteFilesOfManyFoldersTakesFewRequests(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := s.driver(t)
	stored, _ := layerLinks(300)
	for _, p := range stored {
		require.NoError(t, d.PutContent(t.Context(), p, nil))
	}
	s.ResetCounts()
	for _, err := range d.DeleteFiles(t.Context(), stored) {
		require.NoError(t, err)
	}
	require.LessOrEqual(t, s.Total(), 4, "a listing, two batches, a look for folders: %v", s.Requests())
}

// On an account with hierarchical namespace, folders that are empty then go as well.
func TestDeleteFilesLeavesNoEmptyFolders(t *testing.T) {
	t.Parallel()
	direct, err := azurite.Shared(t).Client()
	require.NoError(t, err)
	s := newStore(t, faultproxy.WithAccount(direct.ServiceClient()), faultproxy.Hierarchical())
	d := s.driver(t)
	stored, _ := layerLinks(5)
	kept := "/links/blobs/kept/data"
	for _, p := range append(stored, kept) {
		require.NoError(t, d.PutContent(t.Context(), p, []byte("content")))
	}
	for _, err := range d.DeleteFiles(t.Context(), stored) {
		require.NoError(t, err)
	}
	var left []string
	require.NoError(t, d.Walk(t.Context(), "/", func(info storagedriver.FileInfo) error {
		left = append(left, info.Path())
		return nil
	}))
	require.Equal(t, []string{"/links", "/links/blobs", "/links/blobs/kept", kept}, left)
}
