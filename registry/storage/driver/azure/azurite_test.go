package azure

import (
	"bytes"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) Do(req *http.Request) (*http.Response, error) { return f(req) }

// Azure refuses a block with both checksums; Azurite refuses the CRC64 and
// verifies the MD5.
func TestBlocksCarryTheChecksumThatTheServiceVerifies(t *testing.T) {
	server, last := "", http.Header{}
	transport := roundTrip(func(req *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, req.Body)
		last = req.Header
		return &http.Response{
			StatusCode: http.StatusCreated,
			Header:     http.Header{"Server": {server}, "X-Ms-Blob-Append-Offset": {"0"}},
			Body:       http.NoBody, Request: req,
		}, nil
	})
	d, err := newDriver(config.Settings{
		Credentials: config.SharedKey, AccountName: "a", AccountKey: "a2V5", ServiceURL: "https://a.invalid", Container: "c",
		Cloud: cloud.AzurePublic, TryTimeout: testBase, RetryBudget: testBase, ChunkSize: 4 << 20,
	}, policy.Transporter(transport))
	if err != nil {
		t.Fatal(err)
	}
	block := bytes.Repeat([]byte("block"), 100)
	for _, c := range []struct {
		server     string // of this answer; the driver knows it from the next request on
		crc64, md5 bool   // of this request
	}{
		{"Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0", true, false},
		{"", true, false},
		{"Azurite-Blob/3.35.0", true, false},
		{"Azurite-Blob/3.35.0", false, true},
	} {
		server = c.server
		if _, err := (appendBlob{d, "b"}).Append(t.Context(), 0, block, time.Minute); err != nil {
			t.Fatal(err)
		}
		_, crc64 := last[headerCRC64]
		_, md5 := last[headerMD5]
		if crc64 != c.crc64 || md5 != c.md5 {
			t.Errorf("request answered by %q: CRC64 %v, MD5 %v", c.server, crc64, md5)
		}
	}
}
