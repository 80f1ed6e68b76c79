package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// harborFile is a registry's configuration with what Harbor's has: version 2's
// keys, and sections that version 3 doesn't know. Harbor gives the key as a variable.
const harborFile = `version: 0.1
log: {level: info, fields: {service: registry}}
storage:
  cache: {layerinfo: redis}
  azure: {accountname: %[1]s, serviceurl: %[3]q, container: %[4]s}
  maintenance: {uploadpurging: {enabled: false}}
  delete: {enabled: true}
  redirect: {disable: true}
redis: {addr: "redis:6379", password: secret, db: 1}
http: {addr: ":5000", secret: placeholder, debug: {addr: "localhost:5001"}}
auth: {htpasswd: {realm: harbor-registry-basic-realm, path: /etc/registry/passwd}}
validation: {disabled: true}
compatibility: {schema1: {enabled: true}}
`

// gitlabFile has what GitLab's container registry adds.
const gitlabFile = `version: 0.1
log: {fields: {service: registry}}
storage:
  cache: {blobdescriptor: inmemory}
  azure_v2: {accountname: %[1]s, accountkey: %[2]q, credentials_type: shared_key, serviceurl: %[3]q, container: %[4]s, trimlegacyrootprefix: true}
  delete: {enabled: true}
  maintenance: {readonly: {enabled: false}}
database: {enabled: true, host: localhost, port: 5432, dbname: registry}
gc: {disabled: true}
redis: {cache: {enabled: true, addr: "localhost:6379"}}
http: {addr: "localhost:5000", headers: {X-Content-Type-Options: [nosniff]}}
health: {storagedriver: {enabled: true, interval: 10s, threshold: 3}}
auth: {token: {realm: "https://gitlab.example.com/jwt/auth", service: container_registry, issuer: omnibus-gitlab-issuer, rootcertbundle: /var/opt/gitlab/registry/gitlab-registry.crt}}
`

// The recovery guide says that verify takes the files of Harbor and GitLab as they
// are. It once said that azure_v2 had to be renamed.
func TestFilesOfOtherProductsWorkAsTheyAre(t *testing.T) {
	a := verifytest.NewAzure(t)
	r := verifytest.New(t, a.Driver, a)
	layer := r.PushBlob("library/app", verifytest.Noise(1, 9000), verifytest.Block{Size: 3000, Lost: 1})
	r.PushImage("library/app", "v1", layer)
	for product, file := range map[string]string{"harbor": harborFile, "gitlab": gitlabFile} {
		t.Run(product, func(t *testing.T) {
			if product == "harbor" {
				t.Setenv("REGISTRY_STORAGE_AZURE_ACCOUNTKEY", a.Server.Key)
			}
			config := filepath.Join(t.TempDir(), "config.yml")
			content := fmt.Appendf(nil, file, a.Server.Account, a.Server.Key, a.Server.URL, a.Container)
			require.NoError(t, os.WriteFile(config, content, 0o600))
			require.Equal(t, map[string]verify.Kind{layout.BlobPath(layer.Digest): verify.BlobTooLong}, kinds(findings(t, config, 1)))
		})
	}
}
