package config

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// endpoint decides where the blob service is and returns its URL without a trailing slash.
// An explicit serviceurl wins over the connection string: a string comes whole from the
// portal with the public endpoint in it, and who sets serviceurl next to it wants to get to
// the same account another way (a private endpoint, a custom domain, a proxy).
func (p *Parameters) endpoint(cs connectionString, s Settings, found *findings) string {
	if s.AccountName == "" && (p.ConnectionString == "" || s.Credentials == SharedKey) {
		found.reject("accountname", "%w", errMissing)
	}
	var address string
	switch realm := cmp.Or(p.Realm, cs.endpointSuffix, defaultRealm); {
	case p.ServiceURL != "" && p.ServiceURL != serviceURLOf("https", s.AccountName, realm):
		address = found.serviceURL("serviceurl", p.ServiceURL)
	case cs.blobEndpoint != "":
		address = found.serviceURL("connectionstring", cs.blobEndpoint)
	case s.AccountName != "":
		found.oneOf("realm", p.Realm, "EndpointSuffix", cs.endpointSuffix)
		if found.accountName(s.AccountName) && found.realm(realm, s.AccountName) {
			return found.serviceURL("accountname and realm", serviceURLOf(cmp.Or(cs.protocol, "https"), s.AccountName, realm))
		}
		return ""
	case p.ConnectionString != "":
		found.reject("connectionstring", "has neither AccountName nor BlobEndpoint")
		return ""
	}
	s.checkAddress(address, found)
	return address
}

func serviceURLOf(scheme, accountName, realm string) string {
	return scheme + "://" + accountName + ".blob." + realm
}

// accountName checks a name that becomes part of an address. It is lenient: other clouds and
// emulators allow more than Azure does. The name isn't repeated: in a connection string
// without its semicolons, the key is part of it.
func (f *findings) accountName(name string) bool {
	foreign := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
	}
	if strings.ContainsFunc(name, foreign) || strings.Contains(name, ".blob.") {
		f.reject("accountname", "not the name of a storage account, which has letters and digits only (the account's address belongs into serviceurl)")
		return false
	}
	return true
}

// realm checks what stands behind "<account>.blob." in an address.
func (f *findings) realm(realm, account string) bool {
	name := strings.ToLower(realm)
	labels := strings.Split(name, ".")
	isCloud := slices.ContainsFunc(clouds, func(c azureCloud) bool { return c.domain == name })
	_, within := cloudAt(name)
	switch {
	case strings.ContainsAny(name, "/\\?#@ "):
		f.reject("realm", "not a domain like %s (an address belongs into serviceurl)", defaultRealm)
	case isCloud || !within:
		return true
	case slices.Contains(labels, "privatelink"):
		f.reject("realm", "must not name privatelink: a private endpoint is reached by the account's usual name, which resolves to it in the network that has the endpoint; set realm to the cloud's domain, such as %s, or leave it out", defaultRealm)
	case labels[0] == strings.ToLower(account) || slices.Contains(labels, "blob"):
		f.reject("realm", "has a host in it: it is only what stands behind \"<account>.blob.\", such as %s", defaultRealm)
	default:
		return true
	}
	return false
}

// serviceURL checks the URL that comes from source and returns it with nothing behind its
// path. It never says what the URL is, as url.Parse's own errors do: it may carry a shared
// access signature.
func (f *findings) serviceURL(source, raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		f.reject(source, "not a URL like https://account.blob.core.windows.net")
		return ""
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		f.warn(source, "what is not host or path of the URL is left out (a shared access signature belongs into connectionstring, as SharedAccessSignature)")
	}
	return u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/")
}

// checkAddress warns of an address that was given and is likely not to work.
func (s Settings) checkAddress(address string, found *findings) {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return
	}
	account, _, _ := strings.Cut(u.Hostname(), ".")
	_, azures := cloudAt(u.Hostname())
	switch {
	case azures && u.Path != "":
		found.warn("serviceurl", "has a path, which the address of an account on Azure has not; the container's name belongs into container")
	case azures && strings.Contains(u.Hostname(), ".privatelink.") && !s.SkipVerify:
		found.warn("serviceurl", "names privatelink, for which Azure's certificates are not made out; a private endpoint is reached by the account's usual name")
	case azures && s.Credentials == SharedKey && strings.TrimSuffix(account, "-secondary") != s.AccountName:
		found.warn("serviceurl", "is the address of another account than accountname, whose key signs the requests")
	case u.Scheme == "http" && (s.Credentials == ClientSecret || s.Credentials == AmbientIdentity):
		found.warn("serviceurl", "is http, but tokens are sent over https only: %s cannot be used there", s.Credentials)
	}
}

// redirectEndpoint checks the address to which clients are sent.
func redirectEndpoint(raw string, found *findings) string {
	if raw == "" {
		return ""
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		found.warn("redirectendpoint", "not a URL like https://images.example.com; clients are sent to serviceurl")
		return ""
	}
	return u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/")
}

type azureCloud struct {
	domain string
	cloud  cloud.Configuration
}

// clouds lists the domains of the clouds' storage accounts ("Azure Government developer
// guide", "Azure China developer guide", "Storage account endpoints").
var clouds = []azureCloud{
	{"core.chinacloudapi.cn", cloud.AzureChina},
	{"core.usgovcloudapi.net", cloud.AzureGovernment},
	{"core.windows.net", cloud.Configuration{}},
	{"storage.azure.net", cloud.Configuration{}},
}

// cloudAt tells the cloud in whose domain a host is, or that it is in none.
func cloudAt(host string) (cloud.Configuration, bool) {
	name := "." + strings.ToLower(strings.Trim(host, "."))
	for _, c := range clouds {
		if strings.HasSuffix(name, "."+c.domain) {
			return c.cloud, true
		}
	}
	return cloud.Configuration{}, false
}

// cloudOf tells the cloud from the service's host, or from the realm if the host is in no
// cloud's domain. The zero value, for the public cloud and where neither tells, leaves the
// choice to azidentity, which reads AZURE_AUTHORITY_HOST.
func cloudOf(serviceURL, realm string) cloud.Configuration {
	var host string
	if u, err := url.Parse(serviceURL); err == nil {
		host = u.Hostname()
	}
	if c, ok := cloudAt(host); ok {
		return c
	}
	c, _ := cloudAt(realm)
	return c
}
