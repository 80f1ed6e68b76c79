//go:build !race

// The mutants run on the same code as TestSimulation, in which the race detector
// looks for races; here it would only take time.

package azure

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
)

// mutantSeeds bounds the search for a run that a mutant breaks.
const mutantSeeds = 6000

// mutants are drivers that lack one safeguard each, made by taking it off its
// requests or answers.
var mutants = []struct {
	name      string
	operation blobsim.Operation
	blob      string // part of the blob's name, if only some blobs are meant
	request   string // header that is taken off requests
	answer    string // header that is taken off answers
}{
	{name: "create over what exists", operation: blobsim.CreateAppend, request: "If-None-Match"},
	{name: "put over what exists", operation: blobsim.PutBlob, request: "If-None-Match"},
	{name: "put over what changed", operation: blobsim.PutBlob, request: "If-Match"},
	{name: "put what was damaged", operation: blobsim.PutBlob, request: "Content-MD5"},
	{name: "append anywhere", operation: blobsim.AppendBlock, request: "x-ms-blob-condition-appendpos"},
	{name: "append what was damaged", operation: blobsim.AppendBlock, request: "x-ms-content-crc64"},
	{name: "delete an upload that changed", operation: blobsim.DeleteBlob, blob: "_uploads", request: "If-Match"},
	{name: "delete a layer that changed", operation: blobsim.DeleteBlob, blob: "blobs/", request: "If-Match"},
	{name: "delete a link that changed", operation: blobsim.DeleteBlob, blob: "link", request: "If-Match"},
	{name: "make room by deleting what changed", operation: blobsim.DeleteBlob, blob: "quarrel", request: "If-Match"},
	{name: "copy what changed", operation: blobsim.CopyBlob, request: "x-ms-source-if-match"},
	{name: "copy over what exists", operation: blobsim.CopyBlob, request: "If-None-Match"},
	{name: "copy over what changed", operation: blobsim.CopyBlob, request: "If-Match"},
	{name: "read on in what changed", operation: blobsim.GetBlob, request: "If-Match"},
	{name: "take an unfinished copy for complete", operation: blobsim.GetProperties, answer: "x-ms-copy-status"},
	{name: "read an unfinished copy", operation: blobsim.GetBlob, answer: "x-ms-copy-status"},
}

// TestSimulationCatchesMutants shows that each of the driver's conditions is
// needed, and that the simulation would notice if it were lost.
func TestSimulationCatchesMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("searches thousands of runs")
	}
	quiet(t)
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			var touched atomic.Int64
			mutate := func(next http.RoundTripper) http.RoundTripper {
				return roundTripper(func(req *http.Request) (*http.Response, error) {
					if blobsim.OperationOf(req) != m.operation || !strings.Contains(req.URL.Path, m.blob) {
						return next.RoundTrip(req)
					}
					req = req.Clone(req.Context())
					touched.Add(without(req.Header, m.request))
					resp, err := next.RoundTrip(req)
					if err == nil {
						touched.Add(without(resp.Header, m.answer))
					}
					return resp, err
				})
			}
			for seed := range uint64(mutantSeeds) {
				mutant := simulate(t, seed, simOptions{mutant: mutate})
				if len(mutant.violations) > 0 && len(simulate(t, seed, simOptions{}).violations) == 0 {
					t.Logf("caught by seed %d: %s", seed, mutant.violations[0])
					return
				}
			}
			t.Errorf("%d seeds didn't notice (%d headers were taken off)", mutantSeeds, touched.Load())
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// without takes a header off, in whatever case it is written, and tells how
// often it was there.
func without(header http.Header, name string) int64 {
	n := int64(0)
	for key := range header {
		if name != "" && strings.EqualFold(key, name) {
			delete(header, key)
			n++
		}
	}
	return n
}
