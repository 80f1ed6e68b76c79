package driver

import (
	"io"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

func TestRangeReader(t *testing.T) {
	t.Parallel()
	client, err := azurite.Shared(t).Client()
	require.NoError(t, err)
	content := random(12, 3*mebibyte)
	for fault, requests := range map[*faultproxy.Fault]int{
		nil: 1,
		{Op: faultproxy.Get, Kind: faultproxy.CutResponse, Times: 2}: 3,
		{Op: faultproxy.Get, Kind: faultproxy.IgnoreRange}:           1,
	} {
		s := newStore(t, faultproxy.WithAccount(client.ServiceClient()))
		s.putDirect(t, "layer", content)
		driver := s.driver(t)
		for _, c := range []struct{ offset, length, end int64 }{
			{0, mebibyte, mebibyte},
			{1_234_567, mebibyte, 1_234_567 + mebibyte},
			{2 * mebibyte, mebibyte, 3 * mebibyte},
			{2*mebibyte + 1, mebibyte, 3 * mebibyte},
			{mebibyte, 100 * mebibyte, 3 * mebibyte},
			{0, 3 * mebibyte, 3 * mebibyte},
		} {
			if fault != nil {
				s.Arm(*fault)
			}
			before := s.Requests()[faultproxy.Get]
			r, err := driver.RangeReader(t.Context(), "/layer", c.offset, c.length)
			require.NoError(t, err)
			got, err := io.ReadAll(r)
			require.NoError(t, err)
			require.NoError(t, r.Close())
			requireEqual(t, content[c.offset:c.end], got)
			require.Equal(t, requests, s.Requests()[faultproxy.Get]-before)
		}
	}
}

func TestRangeReaderOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.putDirect(t, "layer", random(13, 1000))
	driver := s.driver(t)

	_, err := driver.RangeReader(t.Context(), "/other", 0, 10)
	require.IsType(t, storagedriver.PathNotFoundError{}, err)
	for _, offset := range []int64{1000, 5000} {
		r, err := driver.RangeReader(t.Context(), "/layer", offset, 10)
		require.NoError(t, err)
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		require.Empty(t, got)
	}
	for _, wrong := range [][2]int64{{-1, 10}, {0, 0}, {0, -1}} {
		_, err := driver.RangeReader(t.Context(), "/layer", wrong[0], wrong[1])
		require.ErrorContains(t, err, "/layer")
	}
	_, err = driver.RangeReader(t.Context(), "layer", 0, 10)
	require.ErrorAs(t, err, new(storagedriver.InvalidPathError))
}
