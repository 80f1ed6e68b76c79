package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// impatient is a budget that is spent long before a block of the usual size has crossed the links
// below: what doesn't fit has to be sent in smaller parts.
func impatient(s *registrytest.Storage) registrytest.Section {
	return s.Azure(registrytest.Section{"retry_budget": "8s", "try_timeout": "1s"})
}

// Issue 11: blocks grew to 16 MiB, the try was cut, and the push failed for good.
func TestIssue11UploadOverASlowLinkEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rate, size int // bytes a second, bytes
	}{
		{1_500_000, 12 * mebibyte},
		{150 * kibibyte, 3 * mebibyte / 2},
		{64 * kibibyte, 256 * kibibyte},
	} {
		t.Run(fmt.Sprintf("%d KiB a second", c.rate/kibibyte), func(t *testing.T) {
			t.Parallel()
			s := registrytest.NewStorage(t)
			r := registrytest.Start(t, registrytest.Options{Azure: impatient(s)})
			content := registrytest.Random(t.Name(), c.size)
			s.SetBandwidth(c.rate, c.rate)
			_, err := pushChunks(t.Context(), "slow/link", content, c.size, r)
			require.NoError(t, err)
			s.SetBandwidth(0, 0)
			requireBlob(t.Context(), t, r, "slow/link", content)
		})
	}
}

// Each of the eight has an eighth of the link, and the tries of all run out of time at once.
func TestEightUploadsShareASlowLink(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: impatient(s)})
	s.SetBandwidth(1_200_000, 1_200_000)
	var uploads errgroup.Group
	contents := make([][]byte, 8)
	for i := range contents {
		contents[i] = registrytest.Random(fmt.Sprint(t.Name(), i), mebibyte)
		uploads.Go(func() error {
			_, err := pushChunks(t.Context(), fmt.Sprintf("slow/eight%d", i), contents[i], mebibyte, r)
			return err
		})
	}
	require.NoError(t, uploads.Wait())
	s.SetBandwidth(0, 0)
	for i, content := range contents {
		requireBlob(t.Context(), t, r, fmt.Sprintf("slow/eight%d", i), content)
	}
}

// What landed although its answer was lost is read back over the slow link, and not sent again.
func TestReadBackOverASlowLink(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: impatient(s)})
	content := registrytest.Random(t.Name(), mebibyte)
	lost := s.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.ResetAfter})
	s.SetBandwidth(0, 200*kibibyte)
	_, err := pushChunks(t.Context(), "slow/readback", content, len(content), r)
	require.NoError(t, err)
	require.Equal(t, 1, lost.Struck())
	s.SetBandwidth(0, 0)
	requireBlob(t.Context(), t, r, "slow/readback", content)
}
