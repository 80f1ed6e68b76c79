package doctor

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/stretchr/testify/require"

	azure "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/doctor"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// signature is one for the storage's container, with some values changed.
func signature(t *testing.T, s *registrytest.Storage, change func(*sas.BlobSignatureValues)) string {
	t.Helper()
	key, err := azblob.NewSharedKeyCredential(s.Server.Account, s.Server.Key)
	require.NoError(t, err)
	values := sas.BlobSignatureValues{
		ContainerName: s.Container, Permissions: (&sas.ContainerPermissions{
			Read: true, Add: true, Create: true, Write: true, Delete: true, List: true,
		}).String(), ExpiryTime: time.Now().UTC().Add(90 * 24 * time.Hour),
	}
	if change != nil {
		change(&values)
	}
	query, err := values.SignWithSharedKey(key)
	require.NoError(t, err)
	return query.Encode()
}

// signed is the section for a shared access signature.
func signed(s *registrytest.Storage, signature string) registrytest.Section {
	return registrytest.Section{
		"container":        s.Container,
		"connectionstring": "BlobEndpoint=" + s.URL() + ";SharedAccessSignature=" + signature,
	}
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	healthyOne := signature(t, s, nil)
	r := examine(t, nil, healthy(signed(s, healthyOne)))
	require.Equal(t, 0, r.code)
	require.Contains(t, r.row(t, "redirect").Found, "the registry serves layers itself")
	without := func(right string) func(*sas.BlobSignatureValues) {
		return func(v *sas.BlobSignatureValues) { v.Permissions = strings.ReplaceAll(v.Permissions, right, "") }
	}
	const mended = "--permissions racwdl"
	for name, b := range map[string]struct {
		signature string
		broken
	}{
		"expired":        {signature(t, s, func(v *sas.BlobSignatureValues) { v.ExpiryTime = time.Now().UTC().Add(-time.Hour) }), broken{name: "credential", says: []string{"that ended at", mended}}},
		"not yet valid":  {signature(t, s, func(v *sas.BlobSignatureValues) { v.StartTime = time.Now().UTC().Add(24 * time.Hour) }), broken{name: "credential", says: []string{"that begins at"}}},
		"ends soon":      {signature(t, s, func(v *sas.BlobSignatureValues) { v.ExpiryTime = time.Now().UTC().Add(time.Hour) }), broken{name: "credential", result: azure.Warning, says: []string{"nothing renews"}}},
		"without list":   {signature(t, s, without("l")), broken{name: "credential", says: []string{"lacks list (l)", mended}}},
		"without delete": {signature(t, s, without("d")), broken{name: "credential", says: []string{"lacks delete (d)", mended}}},
		"read only":      {signature(t, s, func(v *sas.BlobSignatureValues) { v.Permissions = "rl" }), broken{name: "credential", says: []string{"add (a), create (c), write (w), delete (d)"}}},
		"of one blob":    {signature(t, s, func(v *sas.BlobSignatureValues) { v.BlobName, v.Permissions = "x", "racwd" }), broken{name: "credential", says: []string{"sr=b"}}},
		"for https only": {signature(t, s, func(v *sas.BlobSignatureValues) { v.Protocol = sas.ProtocolHTTPS }), broken{name: "credential", says: []string{"https only"}}},
		"changed":        {strings.Replace(healthyOne, "sig=", "sig=AAAA", 1), broken{name: "container", says: []string{"signature is not valid", mended}}},
		"other account":  {changed(t, healthyOne, "se", "2099-01-01"), broken{name: "container", says: []string{"signature is not valid"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := examine(t, nil, healthy(signed(s, b.signature)))
			requireFirst(t, r, b.broken)
			require.NotContains(t, r.stdout, "sig=")
			require.NotContains(t, r.stdout, secretOf(t, b.signature))
		})
	}
}

func changed(t *testing.T, signature, key, value string) string {
	t.Helper()
	query, err := url.ParseQuery(signature)
	require.NoError(t, err)
	query.Set(key, value)
	return query.Encode()
}

// secretOf is the part of a signature that nobody may see.
func secretOf(t *testing.T, signature string) string {
	t.Helper()
	query, err := url.ParseQuery(signature)
	require.NoError(t, err)
	return query.Get("sig")
}
