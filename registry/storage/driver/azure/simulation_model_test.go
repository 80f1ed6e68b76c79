package azure

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// knownDifferences is where Azurite doesn't answer as Azure's REST reference
// says and the model does.
var knownDifferences = []struct {
	operation      blobsim.Operation
	model, azurite string // status and error code
	why            string
}{
	{blobsim.PutBlob, "409 InvalidBlobType", "201 ", "a block blob may take the place of an append blob"},
	{blobsim.CreateAppend, "409 InvalidBlobType", "201 ", "and the other way round"},
	{blobsim.CopyBlob, "409 InvalidBlobType", "202 ", "and a copy that of another type"},
	{blobsim.PutBlob, "400 Md5Mismatch", "400 InvalidOperation", "another code for a wrong Content-MD5"},
	{blobsim.CopyBlob, "412 SourceConditionNotMet", "412 ConditionNotMet", "no code of its own for the source"},
	{blobsim.DeleteBlob, "404 BlobNotFound", "412 ConditionNotMet", "If-Match is evaluated without a blob"},
	{blobsim.GetBlob, "404 BlobNotFound", "412 ConditionNotMet", "the same for a read"},
	{blobsim.GetProperties, "404 BlobNotFound", "412 ConditionNotMet", "the same for a read"},
	{blobsim.SetMetadata, "404 BlobNotFound", "412 ConditionNotMet", "If-Match is evaluated without a blob"},
	{blobsim.AbortCopy, "409 NoPendingCopyOperation", "409 CopyIdMismatch", "the ID is compared before the status"},
}

// TestModelAnswersLikeAzurite makes the same random requests to the model and to
// the account of the environment, which is Azurite in CI, and compares every
// answer. Where they are known to differ the blob is removed on both sides.
func TestModelAnswersLikeAzurite(t *testing.T) {
	p := account(t)
	s, _, err := config.Interpret(p)
	if err != nil {
		t.Fatal(err)
	}
	key, err := azblob.NewSharedKeyCredential(s.AccountName, s.AccountKey)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := container.NewClientWithSharedKeyCredential(s.ServiceURL+"/"+s.Container, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	met := map[string]int{}
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 0))
		prefix := fmt.Sprintf("model-%x/%d/", rand.Uint64(), seed)
		emulator := &probe{container: stored, prefix: prefix}
		model := &probe{container: modelContainer(t), prefix: prefix}
		for i := range 60 {
			step := randomStep(random)
			want, got := emulator.take(t, step), model.take(t, step)
			if got == want {
				continue
			}
			why, known := knownDifference(step.operation, got, want)
			if !known {
				t.Fatalf("seed %d, request %d, %+v:\n  model:   %s\n  service: %s", seed, i, step, got, want)
			}
			met[why]++
			emulator.remove(t, step.name)
			model.remove(t, step.name)
		}
		emulator.clear(t)
	}
	t.Logf("known differences met: %v", met)
}

func knownDifference(operation blobsim.Operation, model, service string) (why string, known bool) {
	for _, d := range knownDifferences {
		if d.operation == operation && d.model == model && d.azurite == service {
			return d.why, true
		}
	}
	return "", false
}
