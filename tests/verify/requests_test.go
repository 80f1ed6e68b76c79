package verify

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// TestQuickRunCostsOneReadAManifestAndAListing counts the requests of a quick run
// over a sound registry: it reads no link, no tag and no layer, and asks for no
// blob's properties.
func TestQuickRunCostsOneReadAManifestAndAListing(t *testing.T) {
	const images = 60
	a := verifytest.NewAzure(t)
	r := verifytest.New(t, a.Driver, a)
	for i := range images {
		repository := fmt.Sprintf("team-%d/app-%d", i%3, i%7)
		r.PushImage(repository, fmt.Sprintf("v%d", i), r.PushBlob(repository, verifytest.Noise(uint64(i), 100)))
	}
	p := newProxy(t, a)
	config := configuration(t, azureSection(a, p.url), "127.0.0.1:0")
	require.Empty(t, findings(t, config, 0))
	require.Equal(t, images, p.reads)
	require.Zero(t, p.writes)
	require.Zero(t, p.looks)
	// The driver looks for names of both styles at its start, and is opened for both;
	// each is listed.
	require.Equal(t, 6, p.lists)
}

// TestQuickRunOverALargeRegistry is the promise for 20,000 manifests and 100,000
// layers and configs: one listing request per 1,000 blobs, one read per manifest, one
// look at a folder, and less than 200 MiB of memory.
func TestQuickRunOverALargeRegistry(t *testing.T) {
	const images, blobs = 20_000, 120_000
	s := newLargeService(t, images)
	config := configuration(t, fmt.Sprintf(
		"azure: {accountname: account, accountkey: c2VjcmV0, serviceurl: %q, container: container}", s.url), "127.0.0.1:0")
	o := registry(t, "verify", config, "--format", "json")
	require.Equal(t, 0, o.code, o.stdout+o.stderr)
	var summary verify.Summary
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &summary))
	require.Equal(t, images, summary.Manifests)
	require.Equal(t, blobs, summary.Blobs)
	require.LessOrEqual(t, s.lists.Load(), int64(blobs/1000))
	require.LessOrEqual(t, s.reads.Load(), int64(images))
	require.LessOrEqual(t, s.looks.Load(), int64(1), "whether folders exist by themselves is asked once")
	require.Zero(t, s.other.Load())
	require.Positive(t, o.peakMemory)
	require.Less(t, o.peakMemory, int64(200<<10), "KiB of memory")
	t.Logf("%d listing requests, %d reads, %d KiB of memory", s.lists.Load(), s.reads.Load(), o.peakMemory)
}

// TestFullRunAsksForRangesOfALargeLayer is about the last large layer of a run, which has
// all streams for itself: each asks for a part and for no byte behind it, so that
// connections are used again.
func TestFullRunAsksForRangesOfALargeLayer(t *testing.T) {
	a := verifytest.NewAzure(t)
	r := verifytest.New(t, a.Driver, a)
	layer := r.PushBlob("a", verifytest.Noise(1, 40<<20))
	bounded := regexp.MustCompile(`^bytes=\d+-\d+$`)
	var ranges, streams atomic.Int64
	p := newProxy(t, a)
	p.before = func(req *http.Request) {
		switch {
		case req.Method != http.MethodGet || !strings.HasSuffix(req.URL.Path, layout.BlobPath(layer.Digest)):
		case bounded.MatchString(req.Header.Get("X-Ms-Range")):
			ranges.Add(1)
		default:
			streams.Add(1)
		}
	}
	config := configuration(t, azureSection(a, p.url), "127.0.0.1:0")
	require.Empty(t, findings(t, config, 0, "--full"))
	require.Greater(t, ranges.Load(), int64(8))
	require.Zero(t, streams.Load())
	flipped := append([]byte(nil), r.Right[layout.BlobPath(layer.Digest)]...)
	flipped[39<<20] ^= 1
	r.Replace(layout.BlobPath(layer.Digest), flipped)
	found := findings(t, config, 1, "--full", "--max-bytes", "1")
	require.Len(t, found, 1)
	require.Equal(t, verify.BlobCorrupt, found[layout.BlobPath(layer.Digest)].Kind)
	require.Positive(t, streams.Load(), "the second look is at one state of the blob")
}
