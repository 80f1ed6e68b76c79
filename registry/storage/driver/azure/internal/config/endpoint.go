package config

import (
	"cmp"
	"net/url"
	"strings"
	"unicode"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// endpoint decides where the blob service is and returns its URL without a trailing slash.
// An explicit serviceurl wins over the connection string: a string comes whole from the
// portal with the public endpoint in it, and who sets serviceurl next to it wants to get to
// the same account another way (a private endpoint, a custom domain, a proxy).
func (p Parameters) endpoint(cs connectionString, s Settings, problems *problems) string {
	if s.AccountName == "" && (p.ConnectionString == "" || s.Credentials == SharedKey) {
		problems.add("accountname: %w", errMissing)
	}
	if strings.ContainsFunc(s.AccountName, notInAccountName) {
		// Not repeated: in a connection string without its semicolons, the key is part of it.
		problems.add("accountname: not the name of a storage account, which has letters and digits only")
	}
	switch {
	case p.ServiceURL != "":
		return problems.serviceURL("serviceurl", p.ServiceURL)
	case cs.blobEndpoint != "":
		return problems.serviceURL("connectionstring: BlobEndpoint", cs.blobEndpoint)
	case s.AccountName != "":
		realm := cmp.Or(problems.oneOf("realm", p.Realm, "EndpointSuffix", cs.endpointSuffix), defaultRealm)
		return problems.serviceURL("accountname and realm", serviceURLOf(cmp.Or(cs.protocol, "https"), s.AccountName, realm))
	case p.ConnectionString != "":
		problems.add("connectionstring: has neither AccountName nor BlobEndpoint")
	}
	return ""
}

// notInAccountName is lenient: emulators allow more than Azure does.
func notInAccountName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
}

func serviceURLOf(scheme, accountName, realm string) string {
	return scheme + "://" + accountName + ".blob." + realm
}

// serviceURL checks the URL that comes from source. It never says what the URL is, as
// url.Parse's own errors do: it may carry a shared access signature.
func (ps *problems) serviceURL(source, raw string) string {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		ps.add("%s: not a URL like https://account.blob.core.windows.net", source)
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		ps.add("%s: the URL must end with its host or path (a shared access signature belongs into connectionstring, as SharedAccessSignature)", source)
	default:
		return strings.TrimRight(raw, "/")
	}
	return ""
}

// clouds lists the domains of the clouds' storage accounts ("Azure Government developer
// guide", "Azure China developer guide", "Storage account endpoints").
var clouds = []struct {
	domain string
	cloud  cloud.Configuration
}{
	{"core.chinacloudapi.cn", cloud.AzureChina},
	{"core.usgovcloudapi.net", cloud.AzureGovernment},
	{"core.windows.net", cloud.Configuration{}},
	{"storage.azure.net", cloud.Configuration{}},
}

// cloudOf tells the cloud from the service's host, or from the realm if the host is in no
// cloud's domain. The zero value, for the public cloud and where neither tells, leaves the
// choice to azidentity, which reads AZURE_AUTHORITY_HOST.
func cloudOf(serviceURL, realm string) cloud.Configuration {
	var host string
	if u, err := url.Parse(serviceURL); err == nil {
		host = u.Hostname()
	}
	for _, name := range []string{host, realm} {
		name = "." + strings.ToLower(strings.Trim(name, "."))
		for _, c := range clouds {
			if strings.HasSuffix(name, "."+c.domain) {
				return c.cloud
			}
		}
	}
	return cloud.Configuration{}
}
