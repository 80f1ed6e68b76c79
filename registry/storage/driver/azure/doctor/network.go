package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// otherServices are those of an account beside blob, as they stand in an address (Azure:
// "Storage account endpoints").
var otherServices = []string{"dfs", "file", "queue", "table", "web"}

// checkAddress judges the account's address by what it looks like.
func (x *examination) checkAddress(context.Context) Row {
	s, host := x.settings, x.host
	address := host.Scheme + "://" + host.Host + host.Path
	segments := strings.FieldsFunc(host.Path, func(r rune) bool { return r == '/' })
	own := len(segments) == 0 || len(segments) == 1 && segments[0] != s.Container && (s.AccountName == "" || segments[0] == strings.TrimSuffix(s.AccountName, "-secondary"))
	account, rest, _ := strings.Cut(host.Hostname(), ".")
	kind, _, _ := strings.Cut(rest, ".")
	switch {
	case s.AccountName != "" && !accountNames.MatchString(s.AccountName):
		return failed("accountname is no account's name (it is not shown, since it may be a secret)", "the service knows no such account", "set accountname to the account's name, which has small letters and digits only")
	case strings.HasSuffix(account, "-secondary"):
		return failed(address, "the secondary address of an account can only be read", "set serviceurl: "+strings.Replace(address, "-secondary", "", 1))
	case slices.Contains(otherServices, kind):
		return failed(address, "it is the address of another service of the account ("+kind+"), which knows no requests for blobs",
			"set serviceurl: "+strings.Replace(address, "."+kind+".", ".blob.", 1))
	case !own && segments[len(segments)-1] == s.Container:
		return failed(address, "serviceurl ends in the container's name: the container is asked for twice",
			"set serviceurl: "+strings.TrimSuffix(address, "/"+s.Container))
	case !own:
		return warning(address, "serviceurl has a path that isn't the account's name; only what stands before the storage could know it",
			"set serviceurl: "+host.Scheme+"://"+host.Host)
	}
	return ok(address)
}

// proxyFor is the proxy that a request goes through, nil for none.
func proxyFor(u *url.URL) *url.URL {
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	if err != nil {
		return nil
	}
	return proxy
}

// checkProxy tells of the proxy that the environment names.
func (x *examination) checkProxy(context.Context) Row {
	_, err := http.ProxyFromEnvironment(&http.Request{URL: x.host})
	if err != nil {
		return failed("HTTPS_PROXY or HTTP_PROXY is no URL", "requests to the storage can't be sent", "set it to a URL such as http://proxy.example.com:3128, or unset it")
	}
	if proxy := proxyFor(x.host); proxy != nil {
		return ok("requests to the storage go through the proxy " + proxy.Host)
	}
	return ok("none for the storage")
}

// resolve looks the account's name up.
func (x *examination) resolve(ctx context.Context) Row {
	host := x.host.Hostname()
	if proxy := proxyFor(x.host); proxy != nil {
		return ok(fmt.Sprintf("%s is looked up by the proxy %s", host, proxy.Host))
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ok(fmt.Sprintf("%s is an address, and %s", host, kindOf(ip)))
	}
	found, err := x.Resolver.LookupHost(ctx, host)
	if err != nil || len(found) == 0 {
		return x.unresolved(host, err)
	}
	return x.checkPrivate(ctx, host, found)
}

func (x *examination) unresolved(host string, err error) Row {
	var dns *net.DNSError
	if errors.As(err, &dns) && !dns.IsNotFound {
		return failed(host+": the name server does not answer", "no name can be looked up from here", "look at the machine's or pod's DNS (/etc/resolv.conf): nslookup "+host)
	}
	return failed(host+" has no address", "there is no account of that name in this cloud, or the network's DNS does not know it",
		"correct accountname, realm or serviceurl; nslookup "+host+" has to show an address")
}

// checkPrivate says whether the addresses are private. An account with a private endpoint
// has a name below privatelink as well, in any network (Azure: "Use private endpoints for
// Azure Storage", DNS changes); if that name exists, the usual one has to lead to a
// private address.
func (x *examination) checkPrivate(ctx context.Context, host string, found []string) Row {
	text := fmt.Sprintf("%s is %s", host, strings.Join(found, ", "))
	ip, err := netip.ParseAddr(found[0])
	if err != nil || !public(ip) {
		return ok(text + ", " + kindOf(ip))
	}
	x.address = found[0]
	if x.hasPrivateEndpoint(ctx, host) {
		return warning(text+", public, although the account has a private endpoint",
			"the private DNS zone is not linked to this network: requests go to the public address, which the account's firewall may refuse",
			linkZone(host))
	}
	return ok(text + ", public")
}

func (x *examination) hasPrivateEndpoint(ctx context.Context, host string) bool {
	if alias, err := x.Resolver.LookupCNAME(ctx, host); err == nil && strings.Contains(alias, ".privatelink.") {
		return true
	}
	account, realm, isBlob := strings.Cut(host, ".blob.")
	if !isBlob || strings.HasSuffix(account, ".privatelink") {
		return false
	}
	_, err := x.Resolver.LookupHost(ctx, account+".privatelink.blob."+realm)
	return err == nil
}

// linkZone is the command that makes the account's usual name lead to a private endpoint.
func linkZone(host string) string {
	_, realm, _ := strings.Cut(host, ".blob.")
	return fmt.Sprintf("az network private-dns link vnet create --zone-name privatelink.blob.%s --name registry --registration-enabled false --virtual-network NETWORK --resource-group GROUP", realm)
}

func public(ip netip.Addr) bool {
	return ip.IsValid() && !ip.IsPrivate() && !ip.IsLoopback() && !ip.IsLinkLocalUnicast()
}

func kindOf(ip netip.Addr) string {
	switch {
	case ip.IsLoopback():
		return "this machine"
	case public(ip):
		return "public"
	}
	return "private"
}

// isLinkLocal reports whether requests to the host never go through a proxy.
func isLinkLocal(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLinkLocalUnicast()
}
