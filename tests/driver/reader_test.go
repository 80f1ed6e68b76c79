package driver

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
)

func TestReaderIsResumedAtTheExactByteWhenCutThreeTimes(t *testing.T) {
	t.Parallel()
	for name, offset := range map[string]int64{"from the start": 0, "from the middle": 1_234_567} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			content := random(7, 8*mebibyte)
			s.putDirect(t, "layer", content)
			cuts := s.Arm(faultproxy.Fault{Op: faultproxy.Get, Kind: faultproxy.CutResponse, Times: 3})

			r, err := s.driver(t).Reader(t.Context(), "/layer", offset)
			require.NoError(t, err)
			defer r.Close()
			got, err := io.ReadAll(r)
			require.NoError(t, err)
			requireEqual(t, content[offset:], got)
			require.Equal(t, 3, cuts.Struck())
			require.Equal(t, 4, s.Requests()[faultproxy.Get])
		})
	}
}

// The blob is replaced when half of it has been read, by one of the same length: what comes
// is a part of the old one and an error, and never a mixture.
func TestReaderOfAReplacedBlobFailsAndNeverMixes(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	content, other := random(8, 8*mebibyte), random(9, 8*mebibyte)
	s.putDirect(t, "layer", content)
	s.Arm(faultproxy.Fault{Op: faultproxy.Get, Kind: faultproxy.CutResponse})

	r, err := s.driver(t).Reader(t.Context(), "/layer", 0)
	require.NoError(t, err)
	defer r.Close()
	s.putDirect(t, "layer", other)
	got, err := io.ReadAll(r)

	var replaced *azure.ReplacedError
	require.ErrorAs(t, err, &replaced)
	require.Equal(t, "layer", replaced.Path)
	require.EqualValues(t, len(got), replaced.Offset)
	require.Less(t, len(got), len(content))
	requireEqual(t, content[:len(got)], got)
}

func TestReaderThatStallsIsResumed(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	content := random(10, mebibyte)
	s.putDirect(t, "layer", content)
	parameters := s.parameters()
	parameters.TryTimeout = "500ms"
	s.Arm(faultproxy.Fault{Op: faultproxy.Get, Kind: faultproxy.StallAfter})

	r, err := newDriver(t, parameters).Reader(t.Context(), "/layer", 0)
	require.NoError(t, err)
	defer r.Close()
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	requireEqual(t, content, got)
}

// A per-try timeout that covered the body would cut off every large layer on a slow link.
func TestReaderOfASlowLinkIsNotCutOff(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	content := random(11, 512<<10)
	s.putDirect(t, "layer", content)
	parameters := s.parameters()
	parameters.TryTimeout = "1s"
	s.SetBandwidth(0, 128<<10)

	r, err := newDriver(t, parameters).Reader(t.Context(), "/layer", 0)
	require.NoError(t, err)
	defer r.Close()
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	requireEqual(t, content, got)
	require.Equal(t, 1, s.Requests()[faultproxy.Get])
}
