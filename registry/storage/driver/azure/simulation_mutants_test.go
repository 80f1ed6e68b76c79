//go:build !race

// The mutants run on the same code as TestSimulation, in which the race detector
// looks for races; here it would only take time.

package azure

import (
	"net/http"
	"testing"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
)

// mutantSeeds bounds the search for a run that a mutant breaks.
const mutantSeeds = 6000

// mutants are drivers that lack one safeguard each, made by taking it off its
// requests or answers, or by misreading these on the driver's behalf.
var mutants = []struct {
	name     string
	features []string // of the world that it shows in; nil for an ordinary one
	mutation mutation
}{
	{name: "create over what exists", mutation: off(blobsim.CreateAppend, "", "If-None-Match", "")},
	{name: "put over what exists", mutation: off(blobsim.PutBlob, "", "If-None-Match", "")},
	{name: "put over what changed", mutation: off(blobsim.PutBlob, "", "If-Match", "")},
	{name: "put what was damaged", mutation: off(blobsim.PutBlob, "", "Content-MD5", "")},
	{name: "append anywhere", mutation: off(blobsim.AppendBlock, "", "x-ms-blob-condition-appendpos", "")},
	{name: "append what was damaged", mutation: off(blobsim.AppendBlock, "", "x-ms-content-crc64", "")},
	{name: "delete an upload that changed", mutation: off(blobsim.DeleteBlob, "_uploads", "If-Match", "")},
	{name: "delete a layer that changed", mutation: off(blobsim.DeleteBlob, "blobs/", "If-Match", "")},
	{name: "delete a link that changed", mutation: off(blobsim.DeleteBlob, "link", "If-Match", "")},
	{name: "make room by deleting what changed", mutation: off(blobsim.DeleteBlob, "quarrel", "If-Match", "")},
	{name: "copy what changed", mutation: off(blobsim.CopyBlob, "", "x-ms-source-if-match", "")},
	{name: "copy over what exists", mutation: off(blobsim.CopyBlob, "", "If-None-Match", "")},
	{name: "copy over what changed", mutation: off(blobsim.CopyBlob, "", "If-Match", "")},
	{name: "read on in what changed", mutation: readOn},
	{name: "take an unfinished copy for complete", mutation: off(blobsim.GetProperties, "", "", "x-ms-copy-status")},
	{name: "read an unfinished copy", mutation: off(blobsim.GetBlob, "", "", "x-ms-copy-status")},

	{name: "believe a gateway that something is absent", features: []string{"gateway"}, mutation: believe(http.StatusNotFound, "BlobNotFound")},
	{name: "believe a gateway that something exists", features: []string{"gateway"}, mutation: believe(http.StatusConflict, "BlobAlreadyExists")},
	{name: "believe a gateway's refusal", features: []string{"gateway"}, mutation: believe(http.StatusForbidden, "AuthorizationFailure")},
	{name: "believe a gateway that something was put", features: []string{"gateway"}, mutation: believe(http.StatusCreated, "")},
	{name: "believe a gateway that something was deleted", features: []string{"gateway"}, mutation: believe(http.StatusAccepted, "")},
	{name: "believe a gateway that something is there", features: []string{"gateway"}, mutation: believe(http.StatusOK, "")},
	{name: "take a token that can't be had for a refusal", features: []string{"tokens"}, mutation: refuseWithoutToken},
	{name: "delete without snapshots", features: []string{"snapshots"}, mutation: off(blobsim.DeleteBlob, "", "x-ms-delete-snapshots", "")},
	{name: "take the whole for the part asked for", features: []string{"inspecting proxy"}, mutation: takeWholeForPart},
	{name: "take directories for blobs", features: []string{"hierarchical"}, mutation: hideDirectories},
	{name: "delete in order to change the type", features: []string{"versioned"}, mutation: deleteToChangeType},
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
			world := append([]string{}, m.features...) // not nil: nothing is drawn
			for seed := range uint64(mutantSeeds) {
				mutant := simulate(t, seed, simOptions{features: world, mutant: m.mutation})
				if len(mutant.violations) > 0 && len(simulate(t, seed, simOptions{features: world}).violations) == 0 {
					t.Logf("caught by seed %d: %s", seed, mutant.violations[0])
					return
				}
			}
			t.Errorf("%d seeds didn't notice", mutantSeeds)
		})
	}
}
