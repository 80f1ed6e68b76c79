package faultproxy_test

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

func TestStrictBlobTypes(t *testing.T) {
	lax, _ := through(t)
	client, _ := through(t, faultproxy.Strict())
	log, block := newLog(t, client, "blob"), client.NewBlockBlobClient("blob")
	if _, err := block.Upload(t.Context(), body("bytes"), nil); !bloberror.HasCode(err, bloberror.InvalidBlobType) {
		t.Errorf("a block blob over an append blob: %v", err)
	}
	if _, err := log.Create(t.Context(), nil); err != nil {
		t.Errorf("an append blob over an append blob: %v", err)
	}
	if _, err := log.Delete(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := block.Upload(t.Context(), body("bytes"), nil); err != nil {
		t.Errorf("a block blob where there is nothing: %v", err)
	}
	if _, err := log.Create(t.Context(), nil); !bloberror.HasCode(err, bloberror.InvalidBlobType) {
		t.Errorf("an append blob over a block blob: %v", err)
	}

	// Without Strict, what Azurite does goes.
	newLog(t, lax, "blob")
	if _, err := lax.NewBlockBlobClient("blob").Upload(t.Context(), body("bytes"), nil); err != nil {
		t.Errorf("Azurite has become stricter, the proxy need not be: %v", err)
	}
}

// TestStrictTypesAreLearntByLooking starts with a blob that was made past the proxy.
func TestStrictTypesAreLearntByLooking(t *testing.T) {
	name := azurite.Shared(t).NewContainer(t)
	past, _ := proxied(t, name)
	newLog(t, past, "blob")
	client, _ := proxied(t, name, faultproxy.Strict())
	if _, err := client.NewBlobClient("blob").GetProperties(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	_, err := client.NewBlockBlobClient("blob").Upload(t.Context(), body("bytes"), nil)
	if !bloberror.HasCode(err, bloberror.InvalidBlobType) {
		t.Errorf("got %v", err)
	}
}

// TestChecksumsOfTheSDKAreRight would fail if this package computed the CRC64 otherwise than
// the SDK, which the service agrees with.
func TestChecksumsOfTheSDKAreRight(t *testing.T) {
	client, _ := through(t, faultproxy.Strict())
	log := newLog(t, client, "log")
	_, err := log.AppendBlock(t.Context(), body("some bytes"), &appendblob.AppendBlockOptions{
		TransactionalValidation: blob.TransferValidationTypeComputeCRC64(),
	})
	if err != nil {
		t.Error(err)
	}
}

func TestStrictChecksums(t *testing.T) {
	client, p := through(t, faultproxy.Strict())
	log := newLog(t, client, "log")
	_, err := log.AppendBlock(t.Context(), body("some bytes"), &appendblob.AppendBlockOptions{
		TransactionalValidation: blob.TransferValidationTypeCRC64(12345),
	})
	if !bloberror.HasCode(err, "Crc64Mismatch") {
		t.Errorf("a wrong CRC64: %v", err)
	}
	_, err = client.NewBlockBlobClient("block").Upload(t.Context(), body("some bytes"), &blockblob.UploadOptions{
		TransactionalValidation: blob.TransferValidationTypeMD5("0123456789abcdef"),
	})
	if !bloberror.HasCode(err, bloberror.MD5Mismatch) {
		t.Errorf("a wrong MD5: %v", err)
	}
	if n := p.Requests()[faultproxy.Append]; n != 1 {
		t.Errorf("%d appends", n)
	}
}

// TestDamageIsNoticed is about the fault, so it needs no Strict.
func TestDamageIsNoticed(t *testing.T) {
	client, p := through(t)
	log := newLog(t, client, "log")
	p.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.FlipRequest})
	_, err := log.AppendBlock(t.Context(), body("some bytes"), &appendblob.AppendBlockOptions{
		TransactionalValidation: blob.TransferValidationTypeComputeCRC64(),
	})
	if !bloberror.HasCode(err, "Crc64Mismatch") {
		t.Errorf("got %v", err)
	}
	head, err := log.GetProperties(t.Context(), nil)
	if err != nil || *head.ContentLength != 0 {
		t.Errorf("the damaged block was stored: %v", err)
	}
}
