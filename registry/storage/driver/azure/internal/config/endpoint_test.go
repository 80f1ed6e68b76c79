package config

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

const publicAuthority = "" // azidentity's choice

func TestEndpoint(t *testing.T) {
	const (
		china      = "https://login.chinacloudapi.cn/"
		government = "https://login.microsoftonline.us/"
		keyPart    = "AccountName=acc1;AccountKey=" + testKey + ";"
	)
	if cloud.AzureChina.ActiveDirectoryAuthorityHost != china || cloud.AzureGovernment.ActiveDirectoryAuthorityHost != government {
		t.Fatal("the SDK's clouds are not what this test expects")
	}
	type m = map[string]any
	tests := map[string]struct {
		changes        m
		url, authority string
		problems       []string
	}{
		"default":         {nil, "https://acc1.blob.core.windows.net", publicAuthority, nil},
		"China":           {m{"realm": "core.chinacloudapi.cn"}, "https://acc1.blob.core.chinacloudapi.cn", china, nil},
		"Government":      {m{"realm": "core.usgovcloudapi.net"}, "https://acc1.blob.core.usgovcloudapi.net", government, nil},
		"own cloud":       {m{"realm": "stack.local:8443"}, "https://acc1.blob.stack.local:8443", publicAuthority, nil},
		"emulator":        {m{"serviceurl": "http://127.0.0.1:10000/acc1/"}, "http://127.0.0.1:10000/acc1", publicAuthority, nil},
		"China by host":   {m{"serviceurl": "https://acc1.privatelink.blob.core.ChinaCloudAPI.cn:443"}, "https://acc1.privatelink.blob.core.ChinaCloudAPI.cn:443", china, nil},
		"China by realm":  {m{"serviceurl": "https://blobs.example.com", "realm": "core.chinacloudapi.cn"}, "https://blobs.example.com", china, nil},
		"host over realm": {m{"serviceurl": "https://acc1.z12.blob.storage.azure.net", "realm": "core.chinacloudapi.cn"}, "https://acc1.z12.blob.storage.azure.net", publicAuthority, nil},
		"no such domain":  {m{"serviceurl": "https://notcore.chinacloudapi.cn"}, "https://notcore.chinacloudapi.cn", publicAuthority, nil},

		"string, suffix":     {m{"connectionstring": keyPart + "EndpointSuffix=core.chinacloudapi.cn"}, "https://acc1.blob.core.chinacloudapi.cn", china, nil},
		"string, protocol":   {m{"connectionstring": keyPart + "DefaultEndpointsProtocol=HTTP"}, "http://acc1.blob.core.windows.net", publicAuthority, nil},
		"string, endpoint":   {m{"connectionstring": keyPart + "BlobEndpoint=http://localhost:1/acc1/;EndpointSuffix=core.chinacloudapi.cn"}, "http://localhost:1/acc1", china, nil},
		"string, realm":      {m{"connectionstring": keyPart, "realm": "core.usgovcloudapi.net"}, "https://acc1.blob.core.usgovcloudapi.net", government, nil},
		"serviceurl wins":    {m{"connectionstring": keyPart + "BlobEndpoint=https://acc1.blob.core.windows.net", "serviceurl": "http://proxy:8080/acc1"}, "http://proxy:8080/acc1", publicAuthority, nil},
		"China by string":    {m{"accountname": "", "connectionstring": "EndpointSuffix=core.chinacloudapi.cn", "credentials": m{"type": "default"}, "serviceurl": "https://blobs.example.com"}, "https://blobs.example.com", china, nil},
		"emulator by string": {m{"accountname": "", "connectionstring": "UseDevelopmentStorage=true"}, "http://127.0.0.1:10000/devstoreaccount1", publicAuthority, nil},

		"user in URL":      {m{"serviceurl": "https://u:p@acc1.blob.core.windows.net"}, "https://acc1.blob.core.windows.net", "", nil},
		"signature in URL": {m{"serviceurl": "https://acc1.blob.core.windows.net/?sig=s#x"}, "https://acc1.blob.core.windows.net", "", nil},
		"realm not needed": {m{"serviceurl": "https://blobs.example.com", "realm": "privatelink.blob.core.windows.net"}, "https://blobs.example.com", "", nil},
		"account's label":  {m{"accountname": "core"}, "https://core.blob.core.windows.net", "", nil},
		"zone":             {m{"realm": "z12.storage.azure.net"}, "https://acc1.blob.z12.storage.azure.net", "", nil},

		"no scheme":        {m{"serviceurl": "acc1.blob.core.windows.net"}, "", "", []string{"serviceurl: not a URL like"}},
		"other scheme":     {m{"serviceurl": "ftp://acc1.blob.core.windows.net"}, "", "", []string{"serviceurl: not a URL like"}},
		"no host":          {m{"serviceurl": "https://:443"}, "", "", []string{"serviceurl: not a URL like"}},
		"no URL":           {m{"serviceurl": "https://acc1 /%zz"}, "", "", []string{"serviceurl: not a URL like"}},
		"bad realm":        {m{"realm": "?"}, "", "", []string{"realm: not a domain"}},
		"URL as realm":     {m{"realm": "https://acc1.blob.core.windows.net"}, "", "", []string{"realm: not a domain"}},
		"private realm":    {m{"realm": "privatelink.blob.core.windows.net"}, "", "", []string{"realm: must not name privatelink"}},
		"private, other":   {m{"realm": "PrivateLink.core.chinacloudapi.cn"}, "", "", []string{"realm: must not name privatelink"}},
		"host as realm":    {m{"realm": "acc1.blob.core.windows.net"}, "", "", []string{"realm: has a host in it"}},
		"account in realm": {m{"realm": "acc1.core.windows.net"}, "", "", []string{"realm: has a host in it"}},
		"blob in realm":    {m{"realm": "blob.core.usgovcloudapi.net"}, "", "", []string{"realm: has a host in it"}},
		"bad BlobEndpoint": {m{"connectionstring": keyPart + "BlobEndpoint=acc1"}, "", "", []string{"connectionstring: not a URL like"}},
		"two realms":       {m{"connectionstring": keyPart + "EndpointSuffix=core.windows.net", "realm": "core.chinacloudapi.cn"}, "", "", []string{"realm: differs from EndpointSuffix in connectionstring"}},
		"two accounts":     {m{"connectionstring": keyPart, "accountname": "acc2"}, "", "", []string{"accountname: differs from AccountName in connectionstring"}},
		"bad account":      {m{"accountname": "acc1/?"}, "", "", []string{"accountname: not the name of"}},
		"account's host":   {m{"accountname": "acc1.blob.core.windows.net"}, "", "", []string{"accountname: not the name of"}},
		"no account":       {m{"accountname": nil}, "", "", []string{"accountname: missing"}},
		"no account, key":  {m{"accountname": "", "connectionstring": "BlobEndpoint=https://a.example;AccountKey=" + testKey}, "", "", []string{"accountname: missing"}},
		"no address":       {m{"accountname": "", "connectionstring": "SharedAccessSignature=" + sasSignature}, "", "", []string{"connectionstring: has neither AccountName nor BlobEndpoint"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, _, err := Read(section(test.changes))
			wantProblems(t, err, test.problems...)
			if s.ServiceURL != test.url || s.Cloud.ActiveDirectoryAuthorityHost != test.authority {
				t.Errorf("got  %q, authority %q\nwant %q, authority %q", s.ServiceURL, s.Cloud.ActiveDirectoryAuthorityHost, test.url, test.authority)
			}
		})
	}
}

// TestAddressesThatMayNotWork: they start, and are named.
func TestAddressesThatMayNotWork(t *testing.T) {
	type m = map[string]any
	tests := map[string]struct {
		changes m
		warning string
	}{
		"path":                     {m{"serviceurl": "https://acc1.blob.core.windows.net/registry"}, "serviceurl: has a path"},
		"private":                  {m{"serviceurl": "https://acc1.privatelink.blob.core.windows.net"}, "serviceurl: names privatelink"},
		"other account":            {m{"serviceurl": "https://acc2.blob.core.windows.net", "accountkey": testKey}, "serviceurl: is the address of another account"},
		"token, http":              {m{"serviceurl": "http://127.0.0.1:10000/acc1"}, "serviceurl: is http, but tokens are sent over https only: the default credentials cannot be used there"},
		"query":                    {m{"serviceurl": "https://acc1.blob.core.windows.net?x"}, "serviceurl: what is not host or path of the URL is left out"},
		"secondary":                {m{"serviceurl": "https://acc1-secondary.blob.core.windows.net", "accountkey": testKey}, ""},
		"private, any certificate": {m{"serviceurl": "https://acc1.privatelink.blob.core.windows.net", "skipverify": true}, ""},
		"emulator":                 {m{"serviceurl": "http://127.0.0.1:10000/acc1", "accountkey": testKey}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, warnings, err := Read(section(test.changes))
			wantProblems(t, err)
			if test.warning == "" {
				wantWarnings(t, warnings)
			} else {
				wantWarnings(t, warnings, test.warning)
			}
		})
	}
}
