package parity

import (
	"fmt"
	"net/http"
	"path"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

var collectionCases = func() []reported {
	cases := []reported{
		{name: "garbage-collect on an empty container", source: "distribution#2646, issue 10", run: collectNothing},
		{name: "garbage-collect on a repository without layers", source: "distribution#4443, issue 10", run: collectWithoutLayers},
		{name: "garbage-collect --delete-untagged twice after the last tag went", source: "distribution#4443", run: collectUntaggedTwice},
		{name: "garbage-collect goes on after a blob that can't be deleted", source: "issue 10", run: collectPastLease},
		{name: "a batch whose parts come back without Content-ID", source: "pgbackrest PR 2786", ours: true, run: deleteByBatches(faultproxy.NoContentIDs)},
		{name: "one 403 to a batch: the next delete asks by batches again", source: "REST Blob Batch; a role assignment under way", ours: true, run: deleteByBatches(faultproxy.PermissionMismatch)},
	}
	for _, op := range []faultproxy.Op{faultproxy.Get, faultproxy.List, faultproxy.Head} {
		cases = append(cases, reported{
			name: fmt.Sprintf("one foreign answer to %s during garbage-collect deletes nothing alive", op), source: gateways, run: collectUnderForeign(op),
		})
	}
	return cases
}()

// collectUnderForeign has every one of the collection's first requests answered by a gateway, once each.
func collectUnderForeign(op faultproxy.Op) func(*lab) {
	return func(l *lab) {
		r := l.serve(registrytest.Section{"retry_delay": "20ms"})
		image := l.image("alive", 20*kibibyte, 10*kibibyte)
		require.NoError(l, l.push(r, "gc/alive:v1", image))
		stored := l.Names(l.T)
		struck := 0
		for _, kind := range []faultproxy.Kind{faultproxy.Foreign(404, true), faultproxy.Foreign(200, true), faultproxy.Foreign(204, false)} {
			for skip := range 5 {
				armed := l.Arm(faultproxy.Fault{Op: op, Kind: kind, Skip: skip})
				output, err := l.collect(r)
				struck += armed.Struck()
				l.Disarm()
				l.Logf("%v: %v", armed, err)
				require.Subset(l, l.Names(l.T), stored, "%v: something alive was deleted (%v)\n%s", armed, err, output)
			}
		}
		require.NoError(l, l.pull(r, "gc/alive:v1", image))
		if op != faultproxy.Head { // some collections don't ask that way
			require.Positive(l, struck)
		}
	}
}

func collectNothing(l *lab) {
	r := l.serve(nil)
	output, err := l.collect(r)
	require.NoError(l, err, "%s", output)
}

func collectWithoutLayers(l *lab) {
	r := l.serve(nil)
	image := l.image("bare", kibibyte)
	require.NoError(l, l.push(r, "gc/bare:v1", image))
	for _, name := range l.Names(l.T) {
		if strings.Contains(name, "/_layers/") {
			_, err := l.Direct.NewBlobClient(name).Delete(l.ctx, nil)
			require.NoError(l, err)
		}
	}
	output, err := l.collect(r)
	require.NoError(l, err, "%s", output)
	require.Equal(l, http.StatusOK, l.manifest(r, http.MethodGet, "gc/bare", "v1").status)
}

func collectUntaggedTwice(l *lab) {
	r := l.serve(nil)
	require.NoError(l, l.push(r, "gc/untagged:v1", l.image("untagged", kibibyte)))
	require.Equal(l, http.StatusAccepted, l.manifest(r, http.MethodDelete, "gc/untagged", "v1").status)
	for range 2 {
		output, err := l.collect(r, "--delete-untagged")
		require.NoError(l, err, "%s", output)
	}
	require.Empty(l, l.Digests(l.T))
}

func collectPastLease(l *lab) {
	r := l.serve(nil)
	image := l.image("leased", kibibyte, 2*kibibyte, 3*kibibyte)
	require.NoError(l, l.push(r, "gc/leased:v1", image))
	digest, err := image.Digest()
	require.NoError(l, err)
	require.Equal(l, http.StatusAccepted, l.manifest(r, http.MethodDelete, "gc/leased", digest.String()).status)
	var digests []string
	for _, name := range l.Names(l.T) {
		if strings.HasPrefix(name, "docker/registry/v2/blobs/") {
			digests = append(digests, name)
		}
	}
	held, err := lease.NewBlobClient(l.Direct.NewBlobClient(digests[0]), nil)
	require.NoError(l, err)
	_, err = held.AcquireLease(l.ctx, 60, nil)
	require.NoError(l, err)

	output, err := l.collect(r)
	require.Error(l, err, "a collection that left something behind says so")
	require.Contains(l, output, path.Base(path.Dir(digests[0])), "which one can't be deleted isn't said")
	require.Len(l, l.Digests(l.T), 1)
	_, err = held.ReleaseLease(l.ctx, nil)
	require.NoError(l, err)
}

// deleteByBatches deletes a tag with a history, which is several blobs. The answer to the first batch goes wrong:
// all is deleted all the same, and the next delete asks by batches again.
func deleteByBatches(kind faultproxy.Kind) func(*lab) {
	return func(l *lab) {
		r := l.serve(registrytest.Section{"retry_delay": "20ms"})
		for round := range 2 {
			for i := range 4 {
				require.NoError(l, l.push(r, "gc/batches:v1", l.image(fmt.Sprint(round, i), kibibyte)))
			}
			l.ResetCounts()
			if round == 0 {
				l.Arm(faultproxy.Fault{Op: faultproxy.Batch, Kind: kind})
			}
			require.Equal(l, http.StatusAccepted, l.manifest(r, http.MethodDelete, "gc/batches", "v1").status)
			require.Positive(l, l.Requests()[faultproxy.Batch], "no batches")
			l.MustHaveStruck(l.T)
			l.Disarm()
			for _, name := range l.Names(l.T) {
				require.NotContains(l, name, "_manifests/tags/v1")
			}
		}
	}
}
