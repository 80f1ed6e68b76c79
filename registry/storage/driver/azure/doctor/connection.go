package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// connect sends a request without credentials. Whatever the service answers, there is a
// way to it.
func (x *examination) connect(ctx context.Context) Row {
	ctx, cancel := context.WithTimeout(ctx, min(x.settings.TryTimeout, longestTry))
	defer cancel()
	address := *x.host
	address.Path = strings.TrimSuffix(address.Path, "/") + "/" + x.settings.Container
	address.RawQuery = "restype=container"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), http.NoBody)
	if err != nil {
		return failed(x.host.Host, "no request can be made of this address", "correct serviceurl")
	}
	resp, err := x.storage.Do(req)
	x.anonymous, _ = x.storage.last()
	if err != nil {
		return x.unconnected(err)
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	_ = resp.Body.Close()
	return ok(x.connectionOf(resp.TLS) + fmt.Sprintf(", answered in %s", brief(x.anonymous.took)))
}

func (x *examination) connectionOf(state *tls.ConnectionState) string {
	switch {
	case state == nil:
		return "plain HTTP"
	case x.settings.SkipVerify:
		return tls.VersionName(state.Version) + ", the certificate is not verified (skipverify)"
	}
	return tls.VersionName(state.Version) + ", certificate of " + state.PeerCertificates[0].Issuer.String()
}

// unconnected says why there is no way to the storage.
func (x *examination) unconnected(err error) Row {
	if proxy := proxyFor(x.host); proxy != nil {
		if row, is := certificate(err, x.host.Hostname()); is {
			return row
		}
		return failed("no connection to "+x.host.Host+" through the proxy "+proxy.Host+": "+reason(err),
			"the proxy that the environment names does not let the registry through",
			"set NO_PROXY="+x.host.Hostname()+", or have the proxy allow CONNECT to "+x.host.Host)
	}
	if row, is := certificate(err, x.host.Hostname()); is {
		return row
	}
	var header tls.RecordHeaderError
	if errors.As(err, &header) || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") {
		return failed(x.host.Host+" does not speak TLS", "serviceurl says https, and plain HTTP is spoken there", "set serviceurl: http://"+x.host.Host+x.host.Path)
	}
	if x.address != "" && strings.Contains(x.host.Hostname(), ".blob.") {
		return failed("no connection to "+x.host.Host+", at the public address "+x.address+": "+reason(err),
			"a firewall or a missing route is in between; if the account has a private endpoint, its private DNS zone is not linked to this network",
			"open TCP port 443 to it, or "+linkZone(x.host.Hostname()))
	}
	return failed("no connection to "+x.host.Host+": "+reason(err),
		"nothing answers there: the address is wrong, or a firewall, a network policy or a missing route is in between",
		"correct serviceurl or accountname, or open TCP port "+port(x.host)+" to "+x.host.Hostname()+" from here")
}

// certificate explains what is wrong with a certificate, if something is.
func certificate(err error, host string) (Row, bool) {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &authority):
		return failed("the certificate of "+host+" is signed by an authority that is not trusted here",
			"a proxy that inspects TLS is in between, or the storage has a certificate of its own authority",
			"set SSL_CERT_FILE to a file with that authority's certificate (or skipverify: true, which verifies nothing)"), true
	case errors.As(err, &name):
		return failed("the certificate is not made out for "+host, "the address is an alias that Azure's certificates do not have, or leads to somebody else",
			"set serviceurl to the account's usual address, https://ACCOUNT.blob.core.windows.net"), true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return failed("the certificate of "+host+" is not valid now", "it has ended, or this machine's clock is wrong", "set the clock (timedatectl set-ntp true), or renew the certificate"), true
	case errors.As(err, &invalid):
		return failed("the certificate of "+host+" is not valid", "it can't be used for this", "renew the certificate"), true
	}
	return Row{}, false
}

// reason is an error of the transport in a few words, without the URL.
func reason(err error) string {
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.DeadlineExceeded), isTimeout(err):
		return "no answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed"
	case errors.As(err, &dns):
		return dns.Name + " has no address"
	}
	var transport *url.Error
	if errors.As(err, &transport) {
		err = transport.Err
	}
	return err.Error()
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}

// brief is a duration as people want to read it.
func brief(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}
