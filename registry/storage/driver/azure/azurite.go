package azure

import (
	"crypto/md5" //nolint:gosec // a checksum against damage on the way, not a signature
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// The headers as the SDK spells them in the map, where it looks for them when it
// signs: not in the canonical form that http.Header.Get and Set use.
const (
	headerCRC64 = "x-ms-content-crc64"
	headerMD5   = "Content-MD5"
)

// azuriteChecksum puts a Content-MD5 in the place of a block's CRC64 if the
// service is the emulator, which refuses the CRC64 but verifies the MD5. Azure
// verifies either and refuses both together (REST: "Append Block", request
// headers); the CRC64 is much cheaper.
type azuriteChecksum struct {
	emulator atomic.Bool
}

// Do implements policy.Policy. It runs before the request is signed, since the
// Content-MD5 is part of what is signed.
func (a *azuriteChecksum) Do(req *policy.Request) (*http.Response, error) {
	if a.emulator.Load() && req.Raw().Header[headerCRC64] != nil {
		if err := useMD5(req); err != nil {
			return nil, err
		}
	}
	resp, err := req.Next()
	if resp != nil && strings.HasPrefix(resp.Header.Get("Server"), "Azurite") {
		a.emulator.Store(true)
	}
	return resp, err
}

func useMD5(req *policy.Request) error {
	sum := md5.New() //nolint:gosec // see the import
	if _, err := io.Copy(sum, req.Body()); err != nil {
		return fmt.Errorf("reading the block to compute its checksum: %w", err)
	}
	if err := req.RewindBody(); err != nil {
		return fmt.Errorf("rewinding the block after computing its checksum: %w", err)
	}
	header := req.Raw().Header
	delete(header, headerCRC64)
	header[headerMD5] = []string{base64.StdEncoding.EncodeToString(sum.Sum(nil))}
	return nil
}
